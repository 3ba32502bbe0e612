import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Redis } from "ioredis";
import { progressKey } from "../../src/adapters/redis/keys.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import type { Claim } from "../../src/ports/position-buffer.ts";
import { eventually } from "../support/eventually.ts";
import { course, lecture, someUser, stampAt } from "../support/ids.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { inconsistencies, makeAllDirty } from "../support/redis-invariants.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";

const startedAt = Date.now();

describe("What is claimed in Redis", { skip: redisIsMissing() }, () => {
  const key: ProgressKey = { userId: someUser(), courseId: course("algebra") };
  const stack = new AsyncDisposableStack();
  let server: RedisServer;
  let redis: RedisFixture;
  let client: Redis;
  before(async () => {
    server = stack.use(await RedisServer.start());
    redis = stack.use(await RedisFixture.openEmpty(server));
    client = redis.connection.masters()[0] as Redis;
  });
  beforeEach(() => client.flushall());
  after(() => stack.disposeAsync());

  /** Saves as a session does that began so many milliseconds ago, or by arrival. */
  async function save(age?: number, at = "intro"): Promise<void> {
    const stamp = age === undefined ? {} : { stamp: stampAt(startedAt - age) };
    await redis.buffer.save([{ key, lectureId: lecture(at), seconds: age ?? 1, ...stamp }]);
  }

  function claim(): Promise<Claim[]> {
    return redis.buffer.claim(10, 60_000, { all: true });
  }

  describe("has a version", () => {
    const book = async (): Promise<string> => (await client.hget(progressKey(key), ":book")) ?? "";
    const setVersion = async (version: string): Promise<unknown> =>
      client.hset(progressKey(key), ":book", version + (await book()).slice(version.length));
    /** As a flusher whose lease ends at once. */
    const version = (): Promise<string> =>
      eventually(async () => (await redis.buffer.claim(10, 1, { all: true }))[0]?.version);

    it("that is another with every claim, also while the clock is behind the last one", async () => {
      await save();
      const first = await version();
      assert.ok((await version()) > first);
      await setVersion("ffffffff00000");
      const ahead = await version();
      assert.ok(ahead > "ffffffff00000" && ahead.length === first.length, ahead);
      assert.ok((await version()) > ahead);
    });

    it("that stays while nothing is saved: to flush the same again changes nothing", async () => {
      await save();
      const [first] = await claim();
      assert.deepEqual(await redis.buffer.acknowledge([first as Claim]), ["clean"]);
      await makeAllDirty([client]);
      const [again] = await claim();
      assert.deepEqual([again?.version, again?.positions], [first?.version, first?.positions]);
    });

    it("that is greater than what it had before it was gone", async () => {
      await save();
      const first = await version();
      await client.flushall();
      await save();
      assert.ok((await version()) > first);
    });

    it("that is another after a claim that a Redis which was rolled back has forgotten, the clock being behind", async () => {
      await save();
      const versions = new Set<string>();
      for (let histories = 0; histories < 10; histories++) {
        await setVersion("ffffffff00000");
        versions.add(await version());
      }
      // Ten drawn of 65,536: two of them are equal once in 1,400 times.
      assert.ok(versions.size >= 9, [...versions].join(" "));
    });
  });

  it("is not what was saved after an erasure, though it is the very same", async () => {
    await save(0);
    const claims = await claim();
    await redis.buffer.erase(key.userId, [key.courseId]);
    // The store may have it no more.
    await save(0);
    assert.deepEqual(await redis.buffer.acknowledge(claims), ["changed"]);
    assert.deepEqual(await inconsistencies([client]), []);
    assert.equal((await claim()).length, 1);
  });

  it("is not what another history of the key was claimed with, though all of that came back", async () => {
    await save(2);
    const late = await claim();
    await client.flushall();
    await save(1, "other");
    const current = await claim();
    await save(2);
    // To say that all is flushed would be true, but not of a document that has what the second claim held.
    assert.deepEqual(await redis.buffer.acknowledge(current), ["changed"]);
    assert.deepEqual(await redis.buffer.acknowledge(late), ["changed"]);
    assert.deepEqual(await redis.buffer.acknowledge(await claim()), ["clean"]);
  });

  it("comes to rest also where a position that is not flushed is older than the one that is", async () => {
    await save(1);
    await client.hset(progressKey(key), "::intro", `${stampAt(startedAt)}|0`);
    assert.deepEqual(await redis.buffer.acknowledge(await claim()), ["clean"]);
    assert.equal((await redis.buffer.read(key)).positions.get(lecture("intro"))?.seconds, 0);
  });

  describe("and has fields of somebody else's among the positions", () => {
    const stampLong = "1".repeat(37);
    const others = { "": "", a: "0", b: stampLong, c: "x".repeat(60), d: `${stampLong}|abc`, e: `${"x".repeat(37)}|1` };

    it("is all that is flushed", async () => {
      await save();
      await client.hset(progressKey(key), { ...others, "a b": "1|2" });
      assert.deepEqual(await redis.buffer.acknowledge(await claim()), ["clean"]);
    });

    it("is dirty and listed when they are saved over", async () => {
      await save();
      await redis.buffer.acknowledge(await claim());
      await client.hset(progressKey(key), others);
      for (const at of ["a", "b", "c", "e"]) {
        await save(undefined, at);
        assert.equal((await redis.buffer.startedCourses(key.userId)).size, 1, at);
        assert.deepEqual(await redis.buffer.acknowledge(await claim()), ["clean"], at);
      }
    });

    it("is started over as without them", async () => {
      await save();
      await client.hset(progressKey(key), others);
      assert.match(await redis.buffer.startOver(key, null), /^[0-9]{21}0{16}$/);
      await save();
      assert.deepEqual(await redis.buffer.acknowledge(await claim()), ["clean"]);
    });
  });
});
