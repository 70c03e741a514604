-- Tells what is held under a name, and, if asked, who waits for it. Changes nothing.
--
-- KEYS  lock, fence, line, places
-- ARGV  nothing; or 'line': also who waits, and a name that is only waited for
-- Reply 'n' when nobody holds it (nor waits for it, with 'line'), else
--       { 'e' exclusive or 's' shared, 'w<claims waiting, the dead included>',
--         with 'line', of each living place, in their order: 'le<owner>' exclusive or 'ls<owner>' shared,
--         then of each holder: 'o<owner>', 'p<ms left>' (empty: never expires), 'f<fence>' (empty: none) }
-- Error WRONGTYPE when the key holds something else than a string. A key beside it of another type tells nothing.

local holder = redis.call('GET', KEYS[1])
if not holder and not ARGV[1] then return 'n' end

local function beside(...)
  local reply = redis.pcall(...)
  if type(reply) ~= 'table' or not reply.err then return reply end
  if string.find(reply.err, 'WRONGTYPE', 1, true) then return nil end
  return redis.call(...)
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local owners = {}
if holder == '~shared' then
  owners = beside('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('(%.0f', -now), 'WITHSCORES') or {}
  -- The marker has yet to expire, or outlives a line that was evicted.
  if #owners == 0 then holder = false end
end
if not holder and not ARGV[1] then return 'n' end

local reply = { holder == '~shared' and 's' or 'e', 'w' .. (beside('ZCOUNT', KEYS[3], '(0', '+inf') or '0') }
if ARGV[1] then
  for _, owner in ipairs(beside('ZRANGEBYSCORE', KEYS[3], '(0', '+inf') or {}) do
    local ends, limit = string.match(beside('HGET', KEYS[4], owner) or '', '^(%d+) %d+ %d+ (%d+) ')
    if ends and tonumber(ends) > now then table.insert(reply, (limit == '0' and 'le' or 'ls') .. owner) end
  end
end
if not holder then return #reply > 2 and reply or 'n' end
if holder ~= '~shared' then
  local left = redis.call('PTTL', KEYS[1])
  local stored = beside('GET', KEYS[2]) or ''
  table.insert(reply, 'o' .. holder)
  table.insert(reply, 'p' .. (left < 0 and '' or left))
  table.insert(reply, 'f' .. (string.match(stored, ' (%d+)$') or string.match(stored, '^%d+') or ''))
  return reply
end
for i = #owners - 1, 1, -2 do
  table.insert(reply, 'o' .. owners[i])
  table.insert(reply, 'p' .. string.format('%.0f', -tonumber(owners[i + 1]) - now))
  table.insert(reply, beside('HGET', KEYS[4], owners[i]) or 'f')
end
return reply
