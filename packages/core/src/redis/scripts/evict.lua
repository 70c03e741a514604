-- Frees a name, whatever holds it, and lets the line move on.
--
-- KEYS  lock, fence, line, places
-- ARGV  name, channel for names taken by force
-- Reply 'e' the name was held, 'n' it was not; '+' after it as in beside.inc.lua. A key beside the lock that is of another
--       type changes nothing of that: the name is free then.
--@include fence.inc.lua
--@include beside.inc.lua
--@include shared.inc.lua
--@include line.inc.lua

local held = redis.call('DEL', KEYS[1]) == 1
-- The former holder is to ask whether it still holds the name.
if held then redis.pcall('PUBLISH', ARGV[2], ARGV[1]) end
-- Shared leases have ended with the marker; this drops their entries.
move_on(false)
return (held and 'e' or 'n') .. more
