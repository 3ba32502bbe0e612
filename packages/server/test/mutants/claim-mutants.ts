import type { Mutant } from "./mutant.ts";

const model = "model/flush-model-redis.test.ts";
const contract = "adapters/redis.test.ts";

/** How Redis' side of a flush can be broken: what is claimed, and what is acknowledged. */
export const claimMutants: readonly Mutant[] = [
  {
    name: "acknowledges what was saved since the claim",
    file: "adapters/redis/lua/acknowledge.lua",
    text: "if unflushed and unflushed <= stamp then",
    instead: "if unflushed then",
    tests: [model],
  },
  {
    name: "leaves what is flushed among what is not",
    file: "adapters/redis/lua/acknowledge.lua",
    text: 'if #moved > 0 then redis.call("HDEL", progress, unpack(moved)) end',
    instead: "",
    tests: [contract],
  },
  {
    name: "acknowledges a start over that came after the claim",
    file: "adapters/redis/lua/start-over.lua",
    text: "local next = next_version(version, version_of(micros))",
    instead: "local next = version",
    tests: [contract],
    only: "starting over",
  },
  {
    name: "acknowledges what was claimed anew since, and another key by the same name",
    file: "adapters/redis/lua/acknowledge.lua",
    text: "local is_last = version == claim.version",
    instead: "local is_last = true",
    tests: ["adapters/redis-claims.test.ts"],
  },
  {
    name: "waits for fields that are no positions to be flushed",
    file: "adapters/redis/lua/acknowledge.lua",
    text: "if is_unflushed(field, value) then return true end",
    instead: "if byte(field) ~= colon then return true end",
    tests: ["adapters/redis-claims.test.ts"],
  },
  {
    name: "acknowledges whoever holds the lease, as if it made the claim current",
    file: "adapters/redis/lua/acknowledge.lua",
    text: "if not is_last or has_unflushed(fields) then",
    instead: 'if fields[":claimed"] ~= claim.claimed_at then',
    tests: [model],
  },
  {
    name: "lets a late acknowledgement end another flusher's lease",
    file: "adapters/redis/lua/acknowledge.lua",
    text: 'if fields[":claimed"] == claimed_at then',
    instead: "if true then",
    tests: ["adapters/redis-leases.test.ts"],
  },
  {
    name: "keeps clean keys for ever",
    file: "adapters/redis/lua/acknowledge.lua",
    text: 'redis.call("PEXPIRE", progress, claim.ttl_ms)',
    instead: "",
    tests: [model],
  },
  {
    name: "leaves clean courses among the started",
    file: "adapters/redis/lua/acknowledge.lua",
    text: 'redis.call("SREM", started, string.match(member, "[^:]+$"))',
    instead: "",
    tests: [model],
  },
  {
    name: "tells a player that the store has what came after the claim",
    file: "adapters/redis/lua/acknowledge.lua",
    text: "news[#news + 1] = position",
    instead: "news[#news + 1] = fields[lecture] or position",
    // The model meets it in most runs, not in all.
    tests: [contract],
    only: "telling sessions",
  },
  {
    name: "takes keys off the list before they are written",
    file: "adapters/redis/lua/claim.lua",
    text: 'redis.call("ZADD", dirty, "XX", lease_ends_at, member)',
    instead: 'redis.call("ZREM", dirty, member)',
    tests: [model],
  },
  {
    name: "forgets all claimed keys at once when the next claim comes",
    file: "adapters/redis/lua/claim.lua",
    text: "local now, micros = clock()",
    instead:
      'local now, micros = clock()\nfor i = 1, #KEYS, 2 do redis.call("ZREMRANGEBYSCORE", KEYS[i], now, now + ARGV[2]) end',
    tests: [contract],
  },
  {
    name: "counts versions from one again after a key was gone",
    file: "adapters/redis/lua/prelude.lua",
    text: "if not version or version < by_clock then return by_clock end",
    instead: "if not version or version == unclaimed then return version_of(1) end",
    tests: ["adapters/redis-claims.test.ts"],
  },
  {
    name: "gives no new version while the clock is behind the last one",
    file: "adapters/redis/lua/prelude.lua",
    text: "return version_after(version)",
    instead: "return version",
    tests: ["adapters/redis-claims.test.ts"],
  },
  {
    name: "gives what is flushed again another version",
    file: "adapters/redis/lua/claim.lua",
    text: "if book and has_unflushed(hash) then",
    instead: "if book then",
    tests: ["adapters/redis-claims.test.ts"],
  },
  {
    name: "gives what it claims the version of the claim before",
    file: "adapters/redis/lua/claim.lua",
    text: "version = next_version(version, version_by_clock)",
    instead: "version = version == unclaimed and version_by_clock or version",
    tests: [model],
  },
  {
    name: "writes bookkeeping to keys that are gone",
    file: "adapters/redis/lua/postpone.lua",
    text: 'if not book or not redis.call("ZSCORE", dirty, member) then return 0 end',
    instead: "",
    tests: [contract, model],
  },
];
