--[[
  Purpose: marks a course as changing. The mark runs out by itself: whoever made it may die before the change is published.

  KEYS  1 course hash
  ARGV  1 mark   2 milliseconds it holds   3 milliseconds to live
  Returns the mark's field, for the publication
]]
local field = string.format("changing:%.0f:%s", clock() + ARGV[2], ARGV[1])
-- The cached course must not come back when the mark runs out; its version stays as the least that may be cached.
redis.call("HDEL", KEYS[1], "course")
redis.call("HSET", KEYS[1], field, "")
redis.call("PEXPIRE", KEYS[1], ARGV[3])
return field
