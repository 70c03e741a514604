-- Takes names that are free, and frees names that are held, for many owners, one after the other in the order in which
-- they are asked for. What concerns anybody else is left to acquire.lua and release.lua, with nothing written.
-- No error ends the script: it would be taken for the answer to all of them.
--
-- KEYS  of each: lock; and its fence, or, if no fences are kept, its line
-- ARGV  '1' if fences are kept, then for each: owner, and the ttl in ms to take its name, or '' to free it
-- Reply a line for each:
--       'a<fence>'   taken; the fence is empty when none are kept
--       'r'          freed
--       'b<ms left>:' held by somebody else; ms left is empty when unknown
--       'o'          others may wait for the name, or it is not as expected: ask by the other scripts
--       'x<error>'   refused, as these scripts refuse it. Nothing is written for the owner then.
-- Error when all of them are refused alike: the client may have something to do about it.

local FENCE_KEEP_MS, MOST_FENCES = '86400000', 9007199254740990
local fenced = ARGV[1] == '1'
local replies = {}
local refused, refusals = nil, 0
local now

local function refusal(reply)
  if not refused or refused.err == reply.err then refused, refusals = reply, refusals + 1 end
  return 'x' .. string.gsub(reply.err, '[\r\n]', ' ')
end

-- Whether nobody waits: the fence of a name with a line behind it has a mark at its end, see line.inc.lua. A fence that
-- is missing says nothing. Answers an error as it is.
local function is_alone(beside)
  if not fenced then
    local waiters = redis.pcall('ZCOUNT', beside, '(0', '+inf')
    return type(waiters) == 'table' and waiters or waiters == 0
  end
  local stored = redis.pcall('GET', beside)
  if type(stored) == 'table' then return stored end
  return stored and #stored == 16 and stored
end

-- A claim on a name that is not free: somebody else's, or one that was sent twice, which must not cut a lease that was
-- extended meanwhile.
local function refuse(lock, beside, owner, ttl)
  local holder = redis.pcall('GET', lock)
  if type(holder) == 'table' then return refusal(holder) end
  if not holder then return 'o' end
  local left = redis.pcall('PTTL', lock)
  if type(left) == 'table' then return refusal(left) end
  if holder ~= owner then return 'b' .. (left < 0 and '' or string.format('%.0f', left)) .. ':' end
  local fence = is_alone(beside)
  if not fence or type(fence) == 'table' or left < 0 or left >= tonumber(ttl) then return 'o' end
  if redis.pcall('PEXPIRE', lock, ttl) ~= 1 then return 'o' end
  return fenced and 'a' .. fence or 'a'
end

-- The next fence, or what else is to be answered; then the name is not taken.
local function next_fence(key)
  if not now then
    local time = redis.pcall('TIME')
    if time.err then return nil, refusal(time) end
    now = time[1] .. string.sub('00000' .. time[2], -6)
  end
  local last = redis.pcall('SET', key, now, 'PX', FENCE_KEEP_MS, 'GET')
  if not last or (#last == 16 and last < now) then return now end
  if type(last) == 'table' then return nil, refusal(last) end
  -- The server's clock was set back, or two grants fall into one microsecond.
  local stored = #last == 16 and tonumber(last)
  local fence = stored and stored < MOST_FENCES and string.format('%.0f', stored + 1)
  redis.pcall('SET', key, fence or last, 'PX', FENCE_KEEP_MS)
  return fence, 'o'
end

local function take(lock, beside, owner, ttl)
  local set = redis.pcall('SET', lock, owner, 'NX', 'PX', ttl)
  if not set then return refuse(lock, beside, owner, ttl) end
  if set.err then return refusal(set) end
  local fence, reply
  if fenced then
    fence, reply = next_fence(beside)
  else
    local alone = is_alone(beside)
    fence = alone == true and '' or nil
    reply = type(alone) == 'table' and refusal(alone) or 'o'
  end
  if fence then return 'a' .. fence end
  -- A refusal must not leave the name taken.
  redis.pcall('DEL', lock)
  return reply
end

local function free(lock, beside, owner)
  local holder = redis.pcall('GET', lock)
  if holder ~= owner then return type(holder) == 'table' and refusal(holder) or 'o' end
  local alone = is_alone(beside)
  if not alone or type(alone) == 'table' then return 'o' end
  local deleted = redis.pcall('DEL', lock)
  return type(deleted) == 'table' and refusal(deleted) or 'r'
end

for i = 1, #KEYS / 2 do
  local lock, beside, owner, ttl = KEYS[2 * i - 1], KEYS[2 * i], ARGV[2 * i], ARGV[2 * i + 1]
  replies[i] = ttl == '' and free(lock, beside, owner) or take(lock, beside, owner, ttl)
end
return refusals == #replies and refused or table.concat(replies, '\n')
