import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import * as fc from "fast-check";
import type { Redis } from "ioredis";
import {
  dirtyKey,
  keyOfMember,
  memberOf,
  progressKey,
  shardCount,
  shardOf,
  startedKey,
} from "../../src/adapters/redis/keys.ts";
import { RedisTime } from "../../src/adapters/redis/redis-time.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import type { Claim } from "../../src/ports/position-buffer.ts";
import { eventually } from "../support/eventually.ts";
import { aDay, course, lecture, someUser, stampAt } from "../support/ids.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { inconsistencies } from "../support/redis-invariants.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";

function someKey(): ProgressKey {
  return { userId: someUser(), courseId: course("algebra") };
}

describe("The keys in Redis", () => {
  it("spread students evenly over the shards", () => {
    const counts = Array.from({ length: shardCount }, () => 0);
    for (let number = 0; number < 64_000; number++) {
      const shard = shardOf(someUser(number % 2 === 0 ? "auth0|" : `${number}`));
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    assert.ok(Math.min(...counts) > 800 && Math.max(...counts) < 1_200, counts.join(" "));
  });

  it("keep a student's shard for ever", () => {
    const shards = ["a", "auth0|5f7c0d", "someone@example.org", "a:b:c"].map((id) =>
      shardOf(id as ProgressKey["userId"]),
    );
    assert.deepEqual(shards, [32, 49, 18, 27]);
  });

  it("are split where student and course meet, whatever colons and braces the student has", () => {
    for (const userId of ["a:b", ":", "::", "{1}", "a}b{", "oidc:x:y"]) {
      const key = { userId: userId as ProgressKey["userId"], courseId: course("algebra") };
      assert.deepEqual(keyOfMember(memberOf(key)), key);
    }
  });
});

describe("The time of Redis", () => {
  it("is unknown at first, and then within the time an answer took", async () => {
    const time = new RedisTime();
    assert.equal(time.deadline(0, 900), 0);
    const sentAt = performance.now();
    await delay(20);
    time.learn(0, 1_000_000, sentAt);
    const deadline = time.deadline(0, 900);
    assert.ok(deadline >= 1_000_899 && deadline <= 1_000_930, `${deadline}`);
  });

  it("is not led astray by a slow answer, and follows a clock that was set", async () => {
    const time = new RedisTime();
    time.learn(0, 1_000_000, performance.now());
    const first = time.deadline(0, 900);
    time.learn(0, 1_000_000, performance.now() - 500);
    assert.ok(Math.abs(time.deadline(0, 900) - first) < 20);
    time.learn(0, 400_000, performance.now());
    assert.ok(Math.abs(time.deadline(0, 900) - 400_900) < 20);
    assert.ok(Math.abs(time.deadline(7, 900) - 400_900) < 20, "another group begins with what this one said");
  });
});

describe("What Redis holds", { skip: redisIsMissing() }, () => {
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

  /** Makes a dirty course as large as many saves would. */
  async function saveLectures(key: ProgressKey, count: number): Promise<void> {
    const [outcome] = await redis.buffer.save([{ key, lectureId: lecture("l0"), seconds: 1 }]);
    assert.ok(outcome?.status === "stored");
    const fields = Array.from({ length: count }, (_, n) => [`l${n}`, `${outcome.stamp}|${n}`]);
    await client.hset(progressKey(key), Object.fromEntries(fields));
  }

  it("lives for ever while it is dirty, and about a day once it is clean", async () => {
    const keys = Array.from({ length: 50 }, someKey);
    await redis.buffer.save(keys.map((key) => ({ key, lectureId: lecture("intro"), seconds: 1 })));
    for (const key of keys) assert.equal(await client.pttl(progressKey(key)), -1);
    await redis.buffer.acknowledge(await redis.buffer.claim(100, 1_000, { all: true }));
    const lives = await Promise.all(keys.map((key) => client.pttl(progressKey(key))));
    assert.ok(lives.every((ms) => ms > 0.89 * aDay && ms <= 1.1 * aDay));
    assert.ok(Math.max(...lives) - Math.min(...lives) > 0.05 * aDay, "spread");
    await redis.buffer.save(keys.map((key) => ({ key, lectureId: lecture("intro"), seconds: 2 })));
    for (const key of keys) assert.equal(await client.pttl(progressKey(key)), -1);
    await redis.buffer.acknowledge(await redis.buffer.claim(100, 1_000, { all: true }));
    await redis.buffer.startOver(keys[0] as ProgressKey, null);
    assert.equal(await client.pttl(progressKey(keys[0] as ProgressKey)), -1);
  });

  it("is nothing but clean hashes when all is flushed", async () => {
    const keys = Array.from({ length: 20 }, someKey);
    await redis.buffer.save(keys.map((key) => ({ key, lectureId: lecture("intro"), seconds: 1 })));
    for (const claim of await redis.buffer.claim(5, 1_000, { all: true })) {
      await redis.buffer.postpone(claim, 0, { reason: "no", poison: true });
    }
    await redis.buffer.acknowledge(await redis.buffer.claim(100, 1_000, { all: true }));
    assert.deepEqual((await client.keys("*")).toSorted(), keys.map(progressKey).toSorted());
    const fields = Object.keys(await client.hgetall(progressKey(keys[0] as ProgressKey)));
    assert.deepEqual(fields.toSorted(), ["::intro", ":book"]);
  });

  it("is read also when somebody else has put fields of any bytes among the positions", async () => {
    const key = someKey();
    await redis.buffer.save([{ key, lectureId: lecture("intro"), seconds: 1.5 }]);
    const others = ["", "\n", '"', "\\", "\0", "é", "a b", "[1]"].flatMap((text) => [text, text]);
    await client.hset(progressKey(key), ...others);
    await client.hset(progressKey(key), Buffer.from([0xff, 0xc0]), Buffer.from([0xfe]));
    const { positions } = await redis.buffer.read(key);
    assert.deepEqual(
      [...positions].map(([id, { seconds }]) => [id, seconds]),
      [["intro", 1.5]],
    );
  });

  it("does not grow with the number of saves", async () => {
    const key = someKey();
    const save = (): Promise<unknown> =>
      redis.buffer.save(Array.from({ length: 200 }, () => ({ key, lectureId: lecture("intro"), seconds: 1 })));
    await save();
    const used = await client.memory("USAGE", progressKey(key));
    for (let turn = 0; turn < 10; turn++) await save();
    assert.equal(await client.memory("USAGE", progressKey(key)), used);
  });

  it("is dirty, listed and without a time to live together, whatever steps are taken", async () => {
    const keys = Array.from({ length: 3 }, someKey);
    const step = fc.record({
      do: fc.constantFrom("save", "claim", "acknowledge", "release", "postpone", "startOver", "erase", "retry"),
      key: fc.nat(2),
      pick: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const claims: Claim[] = [];
        const { buffer } = redis;
        for (const { do: what, key: number, pick } of steps) {
          const key = keys[number] as ProgressKey;
          const claim = claims[pick % Math.max(claims.length, 1)];
          if (what === "save") await buffer.save([{ key, lectureId: lecture("intro"), seconds: 1 }]);
          else if (what === "claim") claims.push(...(await buffer.claim(10, pick * 100, { all: true })));
          else if (what === "startOver") await buffer.startOver(key, null);
          else if (what === "erase") await buffer.erase(key.userId, [key.courseId]);
          else if (what === "retry") await buffer.retryPoison(key);
          else if (claim === undefined) continue;
          else if (what === "acknowledge") await buffer.acknowledge([claim]);
          else if (what === "release") await buffer.release([claim]);
          else await buffer.postpone(claim, 0, { reason: "no", poison: pick > 4 });
          assert.deepEqual(await inconsistencies([client]), []);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is listed again by saves when its listing was lost, once it should have been flushed", async () => {
    await using hasty = await RedisFixture.connect(server, { flushIntervalMs: 100 });
    const key = someKey();
    // One of so many is careful; the others find older positions that are not flushed.
    const saves = Array.from({ length: 100 }, (_, n) => ({ key, lectureId: lecture(`l${n}`), seconds: 1 }));
    await hasty.buffer.save(saves);
    await client.del(dirtyKey(shardOf(key.userId)), startedKey(key.userId));
    await eventually(async () => {
      await hasty.buffer.save(saves);
      return (await inconsistencies([client])).length === 0 ? true : undefined;
    });
    const claims = await hasty.buffer.claim(10, 1_000, { all: true });
    assert.deepEqual(
      claims.map((claim) => claim.key),
      [key],
    );
    assert.deepEqual(await hasty.buffer.acknowledge(claims), ["clean"]);
    assert.deepEqual(await inconsistencies([client]), []);
  });

  it("is listed again by one student's saves alone, sooner or later", async () => {
    await using hasty = await RedisFixture.connect(server, { flushIntervalMs: 1 });
    const key = someKey();
    const save = (): Promise<unknown> => hasty.buffer.save([{ key, lectureId: lecture("intro"), seconds: 1 }]);
    await save();
    await client.del(dirtyKey(shardOf(key.userId)), startedKey(key.userId));
    // Of a hundred one is careful, and any that comes in the same millisecond: none of this many once in 10^8 times.
    for (let saves = 0; saves < 2_000 && (await client.exists(startedKey(key.userId))) === 0; saves++) {
      await delay(2);
      await save();
    }
    assert.deepEqual(await inconsistencies([client]), []);
  });

  it("is started over after whatever it holds, though the clock has been set back since", async () => {
    const key = someKey();
    await redis.buffer.save([{ key, lectureId: lecture("intro"), seconds: 1 }]);
    const far = stampAt((await redis.buffer.now()) + 3_600_000);
    await client.hset(progressKey(key), "intro", `${far}|2`);
    assert.ok((await redis.buffer.startOver(key, null)) >= far);
  });

  it("is claimed, acknowledged and read also with 2,000 lectures in a course", async () => {
    const key = someKey();
    await saveLectures(key, 2_000);
    const claims = await redis.buffer.claim(10, 60_000, { all: true });
    assert.equal(claims[0]?.positions.size, 2_000);
    assert.deepEqual(await redis.buffer.acknowledge(claims), ["clean"]);
    const [outcome] = await redis.buffer.save([{ key, lectureId: lecture("l1999"), seconds: 1, stamp: stampAt(5) }]);
    assert.ok(outcome?.status === "superseded" && outcome.persisted !== null);
  });

  it("is not all claimed at once when courses are very large", async () => {
    const keys = Array.from({ length: 12 }, someKey);
    for (const key of keys) await saveLectures(key, 4_000);
    const first = await redis.buffer.claim(200, 60_000, { all: true });
    assert.ok(first.length > 0 && first.length < 12, `${first.length} claimed`);
    const second = await redis.buffer.claim(200, 60_000, { all: true });
    const third = await redis.buffer.claim(200, 60_000, { all: true });
    assert.equal(first.length + second.length + third.length, 12);
  });

  it("is found among many leased keys", async () => {
    const saves = Array.from({ length: 1_500 }, () => ({ key: someKey(), lectureId: lecture("intro"), seconds: 1 }));
    await redis.buffer.save(saves);
    let claimed = 0;
    for (let turn = 0; turn < 100 && claimed < 1_500; turn++) {
      claimed += (await redis.buffer.claim(40, 60_000, { all: true })).length;
    }
    assert.equal(claimed, 1_500);
    assert.deepEqual(await redis.buffer.claim(40, 60_000, { all: true }), []);
  });
});
