--[[
  Purpose: takes many saves at once, each on its own.

  KEYS  of each save three: its progress hash, its shard's dirty set, its student's started set
  ARGV  1 deadline, milliseconds by Redis' clock
        2 "known" when only keys that are here already may be taken, else "any"
        then of each save five: member, lecture, seconds, stamp ("" = ordered by arrival), milliseconds until it is due

  Returns { now } when the deadline has passed and nothing was done, else { now, answer, ... } in order, an answer being
        { "stored" | "superseded", winning stamp, persisted stamp or "", reset or "" }
        { "ahead", "", "", reset or "" }   { "full" }   { "failed", reason }
]]
local now, micros = clock()
-- A call that was held up in the network must not come in as the newest: its caller has been told that it failed.
if now > tonumber(ARGV[1]) then return { now } end
local takes_new_keys = ARGV[2] ~= "known"

-- domain/stamp.ts has the same rules and says why.
local max_session_lead_ms = 5000
local max_n = 99999999
local no_session = "0000000000000000"

local function make_stamp(t, n)
  return string.format("%013.0f%08.0f", t, n) .. no_session
end

local function next_stamp(stamp)
  local t, n = tonumber(string.sub(stamp, 1, 13)), tonumber(string.sub(stamp, 14, 21))
  if n < max_n then return make_stamp(t, n + 1) end
  return make_stamp(t + 1, 0)
end

-- Stamps are digits and lower-case hex of one width: as strings they compare alike in every locale.
local function greater(one, other)
  if one and other then return one > other and one or other end
  return one or other
end

-- What a session may start from: the clock, but after the last reset, which a clock set back can leave in the future.
local function server_time(reset)
  return reset and math.max(now, tonumber(string.sub(reset, 1, 13)) + 1) or now
end

local function arrival_stamp(newest)
  local by_clock = make_stamp(now, 0)
  if newest and newest >= by_clock then return next_stamp(newest) end
  return by_clock
end

local function save(progress, dirty, started, member, lecture, seconds, given, due_in_ms)
  -- The first command reads the key, so a key of the wrong type fails before anything is written.
  local position, persisted, version, last, reset =
    unpack(redis.call("HMGET", progress, lecture, "::" .. lecture, ":v", ":last", ":reset"))
  local stored = position and string.sub(position, 1, 37)
  local stamp = given
  if given ~= "" then
    local lead_ms = tonumber(string.sub(given, 1, 13)) - server_time(reset)
    if lead_ms > max_session_lead_ms then return { "ahead", "", "", reset or "" } end
    local winner = greater(stored, reset)
    if winner and given <= winner then
      -- The stored stamp again is the same save repeated: it is in place, and nothing has to be flushed for it.
      return { given == stored and "stored" or "superseded", winner, persisted or "", reset or "" }
    end
  else
    stamp = arrival_stamp(greater(greater(stored, last), reset))
  end
  if not version and not takes_new_keys then return { "full" } end

  -- NX: a key that is dirty keeps its due date, so a steady stream of saves cannot postpone its own flush.
  local is_newly_dirty = redis.call("ZADD", dirty, "NX", now + due_in_ms, member) == 1
  if is_newly_dirty then redis.call("SADD", started, string.match(member, "[^:]+$")) end
  -- By the clock as well as by counting, the version also grows across expiry, erasure and a Redis that was emptied.
  local next_version = string.format("%.0f", math.max((tonumber(version) or 0) + 1, micros))
  local fields = { lecture, stamp .. "|" .. seconds, ":v", next_version }
  if not last or stamp > last then
    fields[#fields + 1] = ":last"
    fields[#fields + 1] = stamp
  end
  if is_newly_dirty or not version then
    fields[#fields + 1] = ":since"
    fields[#fields + 1] = now
  end
  redis.call("HSET", progress, unpack(fields))
  -- Only clean keys have a time to live.
  if is_newly_dirty then redis.call("PERSIST", progress) end
  return { "stored", stamp, persisted or "", reset or "" }
end

local reply = { now }
for i = 0, #KEYS / 3 - 1 do
  local k, a = i * 3, 2 + i * 5
  local ok, answer = alone(save, KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3],
    ARGV[a + 4], tonumber(ARGV[a + 5]))
  reply[#reply + 1] = ok and answer or { "failed", answer }
end
return reply
