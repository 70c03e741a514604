-- Tells what is held under a name. Changes nothing.
--
-- KEYS  lock, fence, line
-- Reply 'n' when nothing is held, else
--       { 'o<value>', 'p<ms left>' (empty: never expires), 'f<fence>' (empty: none), 'w<claims waiting>' }
-- Error WRONGTYPE when the key holds something else than a string.

local holder = redis.call('GET', KEYS[1])
if not holder then return 'n' end
local left = redis.call('PTTL', KEYS[1])
local stored = redis.call('GET', KEYS[2]) or ''
local fence = string.match(stored, ' (%d+)$') or string.match(stored, '^%d+') or ''
return { 'o' .. holder, 'p' .. (left < 0 and '' or left), 'f' .. fence, 'w' .. redis.call('ZCARD', KEYS[3]) }
