import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { keyFilter } from "../../src/adapters/mongodb/progress-document.ts";
import { progressKey } from "../../src/adapters/redis/keys.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { BothSidesReader } from "../../src/application/both-sides.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { joinPositions } from "../../src/domain/position.ts";
import { makeStamp } from "../../src/domain/stamp.ts";
import type { Claim, PositionBuffer } from "../../src/ports/position-buffer.ts";
import { silent } from "../properties/workbench.ts";
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

  async function claims(): Promise<Claim[]> {
    const all = await redis.buffer.claim(10, 60_000, { all: true });
    return all.filter((claim) => claim.key.userId === key.userId);
  }

  async function acknowledge(claimed: readonly Claim[]): Promise<void> {
    assert.deepEqual(await redis.buffer.acknowledge(claimed), ["clean"]);
  }

  async function flush(): Promise<void> {
    const claimed = await claims();
    assert.deepEqual(await mongodb.fixture.flush(claimed), ["written"]);
    await acknowledge(claimed);
  }

  /** The seconds of every lecture, and whether Redis had to be asked once more. */
  async function read(): Promise<{ seconds: Record<string, number>; isAskedAgain: boolean }> {
    let isAskedAgain = false;
    const told: boolean[] = [];
    const buffer: Partial<PositionBuffer> = {
      readUnflushed: (keys) => redis.buffer.readUnflushed(keys),
      readEach(keys) {
        isAskedAgain = true;
        return redis.buffer.readEach(keys);
      },
    };
    const telemetry = { progressRead: (is: boolean) => void told.push(is) };
    const deps = { buffer: buffer as PositionBuffer, store: mongodb.fixture.store, telemetry, clock: systemClock };
    const { positions } = joinPositions(...(await new BothSidesReader(deps).read(key)));
    assert.deepEqual(told, [isAskedAgain], "operators are told something else");
    const seconds = Object.fromEntries([...positions].map(([id, position]) => [id, position.seconds]));
    return { seconds, isAskedAgain };
  }

  async function shows(seconds: Record<string, number>, { askedAgain = false } = {}): Promise<void> {
    assert.deepEqual(await read(), { seconds, isAskedAgain: askedAgain });
  }

  it("are whole where everything is flushed, and Redis tells no position", async () => {
    await save("a", 1);
    await save("b", 2);
    await flush();
    await shows({ a: 1, b: 2 });
    const [unflushed] = await Promise.all(redis.buffer.readUnflushed([key]));
    assert.equal(unflushed?.positions.size, 0);
  });

  it("are whole where nothing, or not everything, is flushed, and where Redis knows nothing any more", async () => {
    await shows({});
    await save("a", 1);
    await shows({ a: 1 });
    await flush();
    await save("a", 9);
    await save("b", 2);
    await shows({ a: 9, b: 2 });
    await flush();
    await redis.connection.general.del(progressKey(key));
    await shows({ a: 9, b: 2 });
  });

  it("are whole while one lecture is watched and the rest is flushed, and Redis tells that one alone", async () => {
    await save("a", 1);
    await save("b", 2);
    await flush();
    await save("b", 9);
    await shows({ a: 1, b: 9 });
    const [unflushed] = await Promise.all(redis.buffer.readUnflushed([key]));
    assert.deepEqual([...(unflushed?.positions.keys() ?? [])], ["b"]);
  });

  it("are whole at every step of a flush", async () => {
    await save("a", 1);
    await flush();
    await save("b", 2);
    const claimed = await claims();
    // Only now the version that Redis tells is not the one that MongoDB has.
    await shows({ a: 1, b: 2 }, { askedAgain: true });
    await mongodb.fixture.flush(claimed);
    await shows({ a: 1, b: 2 });
    await save("c", 3);
    assert.deepEqual(await redis.buffer.acknowledge(claimed), ["changed"]);
    await shows({ a: 1, b: 2, c: 3 });
  });

  it("are as new as the last flush, though MongoDB answers as it was before, and a lecture is watched", async () => {
    await save("a", 1);
    await flush();
    const { progress } = mongodb.fixture.collections;
    const old = await progress.findOne(keyFilter(key));
    assert.ok(old !== null);
    await save("a", 9);
    await flush();
    await save("b", 2);
    await progress.replaceOne(keyFilter(key), old);
    await shows({ a: 9, b: 2 }, { askedAgain: true });
  });

  it("are as new as the last flush, though MongoDB answers as it was before", async () => {
    await save("a", 1);
    await flush();
    const { progress } = mongodb.fixture.collections;
    const old = await progress.findOne(keyFilter(key));
    await save("a", 9);
    await save("b", 2);
    await flush();
    for (const answer of [old, keyFilter(key), null]) {
      await progress.deleteOne(keyFilter(key));
      if (answer !== null) await progress.insertOne({ ...answer });
      await shows({ a: 9, b: 2 }, { askedAgain: true });
    }
  });

  it("are whole where MongoDB tells a greater version of another history, which lacks the last flush", async () => {
    const lost = { ...writeOf(key, { a: 1 }), version: "fffffffffffff" };
    assert.deepEqual(await mongodb.fixture.flush([lost]), ["written"]);
    await save("b", 2);
    await acknowledge(await claims());
    await shows({ a: 1, b: 2 }, { askedAgain: true });
  });

  it("are as new as MongoDB, though Redis was rolled back to before a flush", async () => {
    await save("a", 1);
    await flush();
    const newer = { ...writeOf(key, { a: 9, b: 2 }, Date.now() + 1_000), version: "fffffffffffff" };
    assert.deepEqual(await mongodb.fixture.flush([newer]), ["written"]);
    await shows({ a: 9, b: 2 }, { askedAgain: true });
  });

  it("show what an erasure has left in Redis, until all is erased or flushed again", async () => {
    await save("a", 1);
    const upTo = makeStamp((await redis.buffer.now()) + 1);
    await delay(5);
    await save("b", 2);
    await flush();
    await mongodb.fixture.store.eraseRevived(key.userId, upTo);
    await shows({ a: 1, b: 2 }, { askedAgain: true });
  });

  it("forget what was before a start over, flushed or not", async () => {
    await save("a", 1);
    await flush();
    await redis.buffer.startOver(key, null);
    await shows({}, { askedAgain: true });
    await flush();
    await shows({});
  });

  it("are not told where something else is in the key's place", async () => {
    await redis.spoil(key);
    await assert.rejects(read(), { code: "buffer_unavailable" });
  });

  it("are asked of MongoDB once, though it is behind for many", async () => {
    const keys = Array.from({ length: 20 }, () => ({ ...key, userId: someUser() }));
    await redis.buffer.save(keys.map((each) => ({ key: each, lectureId: lecture("a"), seconds: 1 })));
    await redis.buffer.acknowledge(await redis.buffer.claim(50, 60_000, { all: true }));
    const reader = new BothSidesReader({
      buffer: redis.buffer,
      store: mongodb.fixture.store,
      telemetry: silent,
      clock: systemClock,
    });
    const commands = await mongodb.fixture.commandsOf(async () => {
      const both = await Promise.all(keys.map((each) => reader.read(each)));
      for (const [{ positions }] of both) assert.equal(positions.get(lecture("a"))?.seconds, 1);
    });
    assert.deepEqual(commands, ["find"]);
  });
});
