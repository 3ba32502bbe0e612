--[[
  Purpose: caches a course as its change left it and takes that change's mark away.

  KEYS  1 course hash
  ARGV  1 version   2 JSON   3 milliseconds to live   4 the mark's field or ""
  Returns 1, or 0 when a newer version was cached meanwhile
]]
local course, version = KEYS[1], ARGV[1]
if ARGV[4] ~= "" then redis.call("HDEL", course, ARGV[4]) end
local cached = redis.call("HGET", course, "version")
if cached and tonumber(cached) > tonumber(version) then return 0 end
-- Other changes may be under way: their marks stay, and hide this course until they are published.
redis.call("HSET", course, "version", version, "course", ARGV[2])
redis.call("PEXPIRE", course, ARGV[3])
return 1
