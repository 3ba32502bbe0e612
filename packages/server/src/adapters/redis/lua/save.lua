--[[
  Purpose: takes many saves at once, each on its own. Every save of every student runs this: it does nothing twice. What
  costs Lua most is each string that is new to it, and each name that is not local.

  KEYS  of each save its progress hash; in a Cluster then, so that a slot that moves takes them along, the dirty sets and
        started sets of all of them, which are found by the name of the hash
  ARGV  1 deadline, milliseconds by Redis' clock
        2 "known" when only keys that are here already may be taken, else "any"
        3 milliseconds of the flush interval
        then of each save two: lecture, and "seconds" (ordered by arrival) or "stamp|seconds" (ordered by its session)

  Returns { now } when the deadline has passed and nothing was done, else { now, answer, ... } in order, an answer being
        "stored|winning stamp|persisted stamp or nothing|floor or nothing", likewise "superseded|..."; no stamp means that
        of the save itself, or the clock's; what ends with nothing may be left out, and false is "stored" alone
        "ahead|||floor or nothing"   "full"   "failed|reason"
        What is persisted is looked at for saves of a session only.
]]
local call = redis.call
local now, micros = clock()
-- A call that was held up in the network must not come in as the newest: its caller has been told that it failed.
if now > tonumber(ARGV[1]) then return { now } end
local takes_new_keys, interval_ms = ARGV[2] ~= "known", tonumber(ARGV[3])

-- domain/stamp.ts has the same rules and says why.
local max_session_lead_ms = 5000
local max_n = 99999999
local no_session = "0000000000000000"
local stamp_width = 37

local function make_stamp(t, n)
  return string.format("%013.0f%08.0f", t, n) .. no_session
end

local function next_stamp(stamp)
  local t, n = tonumber(sub(stamp, 1, 13)), tonumber(sub(stamp, 14, 21))
  if n < max_n then return make_stamp(t, n + 1) end
  return make_stamp(t + 1, 0)
end

-- Stamps are digits and lower-case hex of one width: as strings they compare alike in every locale.
local function greater(one, other)
  if one and other then return one > other and one or other end
  return one or other
end

-- What a session may start from: the clock, but after the floor, which a clock set back can leave in the future.
local function server_time(floor)
  return floor and math.max(now, tonumber(sub(floor, 1, 13)) + 1) or now
end

-- Strings are compared, and taken apart only if they have to be.
local too_far_ahead = string.format("%013.0f", now + max_session_lead_ms + 1)

local function is_ahead(stamp, floor)
  if stamp < too_far_ahead then return false end
  return tonumber(sub(stamp, 1, 13)) - server_time(floor) > max_session_lead_ms
end

local now_text, stamp_by_clock = string.format("%013.0f", now), make_stamp(now, 0)

local function arrival_stamp(newest)
  if newest and newest >= stamp_by_clock then return next_stamp(newest) end
  return stamp_by_clock
end

local version_by_clock = version_of(micros)

local function next_version(version)
  if not version or version < version_by_clock then return version_by_clock end
  return version_after(version)
end

draw_by(micros)

-- The spread turns the spike of everybody's first save into an even load.
local function due_at()
  return string.format("%.0f", now + interval_ms * (0.9 + math.random() * 0.2))
end

-- A dirty key knows since when (the scripts that clean it take that away), so its listing needs no look. One that should
-- have been flushed twice by now is listed again all the same: whatever became of its listing, the next save mends it.
local unlisted_before = string.format("%013.0f", now - 2 * interval_ms)

local function list(progress)
  local shard, user, course = string.match(progress, "^progress:({%d+}):(.+):([^:]+)$")
  -- NX: a key that is dirty keeps its due date, so a steady stream of saves cannot postpone its own flush.
  call("ZADD", "dirty:" .. shard, "NX", due_at(), user .. ":" .. course)
  call("SADD", "started:" .. shard .. ":" .. user, course)
end

-- Asked only for a save that is not the newest of its course: "" if the lecture has no position.
local function stored_stamp(progress, lecture)
  return sub(call("HGET", progress, lecture) or "", 1, stamp_width)
end

-- Any save, whatever the book it finds.
local function save_carefully(progress, lecture, value, has_session, book, persisted)
  local version, since, newest, reset = parse_book(book)
  -- Only a clock that was set back leaves the newest stamp so far ahead: what is saved now must not lose to it until then.
  local floor = newest and is_ahead(newest, reset) and newest or reset
  local stamp
  if has_session then
    if is_ahead(value, floor) then return "ahead|||" .. (floor or "") end
    stamp = sub(value, 1, stamp_width)
    local stored = newest and stamp <= newest and stored_stamp(progress, lecture)
    local winner = stored and greater(stored, reset)
    if winner and stamp <= winner then
      -- The stored stamp again is the same save repeated: it is in place, and nothing has to be flushed for it.
      return (stamp == stored and "stored|" or "superseded|") .. winner .. "|" .. (persisted or "") .. "|" .. (floor or "")
    end
  else
    stamp = arrival_stamp(newest)
    value = stamp .. "|" .. value
  end
  if not book and not takes_new_keys then return "full" end

  local is_listed = since and since > unlisted_before
  if not is_listed then list(progress) end
  book = format_book(next_version(version), since or now_text, greater(stamp, newest), reset)
  -- The book first: so it is found first, however many lectures follow.
  call("HSET", progress, ":book", book, lecture, value)
  -- Only clean keys have a time to live.
  if not is_listed then call("PERSIST", progress) end
  return "stored|" .. stamp .. "|" .. (persisted or "") .. "|" .. (floor or "")
end

local function save(progress, lecture, value)
  local has_session, persisted, book = #value > stamp_width, false, nil
  -- The first command reads the key, so a key of the wrong type fails before anything is written.
  if has_session then
    local found = call("HMGET", progress, "::" .. lecture, ":book")
    persisted, book = found[1], found[2]
  else
    book = call("HGET", progress, ":book")
  end
  local stamp = has_session and sub(value, 1, stamp_width) or stamp_by_clock
  -- Nearly every save is newer than all that its book says, and needs no more looks: as it is not too far ahead, nothing older
  -- is, so there is no floor. The careful way would do the same for it.
  local renewed = stamp < too_far_ahead and renewed_book(book, version_by_clock, stamp, unlisted_before)
  if not renewed then return save_carefully(progress, lecture, value, has_session, book, persisted) end
  call("HSET", progress, ":book", renewed, lecture, has_session and value or stamp .. "|" .. value)
  -- A nil would be the end of the whole reply.
  return persisted and "stored||" .. persisted
end

-- One pcall for all of them, and another one only for those that come after a failure.
local keys, args, reply, done = KEYS, ARGV, { now }, 0
local saves = (#args - 3) / 2
local function save_the_rest()
  while done < saves do
    local a = done * 2 + 3
    reply[done + 2] = save(keys[done + 1], args[a + 1], args[a + 2])
    done = done + 1
  end
end
while done < saves do
  local ok, reason = alone(save_the_rest)
  if not ok then
    reply[done + 2] = "failed|" .. reason
    done = done + 1
  end
end
return reply
