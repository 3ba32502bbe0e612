--[[
  Purpose: leases dirty keys to one flusher and reads them.

  A leased member's score is when its lease ends, an unleased one's when it is due. What tells them apart is the field
  `:claimed` in the hash, the instant of the claim: it also says whose lease it is, so that a flusher that comes back too
  late does not end another's.

  KEYS  of each shard two: dirty set, poison set
  ARGV  1 how many at most   2 milliseconds of the lease   3 "all" (every dirty key without a lease) or "due"
        4 milliseconds that no due date lies ahead of now
        then of each shard two: prefix of its progress hashes, prefix of its started sets
        (hashes are named in the dirty set; they are of the same hash tag, so they are on this node)

  Returns { now, claims, missing members, broken members }
        claim = { member, version, reset or "", attempts, { field, value, ... } }, broken = { member, reason }
]]
local now, micros = clock()
local limit, lease_ms, is_all = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == "all"
local too_far_ahead = string.format("(%.0f", now + ARGV[4])
local lease_ends_at = string.format("%.0f", now + lease_ms)

-- Keys with very many lectures end a claim early: one script must not hold up every save.
local max_values = 40000
local broken_retry_ms = 3600000
local page = 200

local claims, missing, broken, values = {}, {}, {}, 0

local function is_leased(progress, score)
  if tonumber(score) <= now then return false end
  local ok, claimed = pcall(redis.call, "HEXISTS", progress, ":claimed")
  return ok and claimed == 1
end

local function unleased(dirty, prefix, wanted)
  local found, offset = {}, 0
  repeat
    local scored = redis.call("ZRANGE", dirty, offset, offset + page - 1, "WITHSCORES")
    for i = 1, #scored, 2 do
      if #found < wanted and not is_leased(prefix .. scored[i], scored[i + 1]) then found[#found + 1] = scored[i] end
    end
    offset = offset + page
  until #found >= wanted or #scored < page * 2
  return found
end

local function candidates(dirty, prefix)
  local wanted = limit - #claims
  if is_all then return unleased(dirty, prefix, wanted) end
  local due = redis.call("ZRANGEBYSCORE", dirty, "-inf", now, "LIMIT", 0, wanted)
  if #due == wanted then return due end
  -- Listed by a clock that has been set back since: until it is as late again they would wait.
  for _, member in ipairs(redis.call("ZRANGEBYSCORE", dirty, too_far_ahead, "+inf", "LIMIT", 0, wanted - #due)) do
    due[#due + 1] = member
  end
  return due
end

local function drop(dirty, poison, started_prefix, member)
  redis.call("ZREM", dirty, member)
  redis.call("ZREM", poison, member)
  local user, course = string.match(member, "^(.*):([^:]+)$")
  redis.call("SREM", started_prefix .. user, course)
  missing[#missing + 1] = member
end

-- Nothing but an operator can heal a key of the wrong type: it is listed, and out of the way for a while.
local function set_aside(dirty, poison, member, reason)
  redis.call("ZADD", dirty, "XX", string.format("%.0f", now + broken_retry_ms), member)
  redis.call("ZADD", poison, now, member)
  broken[#broken + 1] = { member, reason }
end

local version_by_clock = version_of(micros)
draw_by(micros)

local function has_unflushed(hash)
  for i = 1, #hash, 2 do
    if is_unflushed(hash[i], hash[i + 1]) then return true end
  end
  return false
end

local function claim(dirty, poison, prefix, started_prefix, member)
  local progress = prefix .. member
  local ok, hash = alone(redis.call, "HGETALL", progress)
  if not ok then return set_aside(dirty, poison, member, hash) end
  if #hash == 0 then return drop(dirty, poison, started_prefix, member) end
  local book, attempts = unpack(redis.call("HMGET", progress, ":book", ":attempts"))
  local version, since, newest, reset = parse_book(book)
  redis.call("HSET", progress, ":claimed", now)
  -- A version names what is claimed with it. What was flushed with it before keeps it: to flush that again changes nothing.
  if book and has_unflushed(hash) then
    version = next_version(version, version_by_clock)
    redis.call("HSET", progress, ":book", format_book(version, since, newest, reset))
  end
  redis.call("ZADD", dirty, "XX", lease_ends_at, member)
  claims[#claims + 1] = { member, version or "", reset or "", attempts or "0", hash }
  values = values + #hash
end

for i = 0, #KEYS / 2 - 1 do
  local dirty, poison, prefix, started_prefix = KEYS[i * 2 + 1], KEYS[i * 2 + 2], ARGV[i * 2 + 5], ARGV[i * 2 + 6]
  if #claims >= limit or values >= max_values then break end
  for _, member in ipairs(candidates(dirty, prefix)) do
    if values >= max_values then break end
    claim(dirty, poison, prefix, started_prefix, member)
  end
end
return { now, claims, missing, broken }
