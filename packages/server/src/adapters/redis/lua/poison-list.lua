--[[
  Purpose: what the store refuses, for the operator; the longest waiting first.

  KEYS  of each shard one: poison set
  ARGV  1 how many at most, then of each shard one: prefix of its progress hashes
  Returns { { member, attempts, reason }, ... }
]]
local limit, listed = tonumber(ARGV[1]), {}
for i, poison in ipairs(KEYS) do
  if #listed >= limit then break end
  for _, member in ipairs(redis.call("ZRANGE", poison, 0, limit - #listed - 1)) do
    -- A key of the wrong type is listed for being that.
    local ok, known = alone(redis.call, "HMGET", ARGV[i + 1] .. member, ":attempts", ":refused")
    listed[#listed + 1] = { member, tonumber(ok and known[1] or 0), ok and (known[2] or "") or known }
  end
end
return listed
