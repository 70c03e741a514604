-- Extends one lease, if its owner still holds it, and reserves fences for handing it on.
--
-- KEYS  lock, fence
-- ARGV  owner, ttl in ms, fences to reserve
-- Reply 'e<first fence>' extended, 'l' lost
-- Error WRONGTYPE when the key holds something else than a string. Nothing is written then.
--@include fence.inc.lua

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'l' end
local stored = redis.call('GET', KEYS[2])
local first = reserve(KEYS[2], ARGV[3], stored and fence_of(stored))
if type(first) == 'table' then return first end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 'e' .. first
