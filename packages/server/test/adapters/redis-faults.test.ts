import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { progressKey } from "../../src/adapters/redis/keys.ts";
import { ProgressError } from "../../src/domain/errors.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { nextStamp } from "../../src/domain/stamp.ts";
import type { PositionSave, SaveOutcome } from "../../src/ports/position-buffer.ts";
import { eventually } from "../support/eventually.ts";
import { course, lecture, someUser, stampAt } from "../support/ids.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { inconsistencies } from "../support/redis-invariants.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";
import { redisRequests } from "../support/redis-requests.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

function someKey(): ProgressKey {
  return { userId: someUser(), courseId: course("algebra") };
}

function saveOf(key: ProgressKey, seconds = 1): PositionSave {
  return { key, lectureId: lecture("intro"), seconds };
}

async function isUnavailable(work: Promise<unknown>, withinMs = 1_200): Promise<void> {
  const startedAt = performance.now();
  await assert.rejects(work, (error) => error instanceof ProgressError && error.code === "buffer_unavailable");
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < withinMs, `rejected after ${Math.round(tookMs)} ms`);
}

/** Saves until it works, as players do. */
function saveAgain({ buffer }: RedisFixture, save: PositionSave): Promise<SaveOutcome> {
  return eventually(async () => {
    const [outcome] = await buffer.save([save]).catch(() => []);
    return outcome?.status === "stored" ? outcome : undefined;
  });
}

