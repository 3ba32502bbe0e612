--[[
  Purpose: takes a key off the poison list and makes it due now.

  KEYS  1 progress hash   2 dirty set   3 poison set
  ARGV  1 member
  Returns 1, or 0 when it was not listed
]]
local progress, dirty, poison, member = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
if redis.call("ZREM", poison, member) == 0 then return 0 end
-- A key of the wrong type has no fields; the next claim says whether the operator has removed it.
alone(redis.call, "HDEL", progress, ":refused", ":claimed")
redis.call("ZADD", dirty, "XX", clock(), member)
return 1
