-- Extends one lease, if its owner still holds it, and reserves fences for handing it over.
--
-- KEYS  lock, fence
-- ARGV  owner, ttl in ms, fences to reserve
-- Reply 'e<first fence>' extended, 'l' lost
-- Error WRONGTYPE when a key is of another type than a string, READONLY when the lease may be lost and this is a
-- replica. Nothing is written then.
--@include fence.inc.lua
--@include replica.inc.lua

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return refusal_of_replica(KEYS[1]) or 'l' end
local stored = redis.call('GET', KEYS[2])
local first = reserve(KEYS[2], ARGV[3], stored and fence_of(stored))
if type(first) == 'table' then return first end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 'e' .. first
