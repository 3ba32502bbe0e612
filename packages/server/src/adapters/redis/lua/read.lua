--[[
  Purpose: reads one key together with the clock, in one round trip.

  KEYS  1 progress hash
  ARGV  none
  Returns { now, { field, value, ... } }
]]
local now = clock()
return { now, redis.call("HGETALL", KEYS[1]) }
