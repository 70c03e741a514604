-- Frees whatever is held under a name, whoever holds it, and lets the line move on.
--
-- KEYS  lock, fence, line, places
-- ARGV  name, channel for names taken by force
-- Reply 'e' something was held, 'n' nothing was
--@include fence.inc.lua
--@include line.inc.lua

local held = redis.call('DEL', KEYS[1]) == 1
drop_all_shared()
-- Whoever held it had better ask whether it still does.
if held then redis.pcall('PUBLISH', ARGV[2], ARGV[1]) end
local _, problem = grant_line(false, now_ms())
if problem then return problem end
return held and 'e' or 'n'
