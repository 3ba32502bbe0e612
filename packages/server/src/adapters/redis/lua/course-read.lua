--[[
  Purpose: reads the cached course, unless it is changing (course-version.lua says how that is kept).

  KEYS  1 course hash
  ARGV  none
  Returns { version, JSON }, or nil when it is not cached or changing
]]
local now = clock()
for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
  local until_ms = string.match(field, "^changing:(%d+):")
  if until_ms and tonumber(until_ms) > now then return false end
end
local version, json = unpack(redis.call("HMGET", KEYS[1], "version", "course"))
return json and { version, json }
