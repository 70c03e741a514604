-- Extends, as a shared lease, an exclusive lease: it becomes one without a moment of not being held, and the waiters at
-- the head of the line that may share it are admitted. Never creates, never revives.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, ttl in ms, '0' if no fences are kept
-- Reply 'e' extended, 'l' lost; '+' after it as in beside.inc.lua
-- Error WRONGTYPE when a key is of another type than ours, READONLY when the lease may be lost and this is a replica.
-- Nothing is written then.
--@include fence.inc.lua
--@include beside.inc.lua
--@include shared.inc.lua
--@include line.inc.lua
--@include replica.inc.lua

local owner, ttl, fences = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local holder = redis.call('GET', KEYS[1])
if holder ~= owner and holder ~= SHARED then return refusal_of_replica(KEYS[1]) or 'l' end
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
  -- A repeated call finds the lease shared already.
  if not shared_until(owner, now) then return refusal_of_replica(KEYS[1]) or 'l' end
  fence = string.match(redis.call('HGET', KEYS[4], owner) or '', '^f(%d*)') or ''
end
-- Removes nothing. After a write that needs no memory, none is refused for want of it: a held lease must not end so.
redis.call('ZREM', KEYS[3], '')
share(owner, fence, ttl, now)
-- If the line cannot move on now, the next claim or release moves it on: the downgrade is done.
grant_line(SHARED, now)
return 'e' .. more
