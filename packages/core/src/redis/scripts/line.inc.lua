-- The keys beside a lock, for scripts whose KEYS are lock, fence, line, places.
--
-- line    a sorted set of owners: waiters by their place (score above 0, first come first served),
--         and holders of shared leases by the end of their lease (score below 0: minus milliseconds)
-- places  a hash of owners. A waiter: '<end of its place, ms> <ttl> <fences> <limit, 0: exclusive> <secret> <inbox>'.
--         A shared holder: 'f<fence>', followed by ' <end of the lease, ms>' until it confirms a grant of the store.
--         An exclusive holder that has yet to confirm a grant longer than its ttl: 'g<end of the lease, ms>'.
--
-- The lock key holds this marker until the last shared lease ends, so that SET NX fails for everyone.
local SHARED = '~shared'
-- At most this many waiters are admitted, or dropped because their place has ended, by one call: it must not keep the
-- server for long. '+' at the end of a reply: the line can move on further, by advance.lua or any other call.
local PORTION = 100
local more = ''

-- Whether this is the value of another system: neither the marker nor an owner of ours.
local function is_foreign(holder)
  return holder and holder ~= SHARED and not string.match(holder, '~' .. string.rep('[0-9a-f]', 32) .. '$')
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function text(number)
  return string.format('%.0f', number)
end

