import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { keyFilter } from "../../src/adapters/mongodb/progress-document.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { BothSidesReader } from "../../src/application/both-sides.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { joinPositions } from "../../src/domain/position.ts";
import type { PositionBuffer } from "../../src/ports/position-buffer.ts";
import { lecture, someUser } from "../support/ids.ts";
import { sharedMongodb, someKey, writeOf } from "../support/mongodb-fixture.ts";
import { storesAreMissing } from "../support/production.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { RedisServer } from "../support/redis-server.ts";

describe("What Redis and MongoDB know, joined,", { skip: storesAreMissing() }, () => {
  const stack = new AsyncDisposableStack();
  const mongodb = sharedMongodb();
  let redis: RedisFixture;
  let key: ProgressKey;

  before(async () => {
    redis = stack.use(await RedisFixture.connect(stack.use(await RedisServer.start())));
  });
  after(() => stack.disposeAsync());
  beforeEach(() => (key = someKey()));

  async function save(at: string, seconds: number): Promise<void> {
    const [outcome] = await redis.buffer.save([{ key, lectureId: lecture(at), seconds }]);
    assert.equal(outcome?.status, "stored");
  }

  async function flush(): Promise<void> {
    const all = await redis.buffer.claim(10, 60_000, { all: true });
    const claims = all.filter((claim) => claim.key.userId === key.userId);
    assert.deepEqual(await mongodb.fixture.flush(claims), ["written"]);
    assert.deepEqual(await redis.buffer.acknowledge(claims), ["clean"]);
  }

  /** @param reads counted: how often Redis was asked for everything */
  async function read(reads: { ofAll: number } = { ofAll: 0 }): Promise<Record<string, number>> {
    const buffer: Partial<PositionBuffer> = {
      readUnflushed: (keys) => redis.buffer.readUnflushed(keys),
      readEach: (keys) => (reads.ofAll++, redis.buffer.readEach(keys)),
    };
    const deps = { buffer: buffer as PositionBuffer, store: mongodb.fixture.store, clock: systemClock };
    const { positions } = joinPositions(...(await new BothSidesReader(deps).read(key)));
    return Object.fromEntries([...positions].map(([id, { seconds }]) => [id, seconds]));
  }

  it("are whole where everything is flushed, and Redis is asked for nothing but that", async () => {
    await save("a", 1);
    await save("b", 2);
    await flush();
    const reads = { ofAll: 0 };
    assert.deepEqual(await read(reads), { a: 1, b: 2 });
    assert.equal(reads.ofAll, 0);
    const [unflushed] = await Promise.all(redis.buffer.readUnflushed([key]));
    assert.equal(unflushed?.positions.size, 0);
  });

  it("are whole where nothing, or not everything, is flushed", async () => {
    assert.deepEqual(await read(), {});
    await save("a", 1);
    assert.deepEqual(await read(), { a: 1 });
    await flush();
    await save("a", 9);
    await save("b", 2);
    assert.deepEqual(await read(), { a: 9, b: 2 });
  });

  it("are as new as the last flush, though MongoDB answers as it was before", async () => {
    await save("a", 1);
    await flush();
    const { progress } = mongodb.fixture.collections;
    const old = await progress.findOne(keyFilter(key));
    await save("a", 9);
    await save("b", 2);
    await flush();
    for (const answer of [old, { ...keyFilter(key) }]) {
      await progress.deleteOne(keyFilter(key));
      if (answer !== null) await progress.insertOne(answer);
      const reads = { ofAll: 0 };
      assert.deepEqual(await read(reads), { a: 9, b: 2 });
      assert.equal(reads.ofAll, 1);
    }
    await progress.deleteOne(keyFilter(key));
    assert.deepEqual(await read(), { a: 9, b: 2 });
  });

  it("are as new as MongoDB, though Redis was rolled back to before a flush", async () => {
    await save("a", 1);
    await flush();
    const claims = [{ ...writeOf(key, { a: 9, b: 2 }, Date.now() + 1_000), version: "fffffffffffff" }];
    assert.deepEqual(await mongodb.fixture.flush(claims), ["written"]);
    assert.deepEqual(await read(), { a: 9, b: 2 });
  });

  it("forget what was before a start over, flushed or not", async () => {
    await save("a", 1);
    await flush();
    await redis.buffer.startOver(key, null);
    assert.deepEqual(await read(), {});
    await flush();
    assert.deepEqual(await read(), {});
  });

  it("share a second question where MongoDB is behind for many", async () => {
    const keys = Array.from({ length: 20 }, () => ({ ...key, userId: someUser() }));
    await redis.buffer.save(keys.map((each) => ({ key: each, lectureId: lecture("a"), seconds: 1 })));
    await redis.buffer.acknowledge(await redis.buffer.claim(50, 60_000, { all: true }));
    const reader = new BothSidesReader({ buffer: redis.buffer, store: mongodb.fixture.store, clock: systemClock });
    const commands = await mongodb.fixture.commandsOf(async () => {
      const both = await Promise.all(keys.map((each) => reader.read(each)));
      for (const [{ positions }] of both) assert.equal(positions.get(lecture("a"))?.seconds, 1);
    });
    assert.deepEqual(commands, ["find", "find"]);
  });
});
