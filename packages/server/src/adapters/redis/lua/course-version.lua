--[[
  Purpose: says which versions of courses are cached, or that they are changing.

  A cached course is a hash: `version`, `course` (JSON) and, for every change under way, a field `changing:<until>:<mark>`.
  Each change has its own mark, so that the end of one does not hide another. A version without a course is the least that
  may be cached: an announced change takes the course away, never the version.

  KEYS  course hashes
  ARGV  none
  Returns { answer, ... } in order: the version, "changing", or nil when nothing is cached, or something that is no course
]]
local now = clock()

local function version_of_course(course)
  local has_course = false
  -- Names only: the course itself may be large.
  for _, field in ipairs(redis.call("HKEYS", course)) do
    local until_ms = string.match(field, "^changing:(%d+):")
    if until_ms and tonumber(until_ms) > now then return "changing" end
    if field == "course" then has_course = true end
  end
  return has_course and redis.call("HGET", course, "version")
end

local answers = {}
for i, course in ipairs(KEYS) do
  local ok, version = alone(version_of_course, course)
  answers[i] = ok and version
end
return answers
