--[[
  Purpose: says until when a course that is read from the store from now on may be cached: as long as the mark of a change
  that begins from now on holds. Until then course-put.lua sees that mark, or the version that was published in its place.

  KEYS  1 course hash
  ARGV  1 milliseconds that a mark holds
  Returns the deadline, or nil while the course is changing: what is read now may be cached by nobody
]]
local now = clock()
for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
  local until_ms = string.match(field, "^changing:(%d+):")
  if until_ms and tonumber(until_ms) > now then return false end
end
return string.format("%.0f", now + ARGV[1])
