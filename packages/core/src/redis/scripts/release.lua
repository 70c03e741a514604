-- Gives a name up, or the owner's place in its line. Touches nothing that belongs to somebody else.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, time in ms to keep the name taken ('0': free it now)
-- Reply 'r' released, 'n' not held
-- Error WRONGTYPE when the key holds something else than a string. Nothing is written then.

local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  if ARGV[2] ~= '0' then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return 'r'
  end
  redis.call('DEL', KEYS[1])
  if redis.call('EXISTS', KEYS[3]) == 0 then return 'r' end
end

--@include fence.inc.lua
--@include line.inc.lua

if holder ~= ARGV[1] and redis.call('ZREM', KEYS[3], ARGV[1]) == 1 then
  redis.call('HDEL', KEYS[4], ARGV[1])
end
if not holder or holder == ARGV[1] then
  local _, problem = grant_head(KEYS[1], KEYS[2], KEYS[3], KEYS[4], now_ms())
  if problem then return problem end
end
return holder == ARGV[1] and 'r' or 'n'
