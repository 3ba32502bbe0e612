import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { course, lecture, someUser } from "../support/ids.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";
import { redisRequests } from "../support/redis-requests.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

const nothing = /^$/;

describe("One round trip to Redis", { skip: redisIsMissing() }, () => {
  const stack = new AsyncDisposableStack();
  let server: RedisServer;
  let proxy: TcpProxy;
  let redis: RedisFixture;
  const keys: ProgressKey[] = Array.from({ length: 200 }, () => ({ userId: someUser(), courseId: course("algebra") }));
  const saves = keys.map((key) => ({ key, lectureId: lecture("intro"), seconds: 1 }));

  before(async () => {
    server = stack.use(await RedisServer.start());
    proxy = stack.use(await TcpProxy.before(server, redisRequests));
    // A long interval between looks at the memory: only what the test does is counted.
    redis = stack.use(
      await RedisFixture.connect({ url: `redis://127.0.0.1:${proxy.port}` }, { memoryEveryMs: 600_000 }),
    );
    await redis.buffer.now();
    await redis.buffer.save(saves);
    await redis.buffer.acknowledge(await redis.buffer.claim(200, 60_000, { all: true }));
  });
  after(() => stack.disposeAsync());

  async function tripsOf(work: () => Promise<unknown>): Promise<number> {
    return (await proxy.tripsOf(work, nothing)).length;
  }

  async function takesOne(work: () => Promise<unknown>): Promise<void> {
    // The first time Redis may have to be sent the script itself.
    await work();
    assert.equal(await tripsOf(work), 1);
  }

  it("takes one save", () => takesOne(() => redis.buffer.save(saves.slice(0, 1))));

  it("takes the saves of 200 students", () => takesOne(() => redis.buffer.save(saves)));

  it("takes the saves of 100 students over all shards by one script call", async () => {
    const admin = redis.connection.general;
    await admin.config("RESETSTAT");
    await redis.buffer.save(saves.slice(0, 100));
    assert.match(await admin.info("commandstats"), /^cmdstat_evalsha:calls=1,/m);
  });

  it("takes a read of progress together with the course's version", () =>
    takesOne(() => {
      const key = keys[0] as ProgressKey;
      return Promise.all([redis.buffer.read(key), redis.cache.versions([key.courseId])[0]]);
    }));

  it("takes the student's dirty courses", () =>
    takesOne(() => redis.buffer.startedCourses((keys[0] as ProgressKey).userId)));

  it("takes a claim over all shards, and its acknowledgement", async () => {
    await redis.buffer.save(saves);
    assert.equal(await tripsOf(() => redis.buffer.claim(200, 1, { all: true })), 1);
    const claims = await redis.buffer.claim(200, 60_000, { all: true });
    assert.equal(claims.length, 200);
    assert.equal(await tripsOf(() => redis.buffer.acknowledge(claims)), 1);
  });

  it("takes statistics and the poison list over all shards", async () => {
    await takesOne(() => redis.buffer.stats());
    await takesOne(() => redis.buffer.poisonKeys(100));
  });
});
