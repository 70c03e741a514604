-- Extends leases, each only if its owner still holds it, and reserves fences for handing them over.
--
-- KEYS  lock, fence of each
-- ARGV  for each: owner, ttl in ms, fences to reserve
-- Reply a line for each: 'e<first fence>' extended, 'l' lost, 'x<error>' refused: a key is of another type than a
--       string, or, READONLY, the lease may be lost and this is a replica. Nothing is written for the owner then.
-- Error when all of them are refused alike: the client may have something to do about it.
--@include fence.inc.lua
--@include replica.inc.lua

local function extend(lock, fence, owner, ttl, count)
  if redis.call('GET', lock) ~= owner then return refusal_of_replica(lock) or 'l' end
  local stored = redis.call('GET', fence)
  local mine = stored and fence_of(stored)
  local first = reserve(fence, count, mine ~= '' and mine)
  if type(first) == 'table' then return first end
  if redis.call('PTTL', lock) < tonumber(ttl) then redis.call('PEXPIRE', lock, ttl) end
  return 'e' .. first
end

local replies = {}
local refused, refusals = nil, 0
for i = 1, #KEYS / 2 do
  local done, reply = pcall(extend, KEYS[2 * i - 1], KEYS[2 * i], ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i])
  -- The caught error is a table, or a text before Redis 7.
  if type(reply) == 'table' then done, reply = false, reply.err end
  if not done and (refused == nil or refused == reply) then refused, refusals = reply, refusals + 1 end
  replies[i] = done and reply or 'x' .. string.gsub(reply, '[\r\n]', ' ')
end
if refusals == #replies then return redis.error_reply(refused) end
return table.concat(replies, '\n')
