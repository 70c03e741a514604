-- The line of a name: a sorted set of owners in the order in which the server saw them, and a hash with
-- each owner's place: '<expires at, ms> <ttl> <fences> <turn> <inbox>'.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The place of an owner, or nil when it has none or has let it expire.
local function living(places_key, owner, now)
  local place = redis.call('HGET', places_key, owner)
  if not place then return nil end
  local expires, ttl, fences, turn, inbox = string.match(place, '^(%d+) (%d+) (%d+) (%S*) ?(.*)$')
  local left = tonumber(expires) - now
  if left <= 0 then return nil end
  return { ms = math.min(left, tonumber(ttl)), fences = fences, turn = turn, inbox = inbox }
end

-- The head of the line and its place, after the dead before it are dropped.
local function head_of(line_key, places_key, now)
  while true do
    local owner = redis.call('ZRANGE', line_key, 0, 0)[1]
    if not owner then return nil end
    local place = living(places_key, owner, now)
    if place then return owner, place end
    redis.call('ZREM', line_key, owner)
    redis.call('HDEL', places_key, owner)
  end
end

-- Grants a free lock to the head of the line and tells its inbox. Answers the owner, or nil when nobody waits.
-- The grant lasts as long as the place would have, and no longer than the claim's ttl: dead waiters, however many died together, delay the living
-- by one place time in total. The owner confirms by acquiring again.
local function grant_head(lock_key, fence_key, line_key, places_key, now)
  local owner, place = head_of(line_key, places_key, now)
  if not owner then return nil end
  local fence = ''
  if place.fences ~= '0' then
    fence = reserve(fence_key, place.fences)
    if type(fence) == 'table' then return nil, fence end
  end
  redis.call('SET', lock_key, owner, 'PX', string.format('%.0f', place.ms))
  redis.call('ZREM', line_key, owner)
  redis.call('HDEL', places_key, owner)
  if place.inbox ~= '' then redis.call('PUBLISH', place.inbox, place.turn .. ' ' .. fence) end
  return owner
end
