--[[
  Purpose: says that the store has all that was claimed. What was saved in between keeps the key dirty.

  KEYS  of each claim four: progress hash, dirty set, started set, poison set
  ARGV  1 milliseconds of the flush interval
        then of each claim: member, version as claimed, instant of the claim, milliseconds to live once clean, number n
        of positions, and of each position two: lecture, position

  Returns { answer, ... } in order: "clean", "changed", "missing", or { reason } when the key is of the wrong type
]]
local interval_ms = tonumber(ARGV[1])

-- Lua unpacks a few thousand values at most; a course may have more lectures.
local positions_at_once = 500

local function fields_of(progress)
  local hash, fields = redis.call("HGETALL", progress), {}
  for i = 1, #hash, 2 do fields[hash[i]] = hash[i + 1] end
  return fields
end

-- Moves the positions of ARGV to those that the store has, which never go back, unless a newer one has been stored since. A
-- lecture that a start over forgot is left out.
local function move_flushed(progress, fields, first, last)
  for from = first, last, positions_at_once * 2 do
    local moved, news = {}, {}
    for a = from, math.min(from + positions_at_once * 2 - 1, last), 2 do
      local lecture, position, stamp = ARGV[a], ARGV[a + 1], stamp_of(ARGV[a + 1])
      local unflushed, flushed = stamp_of(fields[lecture]), stamp_of(fields["::" .. lecture])
      if flushed and flushed < stamp or unflushed and not flushed then
        news[#news + 1] = "::" .. lecture
        news[#news + 1] = position
      end
      if unflushed and unflushed <= stamp then
        moved[#moved + 1] = lecture
        fields[lecture] = nil
      end
    end
    if #news > 0 then redis.call("HSET", progress, unpack(news)) end
    if #moved > 0 then redis.call("HDEL", progress, unpack(moved)) end
  end
end

local function has_unflushed(fields)
  for field, value in pairs(fields) do
    if is_unflushed(field, value) then return true end
  end
  return false
end

local function leave(dirty, started, poison, member)
  redis.call("ZREM", dirty, member)
  redis.call("ZREM", poison, member)
  redis.call("SREM", started, string.match(member, "[^:]+$"))
end

-- The store takes this key, whatever it said before; what was saved since is flushed with the next interval.
local function keep_dirty(progress, dirty, poison, member, fields, claimed_at)
  local version, since, newest, reset = parse_book(fields[":book"])
  redis.call("HDEL", progress, ":attempts", ":refused")
  redis.call("ZREM", poison, member)
  if not since or since < claimed_at then
    redis.call("HSET", progress, ":book", format_book(version, claimed_at, newest, reset))
  end
  -- Whoever comes after the end of their lease does not end the next one's.
  if fields[":claimed"] == claimed_at then
    redis.call("HDEL", progress, ":claimed")
    redis.call("ZADD", dirty, "XX", string.format("%.0f", claimed_at + interval_ms), member)
  end
end

local function acknowledge(progress, dirty, started, poison, claim, first, last)
  local fields = fields_of(progress)
  local version, _, newest, reset = parse_book(fields[":book"])
  if not version then
    leave(dirty, started, poison, claim.member)
    return "missing"
  end
  -- Another flusher has acknowledged it.
  if not redis.call("ZSCORE", dirty, claim.member) then return "clean" end
  -- Else it was started over, or claimed anew, or is another key by the same name: this claim is not all that its version
  -- stands for.
  local is_last = version == claim.version
  if is_last then move_flushed(progress, fields, first, last) end
  if not is_last or has_unflushed(fields) then
    keep_dirty(progress, dirty, poison, claim.member, fields, claim.claimed_at)
    return "changed"
  end
  leave(dirty, started, poison, claim.member)
  redis.call("HSET", progress, ":book", format_book(version, nil, newest, reset))
  redis.call("HDEL", progress, ":claimed", ":attempts", ":refused")
  redis.call("PEXPIRE", progress, claim.ttl_ms)
  return "clean"
end

local answers, a = {}, 2
for k = 1, #KEYS, 4 do
  local claim = { member = ARGV[a], version = ARGV[a + 1], claimed_at = ARGV[a + 2], ttl_ms = ARGV[a + 3] }
  local first, last = a + 5, a + 4 + tonumber(ARGV[a + 4]) * 2
  local ok, answer = alone(acknowledge, KEYS[k], KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], claim, first, last)
  answers[#answers + 1] = ok and answer or { answer }
  a = last + 1
end
return answers
