-- The next fence of a name: max(last + 1, server time in microseconds).
-- Strictly increasing while the stored value or the server's clock survives; the stored value is kept for
-- a day, so that no key outlives its use for good. Concatenation instead of arithmetic on the usual path:
-- formatting a number costs more than everything else here.
local FENCE_KEEP_MS = '86400000'
-- At the end of a stored fence while somebody waits for the name, so that uncontended.lua, which does not read the line,
-- leaves the name to the waiters. Only a hint: without it a waiter may be overtaken until a waiter in line asks again.
local MARK = '!'

-- The server's time, read once.
local time
local function server_time()
  time = time or redis.call('TIME')
  return time
end

-- Reserves `count` consecutive fences and answers the first, or an error, having written nothing then.
-- `holder_first`: the first fence of a holder who reserves more, which a repeated acquire still answers.
-- `waited_for`: whether somebody waits for the name from now on.
local function reserve(key, count, holder_first, waited_for)
  local read = time or redis.pcall('TIME')
  if read.err then return read end
  time = read
  local mark = waited_for and MARK or ''
  local now = time[1] .. string.sub('00000' .. time[2], -6)
  local usual = count == '1' and not holder_first
  local last
  if usual then
    last = redis.pcall('SET', key, now .. mark, 'PX', FENCE_KEEP_MS, 'GET')
  else
    last = redis.pcall('GET', key)
  end
  if type(last) == 'table' then return last end
  local stored = tonumber(string.match(last or '', '^%d+') or '0')
  if usual and stored < tonumber(now) then return now end
  -- The server's clock was set back, or two grants fall into one microsecond, or several are asked for.
  local first = math.max(stored + 1, tonumber(now))
  if first + count > 9007199254740991 then
    redis.call('SET', key, last, 'PX', FENCE_KEEP_MS)
    return redis.error_reply('ERR holdfast: the fences of this name are used up')
  end
  local text = string.format('%.0f', first)
  local value = string.format('%.0f', first + count - 1)
  if holder_first then
    value = value .. ' ' .. holder_first
  elseif count ~= '1' then
    value = value .. ' ' .. text
  end
  redis.call('SET', key, value .. mark, 'PX', FENCE_KEEP_MS)
  return text
end

-- The first fence of the present holder, from what is stored: 'last' or 'last first', and the mark.
local function fence_of(stored)
  return string.match(stored, ' (%d+)!*$') or string.match(stored, '^%d+') or ''
end
