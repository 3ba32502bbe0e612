import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { checkRedis } from "../../src/adapters/redis/checks.ts";
import { dirtyKey, progressKey, shardCount, shardOf } from "../../src/adapters/redis/keys.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { eventually } from "../support/eventually.ts";
import { course, lecture, someUser } from "../support/ids.ts";
import { RedisCluster } from "../support/redis-cluster.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { redisIsMissing } from "../support/redis-server.ts";

/** A student in each shard. */
function studentsOfAllShards(): ProgressKey[] {
  const byShard = new Map<number, ProgressKey>();
  while (byShard.size < shardCount) {
    const userId = someUser();
    byShard.set(shardOf(userId), { userId, courseId: course("algebra") });
  }
  return [...byShard.values()];
}

describe("In a Redis Cluster,", { skip: redisIsMissing() }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: RedisCluster;
  let redis: RedisFixture;
  const keys = studentsOfAllShards();
  const saves = keys.map((key) => ({ key, lectureId: lecture("intro"), seconds: 1 }));

  before(async () => {
    cluster = stack.use(await RedisCluster.start());
    redis = stack.use(await RedisFixture.openEmpty(cluster));
  });
  beforeEach(async () => {
    await redis.connection.ready();
    await Promise.all(redis.connection.masters().map((master) => master.flushall()));
  });
  after(() => stack.disposeAsync());

  async function savedCount(): Promise<number> {
    const outcomes = await redis.buffer.save(saves).catch(() => []);
    return outcomes.filter(({ status }) => status === "stored").length;
  }

  async function allAreSaved(): Promise<void> {
    await eventually(async () => ((await savedCount()) === shardCount ? true : undefined));
  }

  it("all three masters take part, and each is looked at", async () => {
    await allAreSaved();
    for (const master of redis.connection.masters()) assert.ok((await master.keys("dirty:*")).length > 5);
    const findings = await checkRedis(redis.connection);
    assert.equal(findings.filter(({ sentence }) => sentence.includes("maxmemory")).length, 3);
    assert.ok(findings.every(({ severity }) => severity === "note"));
  });

  it("forgotten scripts are sent again to every node", async () => {
    await allAreSaved();
    await Promise.all(redis.connection.masters().map((master) => master.script("FLUSH")));
    await allAreSaved();
    assert.equal((await redis.buffer.claim(200, 1_000, { all: true })).length, shardCount);
  });

  it("claims share their limit out over the shards and fill it from wherever there is more", async () => {
    await redis.buffer.save(saves);
    assert.equal((await redis.buffer.claim(5, 60_000, { all: true })).length, 5);
    assert.equal((await redis.buffer.claim(40, 60_000, { all: true })).length, 40);
    assert.equal((await redis.buffer.claim(200, 60_000, { all: true })).length, shardCount - 45);
    const crowd = Array.from({ length: 150 }, (_, n) => ({ userId: keys[0]!.userId, courseId: course(`c${n}`) }));
    await redis.buffer.save(crowd.map((key) => ({ key, lectureId: lecture("intro"), seconds: 1 })));
    assert.equal((await redis.buffer.claim(120, 60_000, { all: true })).length, 120);
    assert.equal((await redis.buffer.claim(120, 60_000, { all: true })).length, 30);
  });

  it("a killed master fails the saves of its own shards alone, and is found again", async () => {
    await allAreSaved();
    const [, killed] = cluster.masters;
    await killed!.kill();
    const outcomes = await redis.buffer.save(saves);
    const failed = outcomes.filter(({ status }) => status === "failed").length;
    const stored = outcomes.filter(({ status }) => status === "stored").length;
    assert.ok(failed > 5 && stored > 5 && failed + stored === shardCount, `${stored} stored, ${failed} failed`);
    const reads = await Promise.allSettled(redis.buffer.readEach(keys));
    const isSaved = (index: number): boolean => outcomes[index]?.status === "stored";
    assert.ok(reads.every(({ status }, index) => (status === "fulfilled") === isSaved(index)));
    assert.notEqual(redis.connection.problem, null);
    const claims = await redis.buffer.claim(200, 100, { all: true });
    assert.equal(claims.length, stored);
    await redis.buffer.acknowledge(claims);
    await killed!.start();
    await allAreSaved();
    await eventually(async () => (redis.connection.problem === null ? true : undefined));
  });

  it("a shard that has moved to another node is followed, and loses nothing on the way", async () => {
    const key = keys[0]!;
    const shard = shardOf(key.userId);
    await allAreSaved();
    const [first] = await redis.buffer.save([{ key, lectureId: lecture("intro"), seconds: 5 }]);
    assert.equal(first?.status, "stored");
    await cluster.moveSlot(dirtyKey(shard));
    const [second] = await redis.buffer.save([{ key, lectureId: lecture("next"), seconds: 6 }]);
    assert.equal(second?.status, "stored");
    const { positions } = await redis.buffer.read(key);
    assert.equal(positions.get(lecture("intro"))?.seconds, 5);
    assert.equal(positions.get(lecture("next"))?.seconds, 6);
    assert.equal((await redis.buffer.claim(200, 1_000, { all: true })).length, shardCount);
  });

  it("a claim in the middle of a move takes no key for missing", async () => {
    const key = keys[1]!;
    await allAreSaved();
    // With a poison list of its own the shard still has both keys that a claim names: the script runs, and then meets the gap.
    const refused = { ...key, courseId: course("refused") };
    await redis.buffer.save([{ key: refused, lectureId: lecture("intro"), seconds: 1 }]);
    for (const claim of await redis.buffer.claim(200, 100, { all: true })) {
      if (claim.key.courseId !== refused.courseId) await redis.buffer.release([claim]);
      else await redis.buffer.postpone(claim, 3_600_000, { reason: "no", poison: true });
    }
    const finish = await cluster.beginMove(dirtyKey(shardOf(key.userId)), [progressKey(key)]);
    const claims = await redis.buffer.claim(200, 100, { all: true });
    assert.ok(claims.every(({ key: { userId } }) => userId !== key.userId));
    assert.deepEqual(redis.missing, []);
    await finish();
    await delay(150);
    await allAreSaved();
    const again = await redis.buffer.claim(200, 100, { all: true });
    assert.equal(again.length, shardCount + 1);
    assert.deepEqual(redis.missing, []);
    assert.deepEqual(redis.failures, []);
    assert.equal((await redis.buffer.poisonKeys(10)).length, 1);
  });
});
