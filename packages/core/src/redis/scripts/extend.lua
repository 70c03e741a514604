-- Extends leases, each only if its owner still holds it. Never creates, never revives.
--
-- KEYS  the lock of each claim
-- ARGV  the owner of each claim, then the ttl in ms of each, or one for all
-- Reply one letter for each claim: 'e' extended, 'l' lost, 'x' the key holds something else than a string

local reply = {}
for i = 1, #KEYS do
  local holder = redis.pcall('GET', KEYS[i])
  if holder == ARGV[i] then
    redis.call('PEXPIRE', KEYS[i], ARGV[#KEYS + i] or ARGV[#KEYS + 1])
    reply[i] = 'e'
  elseif type(holder) == 'table' then
    reply[i] = 'x'
  else
    reply[i] = 'l'
  end
end
return table.concat(reply)
