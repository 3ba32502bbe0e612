--[[
  Purpose: the store refuses a key: it stays dirty and readable, one more attempt is counted, it is due again later.

  KEYS  1 progress hash   2 dirty set   3 poison set
  ARGV  1 member   2 instant of the claim   3 milliseconds until it is due   4 reason to list it as poison, or ""
  Returns 1, or 0 when the key is not dirty and nothing was done
]]
local progress, dirty, poison = KEYS[1], KEYS[2], KEYS[3]
local member, claimed_at, retry_ms, reason = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local book, claimed = unpack(redis.call("HMGET", progress, ":book", ":claimed"))
-- Bookkeeping is for members only: written to a key that is gone it would be a key that never goes.
if not book or not redis.call("ZSCORE", dirty, member) then return 0 end

redis.call("HINCRBY", progress, ":attempts", 1)
if reason ~= "" then
  redis.call("HSET", progress, ":refused", reason)
  -- Listed by age: the oldest is where the flush lag comes from.
  local _, since = parse_book(book)
  redis.call("ZADD", poison, since or claimed_at, member)
end
if claimed == claimed_at then
  redis.call("HDEL", progress, ":claimed")
  redis.call("ZADD", dirty, "XX", string.format("%.0f", clock() + retry_ms), member)
end
return 1
