-- Extends shared leases, each only if its owner still holds it. Never creates, never revives.
--
-- KEYS  lock, line, places of each claim
-- ARGV  as in extend.lua
-- Reply as in extend.lua, and 'w': the owner holds the name exclusively
-- Error as in extend.lua
--@include replica.inc.lua

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply, lost = {}, nil
local count = #KEYS / 3
for i = 1, count do
  local lock, line, places = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]
  local owner, ttl = ARGV[1 + i], ARGV[1] ~= '' and ARGV[1] or ARGV[1 + count + i]
  local holder = redis.pcall('GET', lock)
  local score = holder == '~shared' and redis.pcall('ZSCORE', line, owner)
  if type(holder) == 'table' or type(score) == 'table' then
    reply[i] = 'x'
  elseif holder == owner then
    reply[i] = 'w'
  -- The leases have ended with the marker, if that was evicted, deleted or replaced.
  elseif score and tonumber(score) <= -now then
    -- Removes nothing. After a write that needs no memory, none is refused for want of it: a held lease must not end so.
    redis.call('ZREM', line, '')
    redis.call('ZADD', line, string.format('%.0f', -(now + ttl)), owner)
    local last = redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')[2]
    redis.call('PEXPIREAT', lock, string.format('%.0f', -tonumber(last)))
    for _, key in ipairs({ line, places }) do
      if redis.call('PTTL', key) < tonumber(ttl) then redis.call('PEXPIRE', key, ttl) end
    end
    reply[i] = 'e'
  else
    lost = lock
    reply[i] = 'l'
  end
end
return lost and refusal_of_replica(lost) or table.concat(reply)
