-- Frees whatever is held under a name, whoever holds it, and lets the line move on.
--
-- KEYS  lock, fence, line, places
-- ARGV  name, channel for names taken by force
-- Reply 'e' something was held, 'n' nothing was; whatever is of another type beside it, for the name is free then
--@include fence.inc.lua
--@include line.inc.lua

local held = redis.call('DEL', KEYS[1]) == 1
-- Whoever held it had better ask whether it still does.
if held then redis.pcall('PUBLISH', ARGV[2], ARGV[1]) end
-- Shared leases have ended with the marker; this drops what is left of them.
move_on(false)
return held and 'e' or 'n'
