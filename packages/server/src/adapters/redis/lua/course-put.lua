--[[
  Purpose: caches a course that was read from the store, unless a newer one is cached or a change is announced: the reader
  may have read before the change. Past its deadline it caches nothing: a change may have come and its mark have gone.

  KEYS  1 course hash
  ARGV  1 version   2 JSON   3 milliseconds to live   4 deadline (course-load.lua)
  Returns 1, or 0 when it was not cached
]]
local now, course = clock(), KEYS[1]
if now >= tonumber(ARGV[4]) then return 0 end
for _, field in ipairs(redis.call("HKEYS", course)) do
  local until_ms = string.match(field, "^changing:(%d+):")
  if until_ms and tonumber(until_ms) > now then return 0 end
end
local cached = redis.call("HGET", course, "version")
if cached and tonumber(cached) > tonumber(ARGV[1]) then return 0 end
-- Marks that have run out go too.
redis.call("DEL", course)
redis.call("HSET", course, "version", ARGV[1], "course", ARGV[2])
redis.call("PEXPIRE", course, ARGV[3])
return 1
