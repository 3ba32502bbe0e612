--[[
  Purpose: says which version of a course is cached, or that it is changing.

  A cached course is a hash: `version`, `course` (JSON) and, for every change under way, a field `changing:<until>:<mark>`.
  Each change has its own mark, so that the end of one does not hide another. A version without a course is the least that
  may be cached: an announced change takes the course away, never the version.

  KEYS  1 course hash
  ARGV  none
  Returns the version, "changing", or nil when nothing is cached
]]
local now = clock()
local has_course = false
-- Names only: the course itself may be large.
for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
  local until_ms = string.match(field, "^changing:(%d+):")
  if until_ms and tonumber(until_ms) > now then return "changing" end
  if field == "course" then has_course = true end
end
return has_course and redis.call("HGET", KEYS[1], "version")
