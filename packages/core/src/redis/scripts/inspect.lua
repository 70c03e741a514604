-- Tells what is held under a name. Changes nothing.
--
-- KEYS  lock, fence, line, places
-- Reply 'n' when nothing is held, else
--       { 'e' exclusive or 's' shared, 'w<claims waiting>',
--         then of each holder: 'o<owner>', 'p<ms left>' (empty: never expires), 'f<fence>' (empty: none) }
-- Error WRONGTYPE when the key holds something else than a string.

local holder = redis.call('GET', KEYS[1])
if not holder then return 'n' end
local waiting = 'w' .. redis.call('ZCOUNT', KEYS[3], '(0', '+inf')
if holder ~= '~shared' then
  local left = redis.call('PTTL', KEYS[1])
  local stored = redis.call('GET', KEYS[2]) or ''
  local fence = string.match(stored, ' (%d+)$') or string.match(stored, '^%d+') or ''
  return { 'e', waiting, 'o' .. holder, 'p' .. (left < 0 and '' or left), 'f' .. fence }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = { 's', waiting }
local owners = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('(%.0f', -now), 'WITHSCORES')
for i = #owners - 1, 1, -2 do
  table.insert(reply, 'o' .. owners[i])
  table.insert(reply, 'p' .. string.format('%.0f', -tonumber(owners[i + 1]) - now))
  table.insert(reply, redis.call('HGET', KEYS[4], owners[i]) or 'f')
end
return reply
