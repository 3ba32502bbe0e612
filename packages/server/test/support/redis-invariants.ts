import type { Redis } from "ioredis";

/** Looks at all keys of a server in one moment, in which nothing else happens. */
const look = `
local wrong = {}
local function note(...) wrong[#wrong + 1] = table.concat({ ... }, " ") end
for _, name in ipairs(redis.call("KEYS", "progress:*")) do
  local shard, member = string.match(name, "^progress:({%d+}):(.*)$")
  local user, course = string.match(member, "^(.*):([^:]+)$")
  local due = redis.call("ZSCORE", "dirty:" .. shard, member)
  if redis.call("TYPE", name).ok ~= "hash" then
    if not due then note(name, "is of the wrong type and nobody looks at it") end
  else
    local is_member = due and true or false
    local is_started = redis.call("SISMEMBER", "started:" .. shard .. ":" .. user, course) == 1
    local is_kept = redis.call("PTTL", name) == -1
    if is_member ~= is_started or is_member ~= is_kept then
      note(name, "member", tostring(is_member), "started", tostring(is_started), "kept", tostring(is_kept))
    end
    local has_since = string.find(string.sub(redis.call("HGET", name, ":book") or "", 14, 26), "[1-9]") ~= nil
    if is_member ~= has_since then note(name, "member", tostring(is_member), "since", tostring(has_since)) end
    for _, field in ipairs(redis.call("HKEYS", name)) do
      if not is_member and not string.find(field, "^:") then note(name, field, "is not flushed and nobody looks at it") end
    end
  end
end
for _, name in ipairs(redis.call("KEYS", "dirty:*")) do
  for _, member in ipairs(redis.call("ZRANGE", name, 0, -1)) do
    local progress = string.gsub(name, "dirty", "progress") .. ":" .. member
    if redis.call("EXISTS", progress) == 0 then note(progress, "is dirty and missing") end
  end
end
for _, name in ipairs(redis.call("KEYS", "poison:*")) do
  for _, member in ipairs(redis.call("ZRANGE", name, 0, -1)) do
    if not redis.call("ZSCORE", (string.gsub(name, "poison", "dirty")), member) then note(name, member, "is not dirty") end
  end
end
for _, name in ipairs(redis.call("KEYS", "started:*")) do
  local shard, user = string.match(name, "^started:({%d+}):(.*)$")
  for _, course in ipairs(redis.call("SMEMBERS", name)) do
    if not redis.call("ZSCORE", "dirty:" .. shard, user .. ":" .. course) then note(name, course, "is not dirty") end
  end
end
return wrong`;

/** Every key that ought not to be as it is: dirty, since some instant, listed as started and without a time to live are one. */
export async function inconsistencies(masters: readonly Redis[]): Promise<string[]> {
  const found = await Promise.all(masters.map((master) => master.eval(look, 0) as Promise<string[]>));
  return found.flat();
}

const makeDue = `
local now, count = redis.call("TIME")[1], 0
for _, name in ipairs(redis.call("KEYS", "progress:*")) do
  local shard, member = string.match(name, "^progress:({%d+}):(.*)$")
  local is_dirty = redis.call("ZSCORE", "dirty:" .. shard, member)
  if is_dirty or (ARGV[1] == "all" and redis.call("TYPE", name).ok == "hash") then
    redis.call("ZADD", "dirty:" .. shard, 0, member)
    count = count + 1
  end
  if not is_dirty and ARGV[1] == "all" then
    local user, course = string.match(member, "^(.*):([^:]+)$")
    redis.call("SADD", "started:" .. shard .. ":" .. user, course)
    local book = redis.call("HGET", name, ":book")
    redis.call("HSET", name, ":book", string.sub(book, 1, 13) .. now .. "000" .. string.sub(book, 27))
    redis.call("PERSIST", name)
  end
end
return count`;

/** Makes every dirty key due: flush intervals and the leases of the dead are over. @returns how many there are */
export function endWaiting(masters: readonly Redis[]): Promise<number> {
  return sum(masters, "dirty");
}

/** Makes every key dirty and due, also those that the store has got. @returns how many there are */
export function makeAllDirty(masters: readonly Redis[]): Promise<number> {
  return sum(masters, "all");
}

async function sum(masters: readonly Redis[], which: "dirty" | "all"): Promise<number> {
  const counts = await Promise.all(masters.map((master) => master.eval(makeDue, 0, which) as Promise<number>));
  return counts.reduce((total, count) => total + count, 0);
}

/** How many keys are dirty. */
export async function dirtyCount(masters: readonly Redis[]): Promise<number> {
  const counts = await Promise.all(
    masters.map(async (master) => {
      const names = await master.keys("dirty:*");
      return Promise.all(names.map((name) => master.zcard(name)));
    }),
  );
  return counts.flat().reduce((total, count) => total + count, 0);
}
