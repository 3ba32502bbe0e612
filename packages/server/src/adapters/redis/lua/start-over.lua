--[[
  Purpose: forgets all positions of a course up to a new reset stamp and makes the key dirty, so that the store hears of it.

  KEYS  1 progress hash   2 dirty set   3 started set
  ARGV  1 deadline, milliseconds by Redis' clock   2 member   3 newest stamp in the store or ""
        4 milliseconds until it is due   5 milliseconds the reset lies ahead of now
  Returns { now } when the deadline has passed and nothing was done, else { now, reset stamp }
]]
local now, micros = clock()
-- Held up in the network it would forget what was watched since.
if now > tonumber(ARGV[1]) then return { now } end
local progress, dirty, started, member = KEYS[1], KEYS[2], KEYS[3], ARGV[2]

local kept = { ":book", ":claimed", ":attempts", ":refused" }
local values = redis.call("HMGET", progress, unpack(kept))
local version, since, newest, before = parse_book(values[1])
newest = newest_of(redis.call("HGETALL", progress), newest)

local reset = string.format("%013.0f", now + ARGV[5]) .. string.rep("0", 24)
for _, stamp in ipairs({ ARGV[3], newest or "", before or "" }) do
  if stamp > reset then reset = stamp end
end

local is_newly_dirty = redis.call("ZADD", dirty, "NX", now + ARGV[4], member) == 1
if is_newly_dirty then redis.call("SADD", started, string.match(member, "[^:]+$")) end

-- Everything but the bookkeeping goes, and the time to live with it. The reset is the newest stamp now.
redis.call("DEL", progress)
draw_by(micros)
local next = next_version(version, version_of(micros))
local dirty_since = not is_newly_dirty and since or string.format("%013.0f", now)
local fields = { ":book", format_book(next, dirty_since, reset, reset) }
for i = 2, #kept do
  if values[i] then
    fields[#fields + 1] = kept[i]
    fields[#fields + 1] = values[i]
  end
end
redis.call("HSET", progress, unpack(fields))
return { now, reset }
