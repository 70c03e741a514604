-- Moves a line on, where another call has left the rest of it.
--
-- KEYS  lock, fence, line, places
-- ARGV  none
-- Reply 'd' done; 'd+': call again
-- Error WRONGTYPE when a key is of another type than ours
--@include fence.inc.lua
--@include beside.inc.lua
--@include shared.inc.lua
--@include line.inc.lua

local _, problem = grant_line(redis.call('GET', KEYS[1]), now_ms())
return problem or 'd' .. more
