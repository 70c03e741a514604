-- The line of a name: its places, and the grants to its head. To be included after shared.inc.lua.

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

-- The place of an owner, or nil when it has none or its place has ended. Its end stays text: to format a
-- number costs more than most of the rest.
local function living(owner, now)
  local place = redis.call('HGET', KEYS[4], owner)
  if not place then return nil end
  local ends, ttl, fences, limit, secret, inbox = string.match(place, '^(%d+) (%d+) (%d+) (%d+) (%S*) ?(.*)$')
  if not ends or tonumber(ends) <= now then return nil end
  return { owner = owner, ends = ends, ttl = tonumber(ttl), fences = tonumber(fences),
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

-- Makes holders of waiters: several that share, or one. A grant lasts as long as the place would have, so that waiters
-- whose processes ended, however many ended together, delay the others by one place time in total. The owner confirms by acquiring
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
    table.insert(fields, 'f' .. place.fence .. ' ' .. place.ends)
    table.insert(scores, '-' .. place.ends)
    table.insert(scores, place.owner)
  end
  local one = places[1]
  if one.limit == 0 then
    table.insert(ended, one.owner)
    drop(ended)
    if longest > one.ttl then
      redis.call('HSET', KEYS[4], one.owner, 'g' .. one.ends)
      redis.call('PEXPIRE', KEYS[4], math.max(redis.call('PTTL', KEYS[4]), longest))
    end
    redis.call('SET', KEYS[1], one.owner, 'PXAT', one.ends)
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
-- lock key thereafter, an error, if there was one, and how many share the name.
local function grant_line(holder, now, leaving)
  local value, owners = shared_owners(holder, now)
  local admitted, ended = {}, { leaving }
  walk(now, function(place)
    if value and (place.limit == 0 or value ~= SHARED or owners >= place.limit) then return true end
    table.insert(admitted, place)
    owners = owners + 1
    value = place.limit == 0 and place.owner or SHARED
    return place.limit == 0
  end, ended)
  local problem
  if admitted[1] then
    problem = admit(admitted, ended, now)
  else
    drop(ended)
  end
  if problem then return holder, problem end
  return value, nil, owners
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
