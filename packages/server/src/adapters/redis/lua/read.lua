--[[
  Purpose: reads what students see of one key, together with the clock, in one round trip.

  One text is read by its receiver at a fifth of what two hundred short ones cost; JSON, because a field may hold anything.

  KEYS  1 progress hash
  ARGV  none
  Returns { now, reset or "", JSON of [lecture, position, ...] }
]]
local now = clock()
local hash, shown, book = redis.call("HGETALL", KEYS[1]), {}, nil
local colon = string.byte(":")
for i = 1, #hash, 2 do
  local field = hash[i]
  if field == ":book" then
    book = hash[i + 1]
  elseif string.byte(field) ~= colon then
    shown[#shown + 1] = field
    shown[#shown + 1] = hash[i + 1]
  end
end
local _, _, _, reset = parse_book(book)
-- An empty table is an empty object to cjson.
return { now, reset or "", #shown > 0 and cjson.encode(shown) or "[]" }
