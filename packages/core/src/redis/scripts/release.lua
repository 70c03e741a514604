-- Gives a name up, or the owner's place in its line. Touches nothing that belongs to somebody else.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, and, if the name is to stay taken: for how long, in ms
-- Reply 'r' released, 'n' not held
-- Error WRONGTYPE when the key holds something else than a string, or, of one who shares the name or does not hold it, a
-- key beside it is of another type. Nothing is written for the owner then. What is given up is released, whether or not
-- the line can move on.

local owner, keep_ms = ARGV[1], ARGV[2]
local holder = redis.call('GET', KEYS[1])
local mine = holder == owner
if mine then
  if keep_ms then
    redis.call('PEXPIRE', KEYS[1], keep_ms)
    return 'r'
  end
end
local lined = redis.call('EXISTS', KEYS[3]) == 1
if mine then redis.call('DEL', KEYS[1]) end
if not lined then return mine and 'r' or 'n' end

--@include fence.inc.lua
--@include line.inc.lua

if mine then
  move_on(false)
else
  local now = now_ms()
  shared_owners(holder, now)
  local score = tonumber(redis.call('ZSCORE', KEYS[3], owner) or '0')
  mine = score < 0
  if mine and keep_ms then
    redis.call('ZADD', KEYS[3], text(-(now + keep_ms)), owner)
    keep_alive(tonumber(keep_ms))
    mark_shared()
    return 'r'
  end
  if mine then
    holder = unshare(owner, now)
  else
    forget(owner)
  end
  move_on(holder, now)
end
return mine and 'r' or 'n'
