import { describe, test } from "node:test";
import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { RedisFixture } from "../support/redis-fixture.ts";
import { inconsistencies } from "../support/redis-invariants.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";
import { TestClock } from "../support/test-clock.ts";
import { explore } from "./flush-commands.ts";
import { keepingVersions } from "./version-keeping-store.ts";

describe("two flushers on a real Redis, whose calls arrive late, in part, out of order or not at all", () => {
  test("lose nothing that it has acknowledged, at any moment of any schedule", { skip: redisIsMissing() }, async () => {
    await using server = await RedisServer.start({ settings: { appendonly: "no" } });
    // Redis keeps its own time: here no lease lasts, which a flusher must bear too.
    const clock = new TestClock({ now: Date.now() });
    await using stores = openEmbeddedStores(":memory:", { clock, flushIntervalMs: 60_000 });
    const { store, deposed } = keepingVersions(stores.store);
    await using redis = await RedisFixture.connect(server, { flushIntervalMs: 60_000 });
    const { buffer } = redis;
    const client = server.client();
    await explore(async () => {
      await client.flushall();
      return { buffer, store, deposed, clock, isClockShared: false, inconsistencies: () => inconsistencies([client]) };
    }, 120);
  });
});