describe("When Redis fails,", { skip: redisIsMissing() }, () => {
  const stack = new AsyncDisposableStack();
  let server: RedisServer;
  let redis: RedisFixture;
  before(async () => {
    server = stack.use(await RedisServer.start({ settings: { appendfsync: "always" } }));
    redis = stack.use(await RedisFixture.openEmpty(server));
  });
  beforeEach(async () => {
    await redis.connection.ready();
    await redis.connection.general.flushall();
  });
  after(() => stack.disposeAsync());

  it("a killed server comes back with everything that was acknowledged, and saves go on", async () => {
    const acknowledged = new Map<ProgressKey, number>();
    const save = async (seconds: number): Promise<void> => {
      const key = someKey();
      const [outcome] = await redis.buffer.save([saveOf(key, seconds)]).catch(() => []);
      if (outcome?.status === "stored") acknowledged.set(key, seconds);
    };
    const load = Array.from({ length: 40 }, async (_, worker) => {
      for (let turn = 0; turn < 40; turn++) {
        await save(worker * 100 + turn);
        await delay(5);
      }
    });
    await delay(80);
    await server.kill();
    await isUnavailable(redis.buffer.save([saveOf(someKey())]));
    await isUnavailable(redis.buffer.read(someKey()));
    await server.start();
    await Promise.all(load);
    await redis.connection.ready();
    assert.ok(acknowledged.size > 100, `${acknowledged.size} acknowledged`);
    for (const [key, seconds] of acknowledged) {
      assert.equal((await redis.buffer.read(key)).positions.get(lecture("intro"))?.seconds, seconds);
    }
    assert.deepEqual(await inconsistencies(redis.connection.masters()), []);
  });

  it("a server that stands still is answered for within a second, and what it was sent too late is not done", async () => {
    const [saved, erased, begun] = [someKey(), someKey(), someKey()];
    const { buffer } = redis;
    await buffer.save([saveOf(erased), saveOf(begun)]);
    // The server knows these scripts, so what it gets late it could do.
    const other = someKey();
    await buffer.startOver(other, null);
    await buffer.erase(other.userId, [other.courseId]);
    server.pause();
    await Promise.all([
      isUnavailable(buffer.save([saveOf(saved)])),
      isUnavailable(buffer.erase(erased.userId, [erased.courseId])),
      isUnavailable(buffer.startOver(begun, null)),
      isUnavailable(buffer.claim(10, 1_000)),
      isUnavailable(buffer.stats()),
      isUnavailable(buffer.now()),
      ...redis.cache.versions([saved.courseId]).map((version) => isUnavailable(version)),
    ]);
    await delay(300);
    server.resume();
    assert.equal((await saveAgain(redis, saveOf(someKey()))).status, "stored");
    await delay(100);
    assert.equal((await buffer.read(saved)).positions.size, 0);
    assert.equal((await buffer.read(erased)).positions.size, 1);
    assert.equal((await buffer.read(begun)).reset, null);
  });

  it("a server that stands still for long is left and found again", async () => {
    server.pause();
    await isUnavailable(redis.buffer.save([saveOf(someKey())]));
    await delay(3_300);
    await isUnavailable(redis.buffer.save([saveOf(someKey())]), 300);
    assert.match(redis.connection.problem ?? "", /cannot be reached|stands still/);
    server.resume();
    await saveAgain(redis, saveOf(someKey()));
    await eventually(async () => (redis.connection.problem === null ? true : undefined));
    assert.equal(redis.problems.at(-1), null);
  });

  it("paused clients are told so, and go on afterwards", async () => {
    const key = someKey();
    await redis.connection.general.client("PAUSE", 1_300, "WRITE");
    await isUnavailable(redis.buffer.save([saveOf(key)]));
    await saveAgain(redis, saveOf(key, 2));
    assert.equal((await redis.buffer.read(key)).positions.get(lecture("intro"))?.seconds, 2);
  });

  it("a server that forgot its scripts is sent them again", async () => {
    const key = someKey();
    await redis.buffer.save([saveOf(key)]);
    await redis.connection.general.script("FLUSH");
    const outcomes = await Promise.all([redis.buffer.save([saveOf(key, 2)]), redis.buffer.save([saveOf(key, 3)])]);
    assert.ok(outcomes.flat().every(({ status }) => status === "stored"));
    await redis.connection.general.script("FLUSH");
    assert.equal((await redis.buffer.claim(10, 1_000, { all: true })).length, 1);
  });

  it("a server that has become a replica takes nothing, and takes everything when it is master again", async () => {
    await using master = await RedisServer.start();
    const admin = server.client();
    const key = someKey();
    await redis.buffer.save([saveOf(key)]);
    await admin.replicaof("127.0.0.1", master.port);
    await isUnavailable(redis.buffer.save([saveOf(key, 2)]));
    await isUnavailable(redis.buffer.startOver(key, null));
    await admin.replicaof("NO", "ONE");
    await saveAgain(redis, saveOf(key, 3));
  });

  it("an address that has another server behind it is connected to again", async () => {
    await using old = await RedisServer.start();
    await using next = await RedisServer.start();
    await using proxy = await TcpProxy.before(old, redisRequests);
    await using fixture = await RedisFixture.connect({ url: `redis://127.0.0.1:${proxy.port}` });
    const key = someKey();
    await fixture.buffer.save([saveOf(key)]);
    await old.client().replicaof("127.0.0.1", next.port);
    proxy.pointTo(next);
    await isUnavailable(fixture.buffer.save([saveOf(key, 2)]));
    await saveAgain(fixture, saveOf(key, 3));
    assert.equal(await next.client().exists(progressKey(key)), 1);
  });

  it("what was under way when the server died is answered at once, and not sent again", async () => {
    const key = someKey();
    server.pause();
    const under = isUnavailable(redis.buffer.save([saveOf(key)]), 600);
    await delay(100);
    await server.kill();
    await under;
    await server.start();
    await redis.connection.ready();
    assert.equal((await redis.buffer.read(key)).positions.size, 0);
  });

  it("without memory nothing is acknowledged, and saves go on when there is some", async () => {
    const { general } = redis.connection;
    const key = someKey();
    await redis.buffer.save([saveOf(key)]);
    await general.config("SET", "maxmemory", "1mb");
    try {
      await isUnavailable(redis.buffer.save([saveOf(key, 2)]));
      await isUnavailable(redis.buffer.startOver(key, null));
      assert.equal((await redis.buffer.read(key)).positions.get(lecture("intro"))?.seconds, 1);
    } finally {
      await general.config("SET", "maxmemory", "0");
    }
    await saveAgain(redis, saveOf(key, 3));
  });

  it("a crowded server says so, a full one takes only keys it has already", async () => {
    const { general } = redis.connection;
    const [known, clean] = [someKey(), someKey()];
    await saveAgain(redis, saveOf(clean));
    await redis.buffer.acknowledge(await redis.buffer.claim(10, 60_000, { all: true }));
    await saveAgain(redis, saveOf(known));
    // So much that what connections need from moment to moment is little beside it.
    await general.setrange("ballast", 20_000_000, "x");
    const becomes = (share: number, key: () => ProgressKey, expected: string): Promise<true> =>
      eventually(async () => {
        const used = Number(/used_memory:(\d+)/.exec(await general.info("memory"))?.[1]);
        await general.config("SET", "maxmemory", Math.round(used / share));
        await delay(150);
        const [outcome] = await redis.buffer.save([saveOf(key())]);
        const isCrowded = outcome?.status === "stored" && outcome.isCrowded === true;
        return (isCrowded ? "crowded" : outcome?.status) === expected ? true : undefined;
      });
    try {
      await becomes(0.5, someKey, "stored");
      await becomes(0.82, someKey, "crowded");
      await becomes(0.95, someKey, "full");
      await becomes(0.95, () => known, "crowded");
      await becomes(0.95, () => clean, "crowded");
    } finally {
      await general.config("SET", "maxmemory", "0");
      await delay(150);
    }
  });

  it("a dirty key of the wrong type is set aside for the operator, and its neighbours are flushed", async () => {
    const [broken, whole] = [someKey(), someKey()];
    await redis.buffer.save([saveOf(broken), saveOf(whole)]);
    await redis.spoil(broken);
    const claims = await redis.buffer.claim(10, 60_000, { all: true });
    assert.deepEqual(
      claims.map(({ key }) => key),
      [whole],
    );
    assert.match(redis.failures.at(-1) ?? "", /claim: .*WRONGTYPE/);
    const [listed] = await redis.buffer.poisonKeys(10);
    assert.deepEqual(listed?.key, broken);
    assert.match(listed.reason, /WRONGTYPE/);
    assert.deepEqual(await redis.buffer.claim(10, 60_000), []);

    await redis.connection.general.del(progressKey(broken));
    assert.equal(await redis.buffer.retryPoison(broken), true);
    assert.deepEqual(await redis.buffer.claim(10, 60_000), []);
    assert.deepEqual(redis.missing, [broken]);
    assert.deepEqual(await redis.buffer.startedCourses(broken.userId), new Map());
  });

  it("a claimed key that became unusable does not keep its neighbours from being acknowledged", async () => {
    const [broken, whole] = [someKey(), someKey()];
    await redis.buffer.save([saveOf(broken), saveOf(whole)]);
    const claims = await redis.buffer.claim(10, 60_000, { all: true });
    await redis.spoil(broken);
    const expected = claims.map(({ key }) => (key.userId === broken.userId ? "changed" : "clean"));
    assert.deepEqual(await redis.buffer.acknowledge(claims), expected);
    assert.match(redis.failures.at(-1) ?? "", /acknowledge: .*WRONGTYPE/);
    assert.equal((await redis.buffer.stats()).dirtyKeys, 1);
  });

  it("an emptied server loses what it had, and orders what comes by what players know", async () => {
    const key = someKey();
    const [first] = await redis.buffer.save([saveOf(key)]);
    const claims = await redis.buffer.claim(10, 60_000, { all: true });
    await redis.connection.general.flushall();
    assert.deepEqual(await redis.buffer.acknowledge(claims), ["missing"]);
    assert.ok(first?.status === "stored");
    const again = { ...saveOf(key, 9), stamp: nextStamp(first.stamp) };
    assert.equal((await redis.buffer.save([again]))[0]?.status, "stored");
    assert.deepEqual(await redis.buffer.acknowledge(claims), ["changed"]);
  });

  it("a process starts without a server and finds it later", async () => {
    await using later = await RedisServer.start();
    await later.kill();
    await using early = await RedisFixture.begin(later);
    await isUnavailable(early.buffer.save([saveOf(someKey())]), 300);
    await eventually(async () =>
      /takes no connections: start it/.test(early.connection.problem ?? "") ? true : undefined,
    );
    await later.start();
    await saveAgain(early, { ...saveOf(someKey()), stamp: stampAt(5) });
    await eventually(async () => (early.connection.problem === null ? true : undefined));
  });
});
