--[[
  Purpose: gives leases back unused; the keys are due at once.

  KEYS  of each claim two: progress hash, dirty set
  ARGV  of each claim two: member, instant of the claim
  Returns how many leases were still there
]]
local now = clock()

local function release(progress, dirty, member, claimed_at)
  if redis.call("HGET", progress, ":claimed") ~= claimed_at then return 0 end
  redis.call("HDEL", progress, ":claimed")
  redis.call("ZADD", dirty, "XX", now, member)
  return 1
end

local released = 0
for i = 1, #KEYS, 2 do
  local ok, count = alone(release, KEYS[i], KEYS[i + 1], ARGV[i], ARGV[i + 1])
  if ok then released = released + count end
end
return released
