--[[
  Purpose: says that the store has all that was claimed. Whoever saved in between keeps the key dirty.

  KEYS  of each claim four: progress hash, dirty set, started set, poison set
  ARGV  1 milliseconds of the flush interval
        then of each claim: member, version as claimed, instant of the claim, milliseconds to live once clean,
        number n of positions, and of each position two: lecture, stamp

  Returns { answer, ... } in order: "clean", "changed", "missing", or { reason } when the key is of the wrong type
]]
local interval_ms = tonumber(ARGV[1])

-- Lua unpacks a few thousand values at most; a course may have more lectures.
local positions_at_once = 500

-- Remembers the newest stamp that the store has of each lecture, which never goes back. A lecture that a start over
-- forgot is left out.
local function note_persisted(progress, first, last)
  for from = first, last, positions_at_once * 2 do
    local till = math.min(from + positions_at_once * 2 - 1, last)
    local names, news = {}, {}
    for a = from, till, 2 do
      names[#names + 1] = ARGV[a]
      names[#names + 1] = "::" .. ARGV[a]
    end
    local known = redis.call("HMGET", progress, unpack(names))
    for a = from, till, 2 do
      local place = a - from + 1
      if known[place] and (not known[place + 1] or known[place + 1] < ARGV[a + 1]) then
        news[#news + 1] = "::" .. ARGV[a]
        news[#news + 1] = ARGV[a + 1]
      end
    end
    if #news > 0 then redis.call("HSET", progress, unpack(news)) end
  end
end

-- Whether it was a member: a clean key was acknowledged by another flusher, with all that came in between.
local function leave(dirty, started, poison, member)
  if redis.call("ZREM", dirty, member) == 0 then return false end
  redis.call("ZREM", poison, member)
  redis.call("SREM", started, string.match(member, "[^:]+$"))
  return true
end

-- The store takes this key, whatever it said before; what was saved since is flushed with the next interval.
local function keep_dirty(progress, dirty, poison, member, claimed_at)
  local book, claimed = unpack(redis.call("HMGET", progress, ":book", ":claimed"))
  local version, since, newest, reset = parse_book(book)
  redis.call("HDEL", progress, ":attempts", ":refused")
  redis.call("ZREM", poison, member)
  if not since or since < claimed_at then
    redis.call("HSET", progress, ":book", format_book(version, claimed_at, newest, reset))
  end
  -- Whoever comes after the end of their lease does not end the next one's.
  if claimed == claimed_at then
    redis.call("HDEL", progress, ":claimed")
    redis.call("ZADD", dirty, "XX", string.format("%.0f", claimed_at + interval_ms), member)
  end
end

local function acknowledge(progress, dirty, started, poison, member, version, claimed_at, ttl_ms, first, last)
  local book = redis.call("HGET", progress, ":book")
  if not book then
    leave(dirty, started, poison, member)
    return "missing"
  end
  local current, _, newest, reset = parse_book(book)
  if current == version then
    if leave(dirty, started, poison, member) then
      note_persisted(progress, first, last)
      redis.call("HSET", progress, ":book", format_book(version, nil, newest, reset))
      redis.call("HDEL", progress, ":claimed", ":attempts", ":refused")
      redis.call("PEXPIRE", progress, ttl_ms)
    end
    return "clean"
  end
  if not redis.call("ZSCORE", dirty, member) then return "clean" end
  note_persisted(progress, first, last)
  keep_dirty(progress, dirty, poison, member, claimed_at)
  return "changed"
end

local answers, a = {}, 2
for k = 1, #KEYS, 4 do
  local last = a + 4 + tonumber(ARGV[a + 4]) * 2
  local ok, answer = alone(acknowledge, KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], ARGV[a], ARGV[a + 1], ARGV[a + 2],
    ARGV[a + 3], a + 5, last)
  answers[#answers + 1] = ok and answer or { answer }
  a = last + 1
end
return answers
