-- Gives a name up, or the owner's place in its line. Touches nothing that belongs to somebody else.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, and, if the name is to stay taken: for how long, in ms
-- Reply 'r' released, 'n' not held
-- Error WRONGTYPE when the key holds something else than a string. Nothing is written then.

local holder = redis.call('GET', KEYS[1])
local mine = holder == ARGV[1]
if mine then
  if ARGV[2] then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return 'r'
  end
  redis.call('DEL', KEYS[1])
end
if redis.call('EXISTS', KEYS[3]) == 0 then return mine and 'r' or 'n' end

--@include fence.inc.lua
--@include line.inc.lua

if not mine and redis.call('ZREM', KEYS[3], ARGV[1]) == 1 then
  redis.call('HDEL', KEYS[4], ARGV[1])
end
if mine or not holder then
  local _, problem = grant_head(KEYS[1], KEYS[2], KEYS[3], KEYS[4], now_ms())
  if problem then return problem end
end
return mine and 'r' or 'n'
