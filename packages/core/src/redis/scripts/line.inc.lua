-- What stands beside a lock, for scripts whose KEYS are lock, fence, line, places.
--
-- line    a sorted set of owners: those who wait, by their place (above 0, in the order in which the server saw them),
--         and those who hold shared leases, by the time at which these end (below 0: minus milliseconds)
-- places  a hash: of an owner who waits '<place ends at, ms> <ttl> <fences> <limit, 0: exclusive> <turn> <inbox>',
--         of a shared owner 'f<fence>'
--
-- While shared leases hold the name, the lock key holds this marker until the last of them ends, so that SET NX fails
-- for everyone.
local SHARED = '~shared'

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function text(number)
  return string.format('%.0f', number)
end

-- The line has been read before, so that its type is known: here, in share() and in line_up() the places come first, so
-- that an error for their type comes before anything is written.
local function forget(owner)
  redis.call('HDEL', KEYS[4], owner)
  redis.call('ZREM', KEYS[3], owner)
end

-- Both keys live as long as what in them lasts longest.
local function keep_alive(ms)
  for i = 3, 4 do
    if redis.call('PTTL', KEYS[i]) < ms then redis.call('PEXPIRE', KEYS[i], text(ms)) end
  end
end

-- The place of an owner, or nil when it has none or has let it end.
local function living(owner, now)
  local place = redis.call('HGET', KEYS[4], owner)
  if not place then return nil end
  local ends, ttl, fences, limit, turn, inbox = string.match(place, '^(%d+) (%d+) (%d+) (%d+) (%S*) ?(.*)$')
  if not ends or tonumber(ends) <= now then return nil end
  local ms = math.min(tonumber(ends) - now, tonumber(ttl))
  return { ms = ms, fences = fences, limit = tonumber(limit), turn = turn, inbox = inbox }
end

-- The head of the line and its place, after the dead before it are dropped.
local function head_of(now)
  while true do
    local owner = redis.call('ZRANGEBYSCORE', KEYS[3], '(0', '+inf', 'LIMIT', 0, 1)[1]
    if not owner then return nil end
    local place = living(owner, now)
    if place then return owner, place end
    forget(owner)
  end
end

local function drop_all_shared()
  for _, owner in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(0')) do forget(owner) end
end

-- How many hold shared leases, after those that have ended are dropped. All have ended when the lock key does not hold
-- the marker any more: it was evicted, deleted or replaced.
local function shared_owners(holder, now)
  if holder ~= SHARED then
    drop_all_shared()
    return 0
  end
  for _, owner in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], text(-now), '(0')) do forget(owner) end
  return redis.call('ZCOUNT', KEYS[3], '-inf', '(0')
end

-- Lets the marker last as long as the last shared lease.
local function mark_shared()
  local last = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2]
  redis.call('SET', KEYS[1], SHARED, 'PXAT', text(-tonumber(last)))
end

local function share(owner, fence, ttl, now)
  redis.call('HSET', KEYS[4], owner, 'f' .. fence)
  redis.call('ZADD', KEYS[3], text(-(now + ttl)), owner)
  keep_alive(ttl)
  mark_shared()
end

-- Takes a shared lease out. Answers what the lock key holds thereafter.
local function unshare(owner, now)
  forget(owner)
  if shared_owners(SHARED, now) > 0 then
    mark_shared()
    return SHARED
  end
  redis.call('DEL', KEYS[1])
  return false
end

-- Grants the head of the line as long as it can be admitted beside what the lock key holds, and tells its inbox.
-- Answers what the lock key holds thereafter, and an error, if there was one.
-- A grant lasts as long as the place would have, and no longer than the claim's ttl: dead waiters, however many died
-- together, delay the living by one place time in total. The owner confirms by acquiring again.
local function grant_line(holder, now)
  shared_owners(holder, now)
  while true do
    local owner, place = head_of(now)
    if not owner then return holder end
    if holder and (place.limit == 0 or holder ~= SHARED or shared_owners(holder, now) >= place.limit) then return holder end
    local fence = ''
    if place.fences ~= '0' then
      fence = reserve(KEYS[2], place.fences)
      if type(fence) == 'table' then return holder, fence end
    end
    forget(owner)
    if place.limit == 0 then
      redis.call('SET', KEYS[1], owner, 'PX', text(place.ms))
      holder = owner
    else
      share(owner, fence, place.ms, now)
      holder = SHARED
    end
    if place.inbox ~= '' then redis.pcall('PUBLISH', place.inbox, place.turn .. ' ' .. fence) end
  end
end

-- As grant_line(), when the name has been freed already. That is done, also if the line cannot move on, because a key
-- beside the lock is of another type, say: it does with the next claim, which is told why not.
local function move_on(holder, now)
  pcall(function() grant_line(holder, now or now_ms()) end)
end

-- Keeps or takes a place in line. Answers how many stand before it.
local function line_up(owner, line_ms, ttl, fences, limit, turn, inbox, now)
  local score = redis.call('ZSCORE', KEYS[3], owner)
  local kept = score and living(owner, now)
  if not kept then
    local last = tonumber(redis.call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2] or '0')
    score = text(math.max(last, 0) + 1)
  end
  local place = { text(now + line_ms), ttl, fences, limit, turn or '', inbox or '' }
  redis.call('HSET', KEYS[4], owner, table.concat(place, ' '))
  if not kept then redis.call('ZADD', KEYS[3], score, owner) end
  keep_alive(tonumber(line_ms))
  head_of(now)
  return redis.call('ZCOUNT', KEYS[3], '(0', '(' .. score)
end
