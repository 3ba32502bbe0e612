import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { ProgressKey } from "../../src/domain/ids.ts";
import type { Claim } from "../../src/ports/position-buffer.ts";
import { eventually } from "../support/eventually.ts";
import { course, lecture, someUser, stampAt } from "../support/ids.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";

describe("A flusher that comes back after its lease", { skip: redisIsMissing() }, () => {
  const key: ProgressKey = { userId: someUser(), courseId: course("algebra") };
  const stack = new AsyncDisposableStack();
  let server: RedisServer;
  let redis: RedisFixture;
  let late: Claim;
  let current: Claim;

  before(async () => {
    server = stack.use(await RedisServer.start());
    redis = stack.use(await RedisFixture.openEmpty(server));
  });
  /** Two flushers: the lease of one has ended, the other has claimed what was saved since. */
  beforeEach(async () => {
    await redis.connection.general.flushall();
    await save(1);
    late = await claimSoon(1);
    await save(2);
    current = await claimSoon(60_000);
  });
  after(() => stack.disposeAsync());

  async function save(seconds: number): Promise<void> {
    const [outcome] = await redis.buffer.save([{ key, lectureId: lecture("intro"), seconds }]);
    assert.equal(outcome?.status, "stored");
  }

  function claimSoon(leaseMs: number): Promise<Claim> {
    return eventually(async () => (await redis.buffer.claim(10, leaseMs, { all: true }))[0]);
  }

  async function leaseIsHeld(): Promise<void> {
    assert.deepEqual(await redis.buffer.claim(10, 1, { all: true }), []);
    assert.deepEqual(await redis.buffer.claim(10, 1), []);
  }

  it("does not end the next one's lease by acknowledging", async () => {
    assert.deepEqual(await redis.buffer.acknowledge([late]), ["changed"]);
    await leaseIsHeld();
    assert.deepEqual(await redis.buffer.acknowledge([current]), ["clean"]);
  });

  it("does not end it by postponing or giving back", async () => {
    await redis.buffer.postpone(late, 0, { reason: "no", poison: false });
    await leaseIsHeld();
    await redis.buffer.release([late]);
    await leaseIsHeld();
  });

  it("does not take back what the store was said to have", async () => {
    await save(3);
    assert.deepEqual(await redis.buffer.acknowledge([current]), ["changed"]);
    assert.deepEqual(await redis.buffer.acknowledge([late]), ["changed"]);
    const [old] = await redis.buffer.save([{ key, lectureId: lecture("intro"), seconds: 4, stamp: stampAt(5) }]);
    assert.ok(old?.status === "superseded" && old.persisted === current.positions.get(lecture("intro"))?.stamp);
  });

  it("does nothing to a key that is clean", async () => {
    await redis.buffer.acknowledge([current]);
    const client = redis.connection.masters()[0]!;
    const [name = ""] = await client.keys("progress:*");
    const [fields, lives] = [await client.hgetall(name), await client.pttl(name)];
    await redis.buffer.acknowledge([late]);
    await redis.buffer.release([late]);
    await redis.buffer.postpone(late, 0, { reason: "no", poison: true });
    assert.deepEqual(await client.hgetall(name), fields);
    assert.ok((await client.pttl(name)) <= lives);
    assert.deepEqual(await client.keys("*"), [name]);
  });
});
