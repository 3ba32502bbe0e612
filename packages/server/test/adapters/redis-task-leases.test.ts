import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RedisConnection } from "../../src/adapters/redis/connection.ts";
import { RedisLeases } from "../../src/adapters/redis/leases.ts";
import type { StreakKeeper } from "../../src/application/streak-keeper.ts";
import { OneAtATime } from "../../src/application/one-at-a-time.ts";
import { OutboxRelay } from "../../src/application/outbox-relay.ts";
import type { Followers } from "../../src/application/followers.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import type { ProgressStore } from "../../src/ports/progress-store.ts";
import type { StudentStore } from "../../src/ports/student-store.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { eventually } from "../support/eventually.ts";
import { course, someUser } from "../support/ids.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";
import { TestClock } from "../support/test-clock.ts";

describe("Leases in Redis", { skip: redisIsMissing() }, () => {
  it("are given to one process at a time, for as long as said", async () => {
    await using server = await RedisServer.start();
    await using one = new RedisConnection({ url: server.url });
    await using other = new RedisConnection({ url: server.url });
    await Promise.all([one.ready(), other.ready()]);
    const leases = [new RedisLeases(one), new RedisLeases(other)];
    const taken = await Promise.all(leases.map((each) => each.take("work", 600_000)));
    assert.equal(taken.filter(Boolean).length, 1);
    assert.equal(await leases[0]?.take("other work", 50), true);
    await eventually(async () => ((await leases[1]?.take("other work", 50)) === true ? true : undefined));
  });

  it("let two relays divide what was left behind", async () => {
    await using server = await RedisServer.start();
    await using connection = new RedisConnection({ url: server.url });
    await connection.ready();
    const keys: ProgressKey[] = Array.from({ length: 20 }, () => ({ userId: someUser(), courseId: course("algebra") }));
    const followed: ProgressKey[] = [];
    const relays = [1, 2].map(
      () =>
        new OutboxRelay({
          store: {
            unsettled: async () => keys.map((key) => ({ key, since: 1 })),
            read: async () => ({ outbox: [] }),
          } as unknown as ProgressStore,
          students: { unsettled: async () => [] } as unknown as StudentStore,
          streaks: {} as StreakKeeper,
          leases: new RedisLeases(connection),
          queue: new OneAtATime(new TestClock()),
          followers: { settle: async (key: ProgressKey) => void followed.push(key) } as unknown as Followers,
          clock: new TestClock(),
          telemetry: { oldestWaiting: () => undefined } as unknown as Telemetry,
        }),
    );
    await Promise.all(relays.map((relay) => relay.relay()));
    assert.equal(followed.length, keys.length);
    assert.deepEqual(new Set(followed), new Set(keys));
  });

  it("hold up no work when Redis is away", async () => {
    await using connection = new RedisConnection({ url: "redis://127.0.0.1:1" });
    assert.equal(await new RedisLeases(connection).take("work", 1_000), true);
  });
});
