-- Answers what holds a name, and, if asked, the waiters for it. Changes nothing.
--
-- KEYS  lock, fence, line, places
-- ARGV  none; or 'line': also the waiters, and a name that is only waited for
-- Reply 'n' when nothing holds it (nor waits for it, with 'line'), else
--       { 'e' exclusive or 's' shared, 'w<waiters, those included whose place has ended>',
--         with 'line', each living place in its order: 'le<owner>' exclusive or 'ls<owner>' shared,
--         then for each holder: 'o<owner>', 'p<ms left>' (empty: never expires), 'f<fence>' (empty: none) }
-- Error WRONGTYPE when the lock key is of another type than a string; a key beside it of another type counts as missing.
-- Error READONLY on a replica, unless asked for the line: only a listing may be stale.
--@include replica.inc.lua

local line = ARGV[1] == 'line'
local holder = redis.call('GET', KEYS[1])
local refusal = not line and refusal_of_replica(KEYS[1])
if refusal then return refusal end
if not holder and not line then return 'n' end

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
  owners = beside('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', -now), 'WITHSCORES') or {}
  -- The marker outlives a line that was evicted.
  if #owners == 0 then holder = false end
end
if not holder and not line then return 'n' end

local reply = { holder == '~shared' and 's' or 'e', 'w' .. (beside('ZCOUNT', KEYS[3], '(0', '+inf') or '0') }
if line then
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
  table.insert(reply, 'p' .. (left < 0 and '' or string.format('%.0f', left)))
  table.insert(reply, 'f' .. (string.match(stored, ' (%d+)!*$') or string.match(stored, '^%d+') or ''))
  return reply
end
for i = #owners - 1, 1, -2 do
  table.insert(reply, 'o' .. owners[i])
  table.insert(reply, 'p' .. string.format('%.0f', -tonumber(owners[i + 1]) - now))
  table.insert(reply, string.match(beside('HGET', KEYS[4], owners[i]) or '', '^f%d*') or 'f')
end
return reply
