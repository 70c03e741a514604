-- Extends leases, each only if its owner still holds it. Never creates, never revives.
--
-- KEYS  the lock of each claim
-- ARGV  owner and ttl in ms of each claim
-- Reply one letter for each claim: 'e' extended, 'l' lost, 'x' the key holds something else than a string

local reply = {}
for i = 1, #KEYS do
  local holder = redis.pcall('GET', KEYS[i])
  if holder == ARGV[2 * i - 1] then
    redis.call('PEXPIRE', KEYS[i], ARGV[2 * i])
    reply[i] = 'e'
  elseif type(holder) == 'table' then
    reply[i] = 'x'
  else
    reply[i] = 'l'
  end
end
return table.concat(reply)
