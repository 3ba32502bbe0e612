import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Redis } from "ioredis";
import { redisIsMissing, RedisServer } from "./redis-server.ts";
import { bufferedPositions } from "./stored.ts";

describe("A look at the buffer", { skip: redisIsMissing() }, () => {
  const stack = new AsyncDisposableStack();
  let redis: Redis;

  before(async () => {
    redis = stack.use(await RedisServer.start()).client();
    const positions = { intro: "2|5", "::intro": "1|4", "::outro": "1|3" };
    await redis.hset("progress:{7}:anna:algebra", { ...positions, ":book": "some" });
    await redis.set("progress:{7}:ben:algebra", "in the way");
  });
  after(() => stack.disposeAsync());

  it("finds the positions, flushed or not, and passes over a key of the wrong type", async () => {
    const found = await bufferedPositions([redis]);
    assert.deepEqual(Object.fromEntries(found), {
      "anna algebra intro": { stamp: "2", seconds: 5 },
      "anna algebra outro": { stamp: "1", seconds: 3 },
    });
  });

  it("fails when a server names its keys and does not show them, as one that has just come back to its Cluster", async () => {
    await redis.acl("SETUSER", "default", "-hgetall");
    await assert.rejects(bufferedPositions([redis]), /NOPERM/);
  });
});
