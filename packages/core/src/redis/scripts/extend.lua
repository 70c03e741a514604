-- Extends leases, each only if its owner still holds it. Never creates, never revives.
--
-- KEYS  the lock of each claim
-- ARGV  the ttl in ms for all claims, or '' if they differ; the owner of each claim; then, if they differ, each ttl
-- Reply one letter for each claim: 'e' extended, 'l' lost, 'x' the key is of another type than a string
-- Error READONLY when a claim may be lost and this is a replica
--@include replica.inc.lua

local ttl, count = ARGV[1], #KEYS
local reply, lost = {}, nil
for i = 1, count do
  local holder = redis.pcall('GET', KEYS[i])
  if holder == ARGV[1 + i] then
    redis.call('PEXPIRE', KEYS[i], ttl ~= '' and ttl or ARGV[1 + count + i])
    reply[i] = 'e'
  elseif type(holder) == 'table' then
    reply[i] = 'x'
  else
    lost = KEYS[i]
    reply[i] = 'l'
  end
end
return lost and refusal_of_replica(lost) or table.concat(reply)
