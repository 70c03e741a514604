-- The keys beside a lock, for scripts whose KEYS are lock, fence, line, places.
--
-- line    a sorted set of owners: waiters by their place (score above 0, first come first served),
--         and holders of shared leases by the end of their lease (score below 0: minus milliseconds)
-- places  a hash of owners. A waiter: '<end of its place, ms> <ttl> <fences> <limit, 0: exclusive> <secret> <inbox>'.
--         A shared holder: 'f<fence>', followed by ' <end of the lease, ms>' until it confirms a grant of the store.
--         An exclusive holder that has yet to confirm a grant longer than its ttl: 'g<end of the lease, ms>'.
--
-- The lock key holds this marker until the last shared lease ends, so that SET NX fails for everyone. A shared lease
-- lasts through the millisecond of its end, as a key does: the marker and the last lease are gone for all calls alike.
local SHARED = '~shared'
-- At most this many waiters are admitted, or dropped because their place has ended, by one call: it must not keep the
-- server for long. '+' at the end of a reply: the line can move on further, by advance.lua or any other call.
local PORTION = 100
local more = ''
local KEEP_LONGER_MS = 3000
-- The owner of the first place, where it was read before anything else and nobody shares the name.
local head

-- Whether this is the value of another system: neither the marker nor an owner of ours.
local function is_foreign(holder)
  return holder and holder ~= SHARED and not string.match(holder, '~' .. string.rep('[0-9a-f]', 32) .. '$')
end

local function now_ms()
  local time = server_time()
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

-- Both keys live as long as the longest entry in them, or longer, so that not every new entry has to prolong them.
-- A new line lies beside no places but those of a holder that has yet to confirm.
local function keep_alive(ms, is_new)
  if not is_new and redis.call('PTTL', KEYS[3]) >= ms then return end
  redis.call('PEXPIRE', KEYS[3], text(ms + KEEP_LONGER_MS))
  if redis.call('PTTL', KEYS[4]) < ms + KEEP_LONGER_MS then
    redis.call('PEXPIRE', KEYS[4], text(ms + KEEP_LONGER_MS))
  end
end

-- Lets uncontended.lua see that somebody waits. Answers an error, if there was one: nothing is marked then.
local function mark_waited_for(line_ms)
  local stored = redis.pcall('GET', KEYS[2])
  if type(stored) == 'table' then
    -- A key of another type keeps that script out, too.
    return not string.find(stored.err, 'WRONGTYPE', 1, true) and stored or nil
  end
  if not stored or stored == MARK then
    local set = redis.pcall('SET', KEYS[2], MARK, 'PX', text(line_ms + KEEP_LONGER_MS))
    return set.err and set or nil
  end
  if string.sub(stored, -1) == MARK then return nil end
  local set = redis.pcall('SET', KEYS[2], stored .. MARK, 'PX', FENCE_KEEP_MS)
  return set.err and set or nil
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

-- Visits the places in the line from its head until `visit` answers true, and adds those that have ended to `ended`.
-- Reads one place first, which is mostly enough, then a portion; the next call does the rest.
local function walk(now, visit, ended)
  local seen = 0
  local function stops(size)
    local owners = head and { head } or redis.call('ZRANGEBYSCORE', KEYS[3], '(0', '+inf', 'LIMIT', seen, size)
    head = nil
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

-- How many hold shared leases, and the value of the lock key, without a marker that has outlived them; drops some of
-- those that have ended. All have ended when the lock key does not hold the marker any more: it was evicted, deleted or
-- replaced.
local function shared_owners(holder, now)
  if holder ~= SHARED then
    if not head then drop_all_shared() end
    return 0, holder
  end
  local ended = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. text(-now), '(0', 'LIMIT', 0, PORTION)
  drop(ended)
  local owners = redis.call('ZCOUNT', KEYS[3], '-inf', text(-now))
  -- Keys expire by the time at which the script began, leases by the time that it reads. A marker beside which none has
  -- ended has lost its line: its readers, of whom nothing is known, may still hold.
  return owners, (owners > 0 or #ended == 0) and SHARED
end

-- When the shared lease of an owner ends, or nil when it has none.
local function shared_until(owner, now)
  local ends = -tonumber(redis.call('ZSCORE', KEYS[3], owner) or '0')
  return ends >= now and ends or nil
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
-- again. Nothing is written when there is no fence: the answer is that error. Drops those in `ended`. The fence is marked
-- whether or not anybody stands behind them: mostly somebody does, or will.
local function admit(places, ended, now)
  local first, count = 0, 0
  for _, place in ipairs(places) do count = count + place.fences end
  if count > 0 then
    first = reserve(KEYS[2], text(count), nil, true)
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
  local one = places[1]
  if one.limit == 0 then
    table.insert(ended, one.owner)
    drop(ended)
    if longest > one.ttl then
      redis.call('HSET', KEYS[4], one.owner, 'g' .. text(one.ends))
      redis.call('PEXPIRE', KEYS[4], math.max(redis.call('PTTL', KEYS[4]), longest))
    end
    redis.call('SET', KEYS[1], one.owner, 'PXAT', text(one.ends))
  else
    drop(ended)
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
-- its inbox. Drops the places that have ended, and that of `leaving`, an owner, if there is one. Answers the value of the
-- lock key thereafter, and an error, if there was one.
local function grant_line(holder, now, leaving)
  local owners
  owners, holder = shared_owners(holder, now)
  local admitted, value, ended = {}, holder, { leaving }
  walk(now, function(place)
    if value and (place.limit == 0 or value ~= SHARED or owners >= place.limit) then return true end
    table.insert(admitted, place)
    owners = owners + 1
    value = place.limit == 0 and place.owner or SHARED
    return place.limit == 0
  end, ended)
  if not admitted[1] then
    drop(ended)
    return value
  end
  local problem = admit(admitted, ended, now)
  if problem then return holder, problem end
  return value
end

-- As grant_line(), when the name has been freed already, from an owner if one is given. The release is done, also if the
-- line cannot move on, for example because a key beside the lock is of another type: the next claim is answered why.
local function move_on(holder, now, owner)
  pcall(function() grant_line(holder, now or now_ms(), owner) end)
end

-- Keeps or takes a place in line. Answers how many places stand before it, or an error, having written nothing then.
local function line_up(owner, line_ms, ttl, fences, limit, secret, inbox, now)
  local last = redis.call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2]
  local score = math.max(tonumber(last or '0'), 0) + 1
  local place = table.concat({ text(now + line_ms), ttl, fences, limit, secret or '', inbox or '' }, ' ')
  local before = redis.call('HGET', KEYS[4], owner)
  local kept = before and living(owner, now) and redis.call('ZSCORE', KEYS[3], owner)
  if score == 1 or before then
    local problem = mark_waited_for(line_ms)
    if problem then return problem end
  end
  redis.call('HSET', KEYS[4], owner, place)
  if not kept then redis.call('ZADD', KEYS[3], text(score), owner) end
  keep_alive(tonumber(line_ms), not last)
  if before then
    local ended = {}
    walk(now, function() return true end, ended)
    drop(ended)
  elseif score == 1 then
    return 0
  end
  return redis.call('ZCOUNT', KEYS[3], '(0', '(' .. (kept or text(score)))
end
