-- Frees whatever is held under a name, whoever holds it, and lets the line move on.
--
-- KEYS  lock, fence, line, places
-- Reply 'e' something was held, 'n' nothing was
--@include fence.inc.lua
--@include line.inc.lua

local held = redis.call('DEL', KEYS[1]) == 1
drop_all_shared()
local _, problem = grant_line(false, now_ms())
if problem then return problem end
return held and 'e' or 'n'
