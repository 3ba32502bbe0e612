--[[
  Purpose: lists a student's dirty courses, and when each was watched last, in one round trip.

  KEYS  1 the student's started set
  ARGV  1 what the student's progress hashes begin with; a course follows
  Returns { course, newest stamp of a position or "", newest reset or "", ... }
]]
local reply = {}
for _, course in ipairs(redis.call("SMEMBERS", KEYS[1])) do
  local progress = ARGV[1] .. course
  local ok, book = alone(redis.call, "HGET", progress, ":book")
  local _, _, newest, reset = parse_book(ok and book)
  reply[#reply + 1] = course
  reply[#reply + 1] = ok and newest_of(redis.call("HGETALL", progress), newest) or ""
  reply[#reply + 1] = reset or ""
end
return reply
