-- Takes names that are free, and frees names that are held, for many owners, one after the other in the order in which
-- they are asked for. What concerns anybody else is left to acquire.lua and release.lua, with nothing written: they also
-- say what is wrong with a key. No error ends the script: it would be taken for the answer to all.
--
-- KEYS  of each: lock; and its fence, or, if no fences are kept, its line
-- ARGV  '1' if fences are kept, then for each: owner, and the ttl in ms to take its name, or '' to free it
-- Reply a line for each:
--       'a<fence>'   taken; the fence is empty when none are kept
--       'r'          freed
--       'b<ms left>:' held by somebody else; ms left is empty when unknown
--       'o'          others may wait for the name, or it is not as expected: ask by the other scripts
--       'x<error>'   the server refused to take it, or to free it. Nothing is written for the owner then.
-- Error when all of them are refused: the client may have something to do about it.
--
-- The usual way stands in the loop itself: a function that is made and called costs more than what it does.

local FENCE_KEEP_MS, MOST_FENCES = '86400000', 9007199254740990
local call = redis.pcall
local fenced = ARGV[1] == '1'
local replies = {}
local now

-- Whether nobody waits: the fence of a name with a line behind it has a mark at its end, see line.inc.lua. A fence that
-- is missing says nothing. Answers the fence, if fences are kept.
local function is_alone(beside)
  if not fenced then return call('ZCOUNT', beside, '(0', '+inf') == 0 end
  local stored = call('GET', beside)
  return type(stored) == 'string' and #stored == 16 and stored
end

-- A claim on a name that is not free: somebody else's, or one that was sent twice, which must not cut a lease that was
-- extended meanwhile.
local function refuse(lock, beside, owner, ttl)
  local holder, left = call('GET', lock), call('PTTL', lock)
  if type(holder) ~= 'string' or type(left) ~= 'number' then return 'o' end
  if holder ~= owner then return 'b' .. (left < 0 and '' or string.format('%.0f', left)) .. ':' end
  local fence = is_alone(beside)
  if not fence or left < 0 or left >= tonumber(ttl) or call('PEXPIRE', lock, ttl) ~= 1 then return 'o' end
  return fenced and 'a' .. fence or 'a'
end

-- The next fence, or nil when it is none that this script writes.
local function next_fence(key)
  if not now then
    local time = call('TIME')
    if time.err then return nil end
    now = time[1] .. string.sub('00000' .. time[2], -6)
  end
  local last = call('SET', key, now, 'PX', FENCE_KEEP_MS, 'GET')
  if not last or (#last == 16 and last < now) then return now end
  if type(last) == 'table' then return nil end
  -- The server's clock was set back, or two grants fall into one microsecond.
  local stored = #last == 16 and tonumber(last)
  local fence = stored and stored < MOST_FENCES and string.format('%.0f', stored + 1)
  call('SET', key, fence or last, 'PX', FENCE_KEEP_MS)
  return fence
end

for i = 1, #KEYS / 2 do
  local lock, beside, owner, ttl = KEYS[2 * i - 1], KEYS[2 * i], ARGV[2 * i], ARGV[2 * i + 1]
  local reply = 'o'
  if ttl == '' then
    if call('GET', lock) == owner and is_alone(beside) then
      local deleted = call('DEL', lock)
      reply = deleted == 1 and 'r' or deleted
    end
  else
    local set = call('SET', lock, owner, 'NX', 'PX', ttl)
    if not set then
      reply = refuse(lock, beside, owner, ttl)
    elseif set.err then
      reply = set
    else
      local fence
      if fenced then fence = next_fence(beside) else fence = is_alone(beside) and '' end
      if fence then reply = 'a' .. fence else call('DEL', lock) end
    end
  end
  replies[i] = reply
end

if #replies == 1 then return replies[1] end
local refused, refusals = nil, 0
for i, reply in ipairs(replies) do
  if reply.err then
    refused, refusals = reply, refusals + 1
    replies[i] = 'x' .. string.gsub(reply.err, '[\r\n]', ' ')
  end
end
return refusals == #replies and refused or table.concat(replies, '\n')
