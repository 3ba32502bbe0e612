import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Redis } from "ioredis";
import { dirtyCount, endWaiting, inconsistencies, makeAllDirty } from "./redis-invariants.ts";
import { redisIsMissing, RedisServer } from "./redis-server.ts";

const key = "progress:{7}:anna:algebra";
const stamp = "0".repeat(37);
const dirtyBook = `${"1".repeat(13)}${"1".repeat(13)}${stamp}`;
const cleanBook = `${"1".repeat(13)}${"0".repeat(13)}${stamp}`;

describe("The check of Redis' keys", { skip: redisIsMissing() }, () => {
  const stack = new AsyncDisposableStack();
  let redis: Redis;

  before(async () => {
    redis = stack.use(await RedisServer.start()).client();
  });
  /** One dirty key as it ought to be. */
  beforeEach(async () => {
    await redis.flushall();
    await redis.hset(key, { intro: "stamp|5", ":book": dirtyBook });
    await redis.zadd("dirty:{7}", 1, "anna:algebra");
    await redis.sadd("started:{7}:anna", "algebra");
  });
  after(() => stack.disposeAsync());

  it("finds nothing wrong with a dirty key, nor with a clean one", async () => {
    assert.deepEqual(await inconsistencies([redis]), []);
    await redis.zrem("dirty:{7}", "anna:algebra");
    await redis.srem("started:{7}:anna", "algebra");
    await redis.hset(key, { "::intro": "stamp|5", ":book": cleanBook });
    await redis.hdel(key, "intro");
    await redis.pexpire(key, 60_000);
    assert.deepEqual(await inconsistencies([redis]), []);
  });

  const spoilt: Record<string, [spoil: () => Promise<unknown>, complaint: RegExp]> = {
    "a dirty key that will run out": [() => redis.pexpire(key, 60_000), /member true started true kept false/],
    "a dirty key that is not listed as started": [() => redis.del("started:{7}:anna"), /started false kept true/],
    "a key that nobody will flush, nor forget": [
      () => redis.zrem("dirty:{7}", "anna:algebra"),
      /member false started true/,
    ],
    "a dirty key that is missing": [() => redis.del(key), /is dirty and missing/],
    "a dirty key that does not know since when": [() => redis.hset(key, ":book", cleanBook), /member true since false/],
    "a clean key with a position that is not flushed": [
      () => redis.hset("progress:{7}:ben:algebra", { intro: "stamp|5", ":book": cleanBook }),
      /intro is not flushed and nobody looks at it/,
    ],
    "a started course that is not dirty": [() => redis.sadd("started:{7}:anna", "biology"), /biology is not dirty/],
    "a poison key that is not dirty": [() => redis.zadd("poison:{7}", 1, "ben:algebra"), /ben:algebra is not dirty/],
    "a key of the wrong type that nobody looks at": [
      () => redis.set("progress:{7}:ben:algebra", "in the way"),
      /of the wrong type and nobody looks at it/,
    ],
  };
  for (const [title, [spoil, complaint]] of Object.entries(spoilt)) {
    it(`notices ${title}`, async () => {
      await spoil();
      assert.match((await inconsistencies([redis])).join("\n"), complaint);
    });
  }

  it("makes dirty keys due, or all keys dirty, and leaves them as they ought to be", async () => {
    await redis.hset("progress:{7}:anna:biology", { "::intro": "stamp|5", ":book": cleanBook });
    await redis.pexpire("progress:{7}:anna:biology", 60_000);
    assert.equal(await endWaiting([redis]), 1);
    assert.deepEqual([await redis.zscore("dirty:{7}", "anna:algebra"), await dirtyCount([redis])], ["0", 1]);
    assert.equal(await makeAllDirty([redis]), 2);
    assert.equal(await dirtyCount([redis]), 2);
    assert.deepEqual(await inconsistencies([redis]), []);
  });
});
