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

local function make_stamp(t, n)
  return string.format("%013.0f%08.0f", t, n) .. no_session
end

local function next_stamp(stamp)
  local t, n = tonumber(sub(stamp, 1, 13)), tonumber(sub(stamp, 14, 21))
  if n < max_n then return make_stamp(t, n + 1) end
  return make_stamp(t + 1, 0)
end

-- What a session may start from: the clock, but after the floor, which a clock set back can leave in the future.
local function server_time(floor)
  return floor and math.max(now, tonumber(sub(floor, 1, 13)) + 1) or now
end

local function is_ahead(stamp, floor)
  return tonumber(sub(stamp, 1, 13)) - server_time(floor) > max_session_lead_ms
end

local stamp_by_clock, now_text = make_stamp(now, 0), string.format("%013.0f", now)
local by_clock = stamp_by_clock .. "|"

draw_by(micros)

-- The spread turns the spike of everybody's first save into an even load.
local function due_at()
  return string.format("%.0f", now + interval_ms * (0.9 + math.random() * 0.2))
end

-- A dirty key knows since when (the scripts that clean it take that away), so its listing needs no look. One that should
-- have been flushed twice by now is listed again all the same: whatever became of its listing, a save mends it.
local unlisted_before = string.format("%013.0f", now - 2 * interval_ms)

local function list(progress)
  local shard, user, course = string.match(progress, "^progress:({%d+}):(.+):([^:]+)$")
  -- NX: a key that is dirty keeps its due date, so a steady stream of saves cannot postpone its own flush.
  call("ZADD", "dirty:" .. shard, "NX", due_at(), user .. ":" .. course)
  call("SADD", "started:" .. shard .. ":" .. user, course)
end

-- Any save, whatever it finds; position is what it would store if nothing were newer.
local function save_carefully(progress, lecture, position, has_session)
  local found = call("HMGET", progress, ":book", lecture, "::" .. lecture)
  local book, persisted = found[1], stamp_of(found[3])
  local version, since, newest, reset = parse_book(book)
  local stored = greater(stamp_of(found[2]), persisted)
  newest = greater(newest, stored)
  -- Only a clock that was set back leaves the newest stamp so far ahead: what is saved now must not lose to it until then.
  local floor = newest and is_ahead(newest, reset) and newest or reset
  local told = has_session and persisted or ""
  local stamp = stamp_of(position)
  if has_session then
    if is_ahead(stamp, floor) then return "ahead|||" .. (floor or "") end
    local winner = greater(stored, reset)
    if winner and stamp <= winner then
      -- The stored stamp again is the same save repeated: it is in place, and nothing has to be flushed for it.
      return (stamp == stored and "stored|" or "superseded|") .. winner .. "|" .. told .. "|" .. (floor or "")
    end
  elseif newest and newest >= stamp then
    stamp = next_stamp(newest)
    position = stamp .. sub(position, stamp_width + 1)
  end
  if not book and not takes_new_keys then return "full" end

  local is_listed = since and since > unlisted_before
  if not is_listed then list(progress) end
  book = format_book(version, since or now_text, greater(stamp, newest), reset)
  -- The book first: so it is found first, however many lectures follow.
  call("HSET", progress, ":book", book, lecture, position)
  -- Only clean keys have a time to live.
  if not is_listed then call("PERSIST", progress) end
  return "stored|" .. stamp .. "|" .. told .. "|" .. (floor or "")
end

local keys, args, reply, done = KEYS, ARGV, { now }, 0
local saves = (#args - 3) / 2

-- One save of each full call, drawn by lot, is careful whatever it finds: so a listing that was lost is mended.
local drawn = math.random(100) - 1

-- Nearly every save finds an older position of its lecture that is not flushed either: so the key is dirty, listed and was not
-- started over since. As it is not ahead of the clock, all else that the careful way looks at is as it should be too.
local function save(progress, lecture, value)
  local position, unflushed, persisted, is_newer
  local has_session = #value > stamp_width
  -- The first command reads the key, so a key of the wrong type fails before anything is written.
  if has_session then
    local found = call("HMGET", progress, lecture, "::" .. lecture)
    position, unflushed, persisted = value, found[1], found[2]
    -- The same stamp again is the same save, whatever seconds it brings.
    local stamp = sub(value, 1, stamp_width)
    is_newer = unflushed and #unflushed > stamp_width and unflushed < stamp and stamp <= stamp_by_clock
  else
    position, unflushed = by_clock .. value, call("HGET", progress, lecture)
    is_newer = unflushed and #unflushed > stamp_width and unflushed < stamp_by_clock
  end
  if not is_newer or done == drawn then return save_carefully(progress, lecture, position, has_session) end
  call("HSET", progress, lecture, position)
  -- A nil would be the end of the whole reply.
  return persisted and "stored||" .. sub(persisted, 1, stamp_width) or false
end

-- One pcall for all of them, and another one only for those that come after a failure.
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
