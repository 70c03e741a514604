-- Tells what is held under a name, and, if asked, who waits for it. Changes nothing.
--
-- KEYS  lock, fence, line, places
-- ARGV  nothing; or 'line': also who waits, and a name that is only waited for
-- Reply 'n' when nothing is held (nor waited for, with 'line'), else
--       { 'e' exclusive or 's' shared, 'w<claims waiting, the dead included>',
--         with 'line', of each living place, in their order: 'le<owner>' exclusive or 'ls<owner>' shared,
--         then of each holder: 'o<owner>', 'p<ms left>' (empty: never expires), 'f<fence>' (empty: none) }
-- Error WRONGTYPE when the key holds something else than a string.

local holder = redis.call('GET', KEYS[1])
if not holder and not ARGV[1] then return 'n' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = { holder == '~shared' and 's' or 'e', 'w' .. redis.call('ZCOUNT', KEYS[3], '(0', '+inf') }
if ARGV[1] then
  for _, owner in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(0', '+inf')) do
    local ends, limit = string.match(redis.call('HGET', KEYS[4], owner) or '', '^(%d+) %d+ %d+ (%d+) ')
    if ends and tonumber(ends) > now then table.insert(reply, (limit == '0' and 'le' or 'ls') .. owner) end
  end
end
if not holder then return #reply > 2 and reply or 'n' end
if holder ~= '~shared' then
  local left = redis.call('PTTL', KEYS[1])
  local stored = redis.call('GET', KEYS[2]) or ''
  table.insert(reply, 'o' .. holder)
  table.insert(reply, 'p' .. (left < 0 and '' or left))
  table.insert(reply, 'f' .. (string.match(stored, ' (%d+)$') or string.match(stored, '^%d+') or ''))
  return reply
end
local owners = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('(%.0f', -now), 'WITHSCORES')
for i = #owners - 1, 1, -2 do
  table.insert(reply, 'o' .. owners[i])
  table.insert(reply, 'p' .. string.format('%.0f', -tonumber(owners[i + 1]) - now))
  table.insert(reply, redis.call('HGET', KEYS[4], owners[i]) or 'f')
end
return reply
