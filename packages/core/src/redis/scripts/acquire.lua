-- Tries once to take a name for an owner exclusively, or to keep a place in its line. Idempotent per owner.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, ttl in ms, fences to reserve ('0': none are kept),
--       then, if the owner would wait: line time in ms, and, if it is to be notified of a grant: secret, inbox;
--       or, if the name is to be taken from its holder: 'steal', name, channel for names taken by force
-- Reply 'a<fence>'                        acquired; the fence is empty when none are kept
--       'b<ms left>:<claims ahead>'       busy; ms left is empty when unknown, claims ahead without a place
--       'm'                               undecided: ask again, for too many places in the line have ended
--       '+' after the first two as in beside.inc.lua
-- Error WRONGTYPE when the lock key is of another type than a string, or a key beside it that is needed is of another
-- type. Nothing is written for the owner then.

local owner, ttl, fences, if_busy = ARGV[1], ARGV[2], ARGV[3], ARGV[4] ~= '' and ARGV[4]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= owner and not if_busy then
  local left = redis.call('PTTL', KEYS[1])
  return 'b' .. (left < 0 and '' or string.format('%.0f', left)) .. ':'
end

--@include fence.inc.lua
--@include beside.inc.lua
--@include shared.inc.lua
--@include line.inc.lua

local function take(waited_for)
  local fence = ''
  if fences ~= '0' then
    fence = reserve(KEYS[2], fences, nil, waited_for)
    if type(fence) == 'table' then return fence end
  end
  redis.call('SET', KEYS[1], owner, 'PX', ttl)
  return 'a' .. fence
end

-- The owner holds the name: it asks once more, or confirms a grant of the store.
local function keep()
  local fence = ''
  if fences ~= '0' then
    local stored = redis.call('GET', KEYS[2])
    fence = stored and fence_of(stored) or ''
    -- If it was evicted or expired under a living lease: a new one is greater than the lost one.
    if fence == '' then fence = reserve(KEYS[2], fences, nil, true) end
    if type(fence) == 'table' then return fence end
  end
  -- Never shorter, for a claim that is sent twice must not cut a lease that was extended meanwhile; unless this confirms
  -- a grant of the store: it has not been extended if it still ends when the store let it end (2 ms for the rounding).
  local left = redis.call('PTTL', KEYS[1])
  local granted = left > tonumber(ttl) and string.match(redis.call('HGET', KEYS[4], owner) or '', '^g(%d+)$')
  local confirms = granted and math.abs(now_ms() + left - granted) <= 2
  if confirms then redis.call('HDEL', KEYS[4], owner) end
  if confirms or left < tonumber(ttl) then redis.call('PEXPIRE', KEYS[1], ttl) end
  return 'a' .. fence
end

if holder == owner then return keep() end

local now = now_ms()
local problem
-- A claim that steals leaves the line as it is: its head must not be granted the name only to lose it at once.
if if_busy == 'steal' then
  holder = shared_owners(holder, now)
elseif not holder or holder == SHARED then
  holder, problem = grant_line(holder, now)
  if problem then return problem end
  if not holder then
    if more ~= '' then return 'm' end
    return take(false)
  end
  -- The place of the owner was at the head of the line.
  if holder == owner then
    local kept = keep()
    return type(kept) == 'table' and kept or kept .. more
  end
end

local left = redis.call('PTTL', KEYS[1])
local busy = 'b' .. (left < 0 and '' or text(left)) .. ':'
-- A shared owner cannot become exclusive by claiming again: two that tried would wait for each other for ever.
if holder == SHARED and shared_until(owner, now) then return busy .. more end
if if_busy == 'steal' then
  if is_foreign(holder) then return busy end
  local placed = redis.call('ZSCORE', KEYS[3], owner)
  -- The type of the key that is dropped thereafter must be known before the name is taken.
  if placed or holder == SHARED then redis.call('HGET', KEYS[4], owner) end
  local taken = take(true)
  if type(taken) == 'table' then return taken end
  if placed then drop({ owner }) end
  if holder == SHARED then drop_all_shared() end
  if holder then redis.pcall('PUBLISH', ARGV[6], ARGV[5]) end
  return taken
end
local ahead = if_busy and line_up(owner, if_busy, ttl, fences, '0', ARGV[5], ARGV[6], now) or ''
if type(ahead) == 'table' then return ahead end
return busy .. ahead .. more
