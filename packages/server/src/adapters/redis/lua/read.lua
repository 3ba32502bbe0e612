--[[
  Purpose: reads what students see of many keys, together with the clock, in one round trip.

  One text is read by its receiver at a fifth of what two hundred short ones cost; JSON, because a field may hold anything.

  KEYS  progress hashes
  ARGV  none
  Returns { answer, ... } in order: { now, reset or "", JSON of [lecture, position, ...] }, or { now, reason } when the key
        is of the wrong type
]]
local now = clock()
local colon = string.byte(":")

local function read(progress)
  local hash, shown, book = redis.call("HGETALL", progress), {}, nil
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
end

local answers = {}
for i, progress in ipairs(KEYS) do
  local ok, answer = alone(read, progress)
  answers[i] = ok and answer or { now, answer }
end
return answers