-- The places come first, here and in share() and line_up(), so that an error for their type comes before any write.
-- The line has been read before, so its type is known.
local function drop(owners)
  for first = 1, #owners, 1000 do
    local last = math.min(first + 999, #owners)
    redis.call('HDEL', KEYS[4], unpack(owners, first, last))
    redis.call('ZREM', KEYS[3], unpack(owners, first, last))
  end
end

-- Both keys live as long as the longest entry in them.
local function keep_alive(ms)
  for i = 3, 4 do
    if redis.call('PTTL', KEYS[i]) < ms then redis.call('PEXPIRE', KEYS[i], text(ms)) end
  end
end

-- The place of an owner, or nil when it has none or its place has ended.
local function living(owner, now)
  local place = redis.call('HGET', KEYS[4], owner)
  if not place then return nil end
  local ends, ttl, fences, limit, secret, inbox = string.match(place, '^(%d+) (%d+) (%d+) (%d+) (%S*) ?(.*)$')
  if not ends or tonumber(ends) <= now then return nil end
  return { owner = owner, ends = tonumber(ends), ttl = tonumber(ttl), fences = tonumber(fences),
    limit = tonumber(limit), secret = secret, inbox = inbox }
end

-- Visits the places in the line from its head until `visit` answers true, and drops those that have ended.
-- Reads one place first, which is mostly enough, then a portion; the next call does the rest.
local function walk(now, visit)
  local ended, seen = {}, 0
  local function stops(size)
    local owners = redis.call('ZRANGEBYSCORE', KEYS[3], '(0', '+inf', 'LIMIT', seen, size)
    for _, owner in ipairs(owners) do
      seen = seen + 1
      local place = living(owner, now)
      if not place then
        table.insert(ended, owner)
      elseif visit(place) then
        return true
      end
    end
    return #owners < size
  end
  if not stops(1) and not stops(PORTION) then more = '+' end
  drop(ended)
end

-- Many of them end together only when a name is taken by force: mostly nothing waits, and both keys go as a whole.
local function drop_all_shared()
  local count = redis.call('ZCOUNT', KEYS[3], '-inf', '(0')
  if count == 0 then return end
  if count < PORTION or redis.call('ZCOUNT', KEYS[3], '(0', '+inf') > 0 then
    return drop(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(0'))
  end
  redis.call('HGET', KEYS[4], '')
  redis.call('DEL', KEYS[3], KEYS[4])
end

-- How many hold shared leases; drops some of those that have ended. All have ended when the lock key does not hold the
-- marker any more: it was evicted, deleted or replaced.
local function shared_owners(holder, now)
  if holder ~= SHARED then
    drop_all_shared()
    return 0
  end
  drop(redis.call('ZRANGEBYSCORE', KEYS[3], text(-now), '(0', 'LIMIT', 0, PORTION))
  return redis.call('ZCOUNT', KEYS[3], '-inf', '(' .. text(-now))
end

-- When the shared lease of an owner ends, or nil when it has none.
local function shared_until(owner, now)
  local ends = -tonumber(redis.call('ZSCORE', KEYS[3], owner) or '0')
  return ends > now and ends or nil
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

-- Ends a shared lease. Answers the value of the lock key thereafter.
local function unshare(owner, now)
  drop({ owner })
  if shared_owners(SHARED, now) > 0 then
    mark_shared()
    return SHARED
  end
  redis.call('DEL', KEYS[1])
  return false
end

-- Makes holders of waiters: several that share, or one. A grant lasts as long as the place would have, so that waiters
-- that died, however many died together, delay the others by one place time in total. The owner confirms by acquiring
-- again. Nothing is written when there is no fence: the answer is that error.
local function admit(places, now)
  local first, count = 0, 0
  for _, place in ipairs(places) do count = count + place.fences end
  if count > 0 then
    first = reserve(KEYS[2], text(count))
    if type(first) == 'table' then return first end
    first = tonumber(first)
  end
  local fields, scores, longest = {}, {}, 0
  for _, place in ipairs(places) do
    place.fence = place.fences == 0 and '' or text(first)
    first = first + place.fences
    longest = math.max(longest, place.ends - now)
    table.insert(fields, place.owner)
    table.insert(fields, 'f' .. place.fence .. ' ' .. text(place.ends))
    table.insert(scores, text(-place.ends))
    table.insert(scores, place.owner)
  end
  local head = places[1]
  if head.limit == 0 then
    drop({ head.owner })
    if longest > head.ttl then
      redis.call('HSET', KEYS[4], head.owner, 'g' .. text(head.ends))
      redis.call('PEXPIRE', KEYS[4], math.max(redis.call('PTTL', KEYS[4]), longest))
    end
    redis.call('SET', KEYS[1], head.owner, 'PXAT', text(head.ends))
  else
    redis.call('HSET', KEYS[4], unpack(fields))
    redis.call('ZADD', KEYS[3], unpack(scores))
    keep_alive(longest)
    mark_shared()
  end
  for _, place in ipairs(places) do
    if place.inbox ~= '' then redis.pcall('PUBLISH', place.inbox, place.secret .. ' ' .. place.fence) end
  end
end

-- Grants the name to the head of the line as long as it can be admitted beside the value of the lock key, and notifies
-- its inbox. Answers the value of the lock key thereafter, and an error, if there was one.
local function grant_line(holder, now)
  local owners = shared_owners(holder, now)
  local admitted, value = {}, holder
  walk(now, function(place)
    if value and (place.limit == 0 or value ~= SHARED or owners >= place.limit) then return true end
    table.insert(admitted, place)
    owners = owners + 1
    value = place.limit == 0 and place.owner or SHARED
    return place.limit == 0
  end)
  local problem = admitted[1] and admit(admitted, now)
  if problem then return holder, problem end
  return value
end

-- As grant_line(), when the name has been freed already, from an owner if one is given. The release is done, also if the
-- line cannot move on, for example because a key beside the lock is of another type: the next claim is answered why.
local function move_on(holder, now, owner)
  pcall(function()
    if owner then redis.call('HDEL', KEYS[4], owner) end
    grant_line(holder, now or now_ms())
  end)
end

-- Keeps or takes a place in line. Answers how many places stand before it.
local function line_up(owner, line_ms, ttl, fences, limit, secret, inbox, now)
  local score = redis.call('ZSCORE', KEYS[3], owner)
  local kept = living(owner, now) and score
  if not kept then
    local last = redis.call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2]
    -- Without a line, nothing in the places is needed any more but the mark of a holder that has yet to confirm.
    if not last then
      local holder = redis.call('GET', KEYS[1])
      local mark = holder and redis.call('HGET', KEYS[4], holder)
      redis.call('DEL', KEYS[4])
      if mark then redis.call('HSET', KEYS[4], holder, mark) end
    end
    score = text(math.max(tonumber(last or '0'), 0) + 1)
  end
  local place = { text(now + line_ms), ttl, fences, limit, secret or '', inbox or '' }
  redis.call('HSET', KEYS[4], owner, table.concat(place, ' '))
  if not kept then redis.call('ZADD', KEYS[3], score, owner) end
  keep_alive(tonumber(line_ms))
  walk(now, function() return true end)
  return redis.call('ZCOUNT', KEYS[3], '(0', '(' .. score)
end
