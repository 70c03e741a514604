-- Releases a name, or leaves its line. Touches nothing that belongs to another owner.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner; and, if the name is to stay taken: for how many ms
-- Reply 'r' released, 'n' not held; '+' after it as in beside.inc.lua
-- Error WRONGTYPE when the lock key is of another type than a string, or, for an owner that shares the name or does not
-- hold it, a key beside it is of another type; READONLY on a replica. Nothing is written for the owner then. An exclusive
-- lease is released, whether or not the line can move on.
--@include replica.inc.lua

local owner, keep_ms = ARGV[1], ARGV[2] ~= '' and ARGV[2]
local holder = redis.call('GET', KEYS[1])
local mine = holder == owner
if mine and keep_ms then
  redis.call('PEXPIRE', KEYS[1], keep_ms)
  return 'r'
end
local first = redis.pcall('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
if first.err and not (mine and string.find(first.err, 'WRONGTYPE', 1, true)) then return first end
if mine then redis.call('DEL', KEYS[1]) end
if not first[1] then return mine and 'r' or refusal_of_replica(KEYS[1]) or 'n' end

--@include fence.inc.lua
--@include beside.inc.lua
--@include shared.inc.lua
--@include line.inc.lua

if mine then
  -- Not if it is a shared lease, which ended without its marker.
  head = tonumber(first[2]) > 0 and first[1]
  move_on(false, nil, owner)
else
  local now = now_ms()
  holder = shared_owners(holder, now)
  mine = shared_until(owner, now) ~= nil
  if mine and keep_ms then
    redis.call('ZADD', KEYS[3], text(-(now + keep_ms)), owner)
    keep_alive(tonumber(keep_ms))
    mark_shared()
    return 'r'
  end
  if mine then
    holder = unshare(owner, now)
  else
    drop({ owner })
  end
  move_on(holder, now)
end
return (mine and 'r' or 'n') .. more
