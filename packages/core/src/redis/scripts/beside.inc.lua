-- The keys beside a lock, for scripts whose KEYS are lock, fence, line, places.
--
-- line    a sorted set of owners: waiters by their place (score above 0, first come first served),
--         and holders of shared leases by the end of their lease (score below 0: minus milliseconds)
-- places  a hash of owners. A waiter: '<end of its place, ms> <ttl> <fences> <limit, 0: exclusive> <secret> <inbox>'.
--         A shared holder: 'f<fence>', followed by ' <end of the lease, ms>' until it confirms a grant of the store.
--         An exclusive holder that has yet to confirm a grant longer than its ttl: 'g<end of the lease, ms>'.
--
-- The lock key holds this marker until the last shared lease ends, so that SET NX fails for everyone. A shared lease
-- lasts through the millisecond of its end, as a key does: the marker and the last lease are gone for all calls alike.
local SHARED = '~shared'
-- At most one waiter more than this is admitted, or dropped because its place has ended, by one call: it must not keep the
-- server for long. '+' at the end of a reply: the line can move on further, by advance.lua or any other call.
local PORTION = 100
local more = ''
local KEEP_LONGER_MS = 3000
-- The owner of the first place, where it was read before anything else and nobody shares the name.
local head

-- Whether this is the value of another system: neither the marker nor an owner of ours.
local function is_foreign(holder)
  return holder and holder ~= SHARED and not string.match(holder, '~' .. string.rep('[0-9a-f]', 32) .. '$')
end

local function now_ms()
  local time = server_time()
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function text(number)
  return string.format('%.0f', number)
end

-- The places come first, here and in share() and line_up(), so that an error for their type comes before any write.
-- The line has been read before, so its type is known.
local function drop(owners)
  for first = 1, #owners, 1000 do
    local last = math.min(first + 999, #owners)
    redis.call('HDEL', KEYS[4], unpack(owners, first, last))
    redis.call('ZREM', KEYS[3], unpack(owners, first, last))
  end
end

-- Both keys live as long as the longest entry in them, or longer, so that not every new entry has to prolong them.
-- A new line lies beside no places but those of a holder that has yet to confirm.
local function keep_alive(ms, is_new)
  if not is_new and redis.call('PTTL', KEYS[3]) >= ms then return end
  redis.call('PEXPIRE', KEYS[3], text(ms + KEEP_LONGER_MS))
  if redis.call('PTTL', KEYS[4]) < ms + KEEP_LONGER_MS then
    redis.call('PEXPIRE', KEYS[4], text(ms + KEEP_LONGER_MS))
  end
end
