--[[
  Purpose: forgets everything of a student: the courses that are dirty, which this shard knows, and those given.

  KEYS  1 started set   2 dirty set   3 poison set
  ARGV  1 deadline, milliseconds by Redis' clock   2 prefix of the shard's progress hashes   3 user, then courses
        (the hashes are of the same hash tag as the keys, so they are on this node)
  Returns { now } when the deadline has passed and nothing was done, else { now, how many hashes there were }
]]
local now = clock()
-- Held up in the network it would forget what came after the erasure.
if now > tonumber(ARGV[1]) then return { now } end
local started, dirty, poison, prefix, user = KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[3]
local erased = 0

local function erase(course)
  local member = user .. ":" .. course
  erased = erased + redis.call("DEL", prefix .. member)
  redis.call("ZREM", dirty, member)
  redis.call("ZREM", poison, member)
end

for _, course in ipairs(redis.call("SMEMBERS", started)) do erase(course) end
for i = 4, #ARGV do erase(ARGV[i]) end
redis.call("DEL", started)
return { now, erased }
