-- Takes names that are free, and frees names that are held, for many owners, one after the other in the order in which
-- they are asked for. What concerns anybody else is left to acquire.lua and release.lua, with nothing written.
-- No error ends the script: it would be taken for the answer to all of them.
--
-- KEYS  lock, fence, line of each
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
local now
local refused, refusals = nil, 0

local function refusal(reply)
  if not refused or refused.err == reply.err then refused, refusals = reply, refusals + 1 end
  return 'x' .. string.gsub(reply.err, '[\r\n]', ' ')
end

local function take(lock, fence, line, owner, ttl)
  local set = redis.pcall('SET', lock, owner, 'NX', 'PX', ttl)
  if not set then
    local holder = redis.pcall('GET', lock)
    if type(holder) == 'table' then return refusal(holder) end
    if not holder or holder == owner then return 'o' end
    local left = redis.pcall('PTTL', lock)
    if type(left) == 'table' then return refusal(left) end
    return 'b' .. (left < 0 and '' or string.format('%.0f', left)) .. ':'
  end
  if set.err then return refusal(set) end
  -- A refusal, for want of a permission or for the type of a key, must not leave the name taken.
  local reply = redis.pcall('EXISTS', line)
  if reply == 0 then
    if not fenced then return 'a' end
    if not now then
      local time = redis.pcall('TIME')
      if time.err then
        redis.pcall('DEL', lock)
        return refusal(time)
      end
      now = time[1] .. string.sub('00000' .. time[2], -6)
    end
    local last = redis.pcall('SET', fence, now, 'PX', FENCE_KEEP_MS, 'GET')
    if not last or (#last == 16 and last < now) then return 'a' .. now end
    reply = last
    if type(last) == 'string' then
      -- The server's clock was set back, or two grants fall into one microsecond.
      local stored = #last == 16 and tonumber(last)
      local next = stored and stored < MOST_FENCES and string.format('%.0f', stored + 1)
      redis.pcall('SET', fence, next or last, 'PX', FENCE_KEEP_MS)
      if next then return 'a' .. next end
    end
  end
  redis.pcall('DEL', lock)
  return type(reply) == 'table' and refusal(reply) or 'o'
end

local function free(lock, line, owner)
  local holder = redis.pcall('GET', lock)
  if holder ~= owner then return type(holder) == 'table' and refusal(holder) or 'o' end
  if redis.pcall('EXISTS', line) ~= 0 then return 'o' end
  local deleted = redis.pcall('DEL', lock)
  return type(deleted) == 'table' and refusal(deleted) or 'r'
end

for i = 1, #KEYS / 3 do
  local lock, fence, line = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]
  local owner, ttl = ARGV[2 * i], ARGV[2 * i + 1]
  replies[i] = ttl == '' and free(lock, line, owner) or take(lock, fence, line, owner, ttl)
end
return refusals == #replies and refused or table.concat(replies, '\n')
