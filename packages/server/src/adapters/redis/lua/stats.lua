--[[
  Purpose: counts keys and finds since when the longest dirty one is dirty, without walking through all of them.

  Due dates follow first saves within a fifth of the interval, so the oldest key is among the first due or on the poison
  list, which is ordered by age. With more keys in a shard than are looked at, the answer may be too young by that fifth
  and a lease; it never grows with the number of keys.

  KEYS  of each shard two: dirty set, poison set
  ARGV  1 how many keys to look at in each shard, then of each shard one: prefix of its progress hashes
  Returns { dirty keys, poison keys, instant or "" }
]]
local look_at, dirty_keys, poison_keys, oldest = tonumber(ARGV[1]), 0, 0, nil

local function consider(instant)
  if instant and (not oldest or tonumber(instant) < oldest) then oldest = tonumber(instant) end
end

for i = 0, #KEYS / 2 - 1 do
  local dirty, poison, prefix = KEYS[i * 2 + 1], KEYS[i * 2 + 2], ARGV[i + 2]
  dirty_keys = dirty_keys + redis.call("ZCARD", dirty)
  poison_keys = poison_keys + redis.call("ZCARD", poison)
  consider(redis.call("ZRANGE", poison, 0, 0, "WITHSCORES")[2])
  for _, member in ipairs(redis.call("ZRANGE", dirty, 0, look_at - 1)) do
    local ok, book = alone(redis.call, "HGET", prefix .. member, ":book")
    local _, since = parse_book(ok and book)
    consider(since)
  end
end
return { dirty_keys, poison_keys, oldest and string.format("%.0f", oldest) or "" }
