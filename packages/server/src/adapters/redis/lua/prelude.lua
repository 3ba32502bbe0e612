--[[
  Purpose: what every script starts with; the loader (scripts.ts) puts it in front of each.
  Redis gives a script no other way to share a function, and the fixed forms below must be the same everywhere.
]]

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
