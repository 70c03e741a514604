-- Extends, as a shared lease, what an owner holds exclusively: it becomes one without a moment of not being held, and
-- those at the head of the line who may share it are admitted. Never creates, never revives.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, ttl in ms, '0' if no fences are kept
-- Reply 'e' extended, 'l' lost
-- Error WRONGTYPE when a key holds something else than ours. Nothing is written then.
--@include fence.inc.lua
--@include line.inc.lua

local owner, ttl, fences = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local holder = redis.call('GET', KEYS[1])
if holder ~= owner and holder ~= SHARED then return 'l' end
local now = now_ms()
local fence = ''
if holder == owner then
  if fences ~= '0' then
    -- None when it was evicted, or expired under a lease that is a day old. A repeated acquire answers a new one then.
    local stored = redis.call('GET', KEYS[2])
    fence = stored and fence_of(stored) or ''
  end
  shared_owners(holder, now)
else
  -- Sent twice: it is shared already.
  local score = tonumber(redis.call('ZSCORE', KEYS[3], owner) or '0')
  if score >= 0 or -score <= now then return 'l' end
  fence = string.sub(redis.call('HGET', KEYS[4], owner) or 'f', 2)
end
-- Removes nobody. After a write that needs no memory, none is refused for want of it: what is held must not end so.
redis.call('ZREM', KEYS[3], '')
share(owner, fence, ttl, now)
-- If it cannot move on now, it does with the next claim or release: nothing is wrong with what was asked for.
grant_line(SHARED, now)
return 'e'
