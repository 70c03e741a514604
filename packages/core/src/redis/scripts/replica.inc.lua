-- A stale replica must not answer that an owner holds nothing: it may have missed the grant. It refuses every command
-- that may write. This one changes nothing: the key is missing, or holds another type than a sorted set.
-- Answers the refusal of a replica, or nil.
local function refusal_of_replica(key)
  local reply = redis.pcall('ZREM', key, '')
  return type(reply) == 'table' and string.find(reply.err, 'READONLY', 1, true) and reply or nil
end
