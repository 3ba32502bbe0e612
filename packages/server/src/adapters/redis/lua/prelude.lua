--[[
  Purpose: what every script starts with; the loader (scripts.ts) puts it in front of each.
  Redis gives a script no other way to share a function, and the fixed forms below must be the same everywhere.
]]

local sub = string.sub

-- Redis' own clock. Lua's tostring keeps 14 digits, so whoever stores one of these formats it with %.0f.
local function clock()
  local time = redis.call("TIME")
  local micros = time[1] * 1000000 + time[2]
  return math.floor(micros / 1000), micros
end

-- A failed redis.call raises a table since Redis 7, a string before.
local function reason_of(failure)
  return type(failure) == "table" and failure.err or tostring(failure)
end

-- What stops every write alike: such a call fails as a whole, so that its caller knows that nothing is safe.
local stops_all = { "READONLY", "OOM ", "MISCONF", "NOREPLICAS", "MASTERDOWN", "cluster is down", "non local key" }

-- Runs work(...) so that a failure of this one entry (a key of the wrong type) fails it alone.
-- Returns true and the result, or false and the reason.
local function alone(work, ...)
  local ok, result = pcall(work, ...)
  if ok then return true, result end
  local reason = reason_of(result)
  for _, code in ipairs(stops_all) do
    if string.find(reason, code, 1, true) then error(result, 0) end
  end
  return false, reason
end

-- A progress hash has
--     <lecture>     the position that the store may not have: while there is one, the key is dirty and listed
--     ::<lecture>   the position that the store has been proven to have
--     :book         what saves and flushes need to know of the key, in fixed places; past 64 bytes, as after a start over,
--                   Redis gives a small hash three times the memory
--                      1..13   version, hex: raised by a start over, and by every claim that finds something unflushed
--                     14..26   since when the key is dirty, milliseconds; zeros while it is clean
--                     27..63   newest stamp that the careful way of save.lua has met, or of the last start over
--                     64..100  stamp of the last start over; missing if there was none
--     :claimed, :attempts, :refused
-- A position is "<stamp>|<seconds>": as strings, positions of different stamps compare as these do.
local stamp_width = 37
local clean, unclaimed = "0000000000000", "0000000000000"
local byte = string.byte
local bar, colon = byte("|"), byte(":")

local position_form = "^%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d[%da-f]+|"

-- Nothing of what is no position.
local function stamp_of(position)
  if position and byte(position, stamp_width + 1) == bar and string.find(position, position_form) then
    return sub(position, 1, stamp_width)
  end
end

local function is_bookkeeping(field)
  local first, second = byte(field, 1, 2)
  return first == colon and second ~= colon
end

-- Nothing of a key that has no book.
local function parse_book(book)
  if not book then return end
  local since, reset = sub(book, 14, 26), sub(book, 64)
  return sub(book, 1, 13), since ~= clean and since or nil, sub(book, 27, 63), reset ~= "" and reset or nil
end

local function format_book(version, since, newest, reset)
  return (version or unclaimed) .. (since or clean) .. newest .. (reset or "")
end

-- Stamps are digits and lower-case hex of one width: as strings they compare alike in every locale.
local function greater(one, other)
  if one and other then return one > other and one or other end
  return one or other
end

-- What somebody else wrote, and is no position, is nothing to flush.
local function is_unflushed(field, value)
  return byte(field) ~= colon and stamp_of(value) and tonumber(sub(value, stamp_width + 2)) ~= nil
end

-- The newest stamp of a course, of all the fields of its hash. The book alone does not know what came the short way.
local function newest_of(hash, newest)
  for i = 1, #hash, 2 do
    if not is_bookkeeping(hash[i]) then newest = greater(newest, stamp_of(hash[i + 1])) end
  end
  return newest
end

-- By the clock as well as by counting, the version also grows across expiry, erasure and a Redis that was emptied.
local function version_of(micros)
  return string.format("%013x", micros)
end

-- By a step drawn by lot: of two histories of a key, one of them lost with a Redis whose clock was behind, none comes to a
-- version that the other had.
local function version_after(version)
  return version_of(tonumber(version, 16) + math.random(65536))
end

-- Redis begins every script with the same chance.
local function draw_by(micros)
  math.randomseed(micros % 2147483648)
end

local function next_version(version, by_clock)
  if not version or version < by_clock then return by_clock end
  return version_after(version)
end
