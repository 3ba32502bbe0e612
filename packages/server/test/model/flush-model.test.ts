import { describe, test } from "node:test";
import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { TestClock } from "../support/test-clock.ts";
import { explore } from "./flush-commands.ts";

describe("two flushers whose calls arrive late, in part, out of order or not at all", () => {
  test("lose nothing that the embedded buffer has acknowledged, at any moment of any schedule", async () => {
    const clock = new TestClock();
    await using stores = openEmbeddedStores(":memory:", { clock, flushIntervalMs: 60_000 });
    const { buffer, store } = stores;
    const ground = { buffer, store, clock, isClockShared: true, inconsistencies: async () => [] };
    await explore(async () => ground, 2_000);
  });
});
