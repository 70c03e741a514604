-- Tries once to take a name for an owner exclusively, or to keep a place in its line. Idempotent per owner.
--
-- KEYS  lock, fence, line, places
-- ARGV  owner, ttl in ms, fences to reserve ('0': none are kept),
--       then, if the owner would wait: line time in ms, and, if it is to be told of a grant: secret of the turn, inbox;
--       or, if the name is to be taken from whoever holds it: 'steal', name, channel for names taken by force
-- Reply 'a<fence>'                        acquired; the fence is empty when none are kept
--       'b<ms left>:<claims ahead>'       busy; ms left is empty when unknown, claims ahead without a place
-- Error WRONGTYPE when the key holds something else than a string, or one beside it that is needed is of another type.
-- Nothing is written for the owner then.

local owner, ttl, fences, wish = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

-- The usual ways, before any function is defined: that alone would cost as much as a command.
local free = redis.call('SET', KEYS[1], owner, 'NX', 'PX', ttl)
local lined, problem
if free then
  -- What is not permitted to this user, or meets another type, must not leave the name taken.
  lined = redis.pcall('EXISTS', KEYS[3])
  if lined ~= 0 and lined ~= 1 then
    redis.call('DEL', KEYS[1])
    return lined
  end
  lined = lined == 1
  if not lined then
    if fences == '0' then return 'a' end
    if fences == '1' then
      -- As reserve() does it, for the case that the server's clock has moved on since the last fence.
      local time = redis.pcall('TIME')
      if time.err then
        redis.call('DEL', KEYS[1])
        return time
      end
      local fence = time[1] .. string.sub('00000' .. time[2], -6)
      local last = redis.pcall('SET', KEYS[2], fence, 'PX', '86400000', 'GET')
      if not last or (#last == #fence and last < fence) then return 'a' .. fence end
      if type(last) == 'string' then redis.call('SET', KEYS[2], last, 'PX', '86400000') end
    end
  end
elseif not wish then
  local holder = redis.call('GET', KEYS[1])
  if holder ~= owner then
    local left = redis.call('PTTL', KEYS[1])
    return 'b' .. (left < 0 and '' or left) .. ':'
  end
end

--@include fence.inc.lua
--@include line.inc.lua

-- Takes the name for the owner, or gives back the free lock that was taken to no avail.
local function take()
  local fence = ''
  if fences ~= '0' then
    fence = reserve(KEYS[2], fences)
    if type(fence) == 'table' then
      if free then redis.call('DEL', KEYS[1]) end
      return fence
    end
  end
  redis.call('SET', KEYS[1], owner, 'PX', ttl)
  return 'a' .. fence
end

if free and not lined then return take() end

local holder = not free and redis.call('GET', KEYS[1])
if free then
  -- It expired with a line behind it, or all who stood in line are dead: whoever is the head has it.
  redis.call('DEL', KEYS[1])
  free = nil
end
local now = now_ms()
-- Who steals leaves the line as it is: its head must not be granted the name only to be robbed of it.
if wish == 'steal' then
  shared_owners(holder, now)
else
  holder, problem = grant_line(holder, now)
end
if problem then return problem end
if not holder and wish ~= 'steal' then return take() end

if holder == owner then
  local fence = ''
  if fences ~= '0' then
    local stored = redis.call('GET', KEYS[2])
    -- If it was evicted or expired under a living lease: a new one is greater than the lost one.
    fence = stored and fence_of(stored) or reserve(KEYS[2], fences)
    if type(fence) == 'table' then return fence end
  end
  -- Never shorter: a claim that is sent twice must not cut a lease that was extended meanwhile.
  if redis.call('PTTL', KEYS[1]) < tonumber(ttl) then redis.call('PEXPIRE', KEYS[1], ttl) end
  return 'a' .. fence
end
-- A shared owner cannot become exclusive by claiming again: two who tried would wait for each other for ever.
local score = tonumber(redis.call('ZSCORE', KEYS[3], owner) or '0')
if score < 0 then
  return 'b' .. math.max(redis.call('PTTL', KEYS[1]), 0) .. ':'
end
if wish == 'steal' then
  local placed = score > 0
  -- What is dropped thereafter: its type must be known before the name is taken.
  if placed or holder == SHARED then redis.call('HGET', KEYS[4], owner) end
  local taken = take()
  if type(taken) == 'table' then return taken end
  if placed then forget(owner) end
  if holder == SHARED then drop_all_shared() end
  if holder then redis.pcall('PUBLISH', ARGV[6], ARGV[5]) end
  return taken
end

local ahead = wish and line_up(owner, wish, ttl, fences, '0', ARGV[5], ARGV[6], now) or ''
local left = redis.call('PTTL', KEYS[1])
return 'b' .. (left < 0 and '' or left) .. ':' .. ahead
