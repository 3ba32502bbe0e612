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

-- The book of a progress hash, its field `:book`: all that every save reads and writes besides the position, in one field
-- of fixed places. Without a reset it has 63 bytes; past 64, Redis would give a small hash three times the memory.
--     1..13   version, hex: raised by every change
--    14..26   since when the key is dirty, milliseconds; zeros while it is clean
--    27..63   newest stamp of the course: of a position, or of the last start over
--    64..100  stamp of the last start over; missing if there was none
local clean = "0000000000000"

-- Nothing of a key that has no book.
local function parse_book(book)
  if not book then return end
  local since, reset = sub(book, 14, 26), sub(book, 64)
  return sub(book, 1, 13), since ~= clean and since or nil, sub(book, 27, 63), reset ~= "" and reset or nil
end

local function format_book(version, since, newest, reset)
  return version .. (since or clean) .. newest .. (reset or "")
end

-- What becomes of the book by an ordinary save: one of a key that was never started over and is dirty since after the instant
-- given, and newer than all of it. Nothing if the save is another. A book begins with its version, which compares without
-- being taken out.
local function renewed_book(book, version, stamp, dirty_after)
  if not book or #book ~= 63 or book >= version or sub(book, 27) >= stamp then return end
  local since = sub(book, 14, 26)
  return since > dirty_after and version .. since .. stamp or nil
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
