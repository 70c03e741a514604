-- Tries once to take a name for an owner, or to keep a place in its line. Idempotent per owner.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, ttl in ms, fences to reserve ('0': none are kept), line time in ms ('0': keep no place),
--       secret of the turn and inbox channel to be told of a grant ('': none),
--       '1' to take the name from whoever holds it
-- Reply 'a<fence>'                        acquired; the fence is empty when none are kept
--       'b<ms left>:<claims ahead>'       busy; ms left is empty when unknown, claims ahead without a place
-- Error WRONGTYPE when the key holds something else than a string. Nothing is written then.
--@include fence.inc.lua

local owner, ttl, fences = ARGV[1], ARGV[2], ARGV[3]

if redis.call('EXISTS', KEYS[3]) == 0 and redis.call('SET', KEYS[1], owner, 'NX', 'PX', ttl) then
  if fences == '0' then return 'a' end
  local fence = reserve(KEYS[2], fences)
  if type(fence) == 'table' then
    redis.call('DEL', KEYS[1])
    return fence
  end
  return 'a' .. fence
end

--@include line.inc.lua

local now = now_ms()
local holder = redis.call('GET', KEYS[1])
local problem
if not holder then
  -- It expired with a line behind it, or all who stood in line are dead.
  holder, problem = grant_head(KEYS[1], KEYS[2], KEYS[3], KEYS[4], now)
  if problem then return problem end
  if not holder then
    if fences ~= '0' then
      local fence = reserve(KEYS[2], fences)
      if type(fence) == 'table' then return fence end
    end
    redis.call('SET', KEYS[1], owner, 'PX', ttl)
    holder = owner
  end
end

if holder ~= owner and ARGV[7] == '1' then
  local fence = ''
  if fences ~= '0' then
    fence = reserve(KEYS[2], fences)
    if type(fence) == 'table' then return fence end
  end
  redis.call('SET', KEYS[1], owner, 'PX', ttl)
  return 'a' .. fence
end

if holder == owner then
  redis.call('PEXPIRE', KEYS[1], ttl)
  if fences == '0' then return 'a' end
  local stored = redis.call('GET', KEYS[2])
  -- The fence was evicted or expired under a living lease: a new one is greater than the lost one.
  if not stored then return 'a' .. reserve(KEYS[2], fences) end
  return 'a' .. fence_of(stored)
end

local ahead = ''
local line_ms = tonumber(ARGV[4])
if line_ms > 0 then
  if not living(KEYS[4], owner, now) then
    local last = redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')[2]
    redis.call('ZADD', KEYS[3], (tonumber(last) or 0) + 1, owner)
  end
  local expires = string.format('%.0f', now + line_ms)
  local place = table.concat({ expires, ttl, fences, ARGV[5], ARGV[6] }, ' ')
  redis.call('HSET', KEYS[4], owner, place)
  head_of(KEYS[3], KEYS[4], now)
  -- Both keys live as long as the place that lasts longest.
  for i = 3, 4 do
    if redis.call('PTTL', KEYS[i]) < line_ms then redis.call('PEXPIRE', KEYS[i], ARGV[4]) end
  end
  ahead = redis.call('ZRANK', KEYS[3], owner)
end
local left = redis.call('PTTL', KEYS[1])
return 'b' .. (left < 0 and '' or left) .. ':' .. ahead
