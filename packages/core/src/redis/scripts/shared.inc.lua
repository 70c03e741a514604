-- Shared leases of a name. To be included after beside.inc.lua.

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

-- The value of the lock key, without a marker that has outlived its leases, and how many hold shared leases; drops some
-- of those that have ended. All have ended when the lock key does not hold the marker any more: it was evicted, deleted or
-- replaced.
local function shared_owners(holder, now)
  if holder ~= SHARED then
    if not head then drop_all_shared() end
    return holder, 0
  end
  local ended = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. text(-now), '(0', 'LIMIT', 0, PORTION)
  drop(ended)
  local owners = redis.call('ZCOUNT', KEYS[3], '-inf', text(-now))
  -- Keys expire by the time at which the script began, leases by the time that it reads. A marker beside no lease at all,
  -- ended or not, means that the line key was lost: its readers may still hold, so the marker stays.
  return (owners > 0 or #ended == 0) and SHARED, owners
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
  local _, owners = shared_owners(SHARED, now)
  if owners > 0 then
    mark_shared()
    return SHARED
  end
  redis.call('DEL', KEYS[1])
  return false
end
