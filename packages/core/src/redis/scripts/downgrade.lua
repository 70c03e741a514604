-- Extends, as a shared lease, what an owner holds exclusively: it becomes one without a moment of not being held, and
-- those at the head of the line who may share it are admitted. Never creates, never revives.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, ttl in ms
-- Reply 'e' extended, 'l' lost
-- Error WRONGTYPE when the key holds something else than a string. Nothing is written then.
--@include fence.inc.lua
--@include line.inc.lua

local owner, ttl = ARGV[1], tonumber(ARGV[2])
local holder = redis.call('GET', KEYS[1])
if holder ~= owner and holder ~= SHARED then return 'l' end
local now = now_ms()
local fence
if holder == owner then
  -- Not there any more under a lease that is a day old.
  local stored = redis.call('GET', KEYS[2])
  fence = stored and fence_of(stored) or ''
  shared_owners(holder, now)
else
  -- Sent twice: it is shared already.
  local score = tonumber(redis.call('ZSCORE', KEYS[3], owner) or '0')
  if score >= 0 or -score <= now then return 'l' end
  fence = string.sub(redis.call('HGET', KEYS[4], owner) or 'f', 2)
end
share(owner, fence, ttl, now)
grant_line(SHARED, now)
return 'e'
