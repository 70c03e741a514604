-- Tries once to take a name for an owner beside other shared owners, or to keep a place in its line. Idempotent per
-- owner. An owner that holds the name exclusively goes on to.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, ttl in ms, fences to reserve ('0': none are kept), limit of shared owners,
--       then as in acquire.lua: line time in ms, secret, inbox; or 'steal', name, channel
-- Reply and error as in acquire.lua
--@include fence.inc.lua
--@include beside.inc.lua
--@include shared.inc.lua
--@include line.inc.lua

local owner, ttl, fences, limit, if_busy = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] ~= '' and ARGV[5]
local holder = redis.call('GET', KEYS[1])
local now = now_ms()
local problem, owners
if if_busy == 'steal' then
  holder = shared_owners(holder, now)
else
  holder, problem, owners = grant_line(holder, now)
end
if problem then return problem end

-- The fence of a lease that is held, or a new one, greater than the lost one, if that was evicted.
local function kept(fence)
  return fence ~= '' and fence or fences ~= '0' and reserve(KEYS[2], fences, nil, true) or ''
end

local ends = holder == SHARED and shared_until(owner, now)
if ends then
  local fence, granted = string.match(redis.call('HGET', KEYS[4], owner) or '', '^f(%d*) ?(%d*)$')
  fence = kept(fence or '')
  if type(fence) == 'table' then return fence end
  -- Never shorter, unless this confirms a grant of the store that has not been extended meanwhile, as in acquire.lua.
  share(owner, fence, tonumber(granted) == ends and tonumber(ttl) or math.max(tonumber(ttl), ends - now), now)
  return 'a' .. fence .. more
end
if holder == owner then
  local fence = fences == '0' and '' or kept(fence_of(redis.call('GET', KEYS[2]) or ''))
  if type(fence) == 'table' then return fence end
  if redis.call('PTTL', KEYS[1]) < tonumber(ttl) then redis.call('PEXPIRE', KEYS[1], ttl) end
  return 'a' .. fence
end
if more ~= '' then return 'm' end

local left = redis.call('PTTL', KEYS[1])
local waited_for = redis.call('ZRANGEBYSCORE', KEYS[3], '(0', '+inf', 'LIMIT', 0, 1)[1]
if if_busy == 'steal' and is_foreign(holder) then return 'b' .. (left < 0 and '' or text(left)) .. ':' end
if if_busy == 'steal' or (not waited_for and (not holder or (holder == SHARED and owners < limit))) then
  -- The type of the places must be known before a fence is reserved.
  redis.call('HGET', KEYS[4], owner)
  local fence = ''
  if fences ~= '0' then
    fence = reserve(KEYS[2], fences, nil, waited_for)
    if type(fence) == 'table' then return fence end
  end
  if if_busy == 'steal' then
    drop_all_shared()
    drop({ owner })
  end
  share(owner, fence, tonumber(ttl), now)
  if if_busy == 'steal' then
    if holder then redis.pcall('PUBLISH', ARGV[7], ARGV[6]) end
    grant_line(SHARED, now)
  end
  return 'a' .. fence .. more
end

local ahead = ''
if if_busy then ahead = line_up(owner, if_busy, ttl, fences, ARGV[4], ARGV[6], ARGV[7], now) end
if type(ahead) == 'table' then return ahead end
if holder == SHARED and owners >= limit then
  -- Until so many have ended that fewer than the limit are left.
  left = -tonumber(redis.call('ZRANGE', KEYS[3], limit - 1, limit - 1, 'WITHSCORES')[2]) - now
end
return 'b' .. (left < 0 and '' or text(left)) .. ':' .. ahead .. more
