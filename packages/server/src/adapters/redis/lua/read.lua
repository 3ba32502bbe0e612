--[[
  Purpose: reads what students see of one key, together with the clock, in one round trip.

  One text is read by its receiver at a fifth of what two hundred short ones cost; JSON, because a field may hold anything.

  KEYS  1 progress hash
  ARGV  none
  Returns { now, JSON of [field, value, ...] }: positions, and of the bookkeeping the reset alone
]]
local now = clock()
local hash, shown = redis.call("HGETALL", KEYS[1]), {}
local colon = string.byte(":")
for i = 1, #hash, 2 do
  local field = hash[i]
  if string.byte(field) ~= colon or field == ":reset" then
    shown[#shown + 1] = field
    shown[#shown + 1] = hash[i + 1]
  end
end
-- An empty table is an empty object to cjson.
return { now, #shown > 0 and cjson.encode(shown) or "[]" }
