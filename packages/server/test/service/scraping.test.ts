import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { Metrics } from "../../src/observability/metrics.ts";
import type { BufferStats } from "../../src/ports/position-buffer.ts";

test("who scrapes together is counted for once, and nobody is told what was counted before they asked", async () => {
  let counts = 0;
  const count = async (): Promise<BufferStats> => ({ dirtyKeys: ++counts, poisonKeys: 0, oldestDirtyAt: null });
  const metrics = new Metrics(count, systemClock);
  const dirtyKeys = async (): Promise<number> =>
    Number(/^progress_dirty_keys (.+)$/m.exec((await metrics.scrape()).body)?.[1]);
  const scrapeAll = (): Promise<number[]> => Promise.all(Array.from({ length: 200 }, dirtyKeys));
  assert.deepEqual(new Set(await scrapeAll()), new Set([1]));
  assert.deepEqual(new Set(await scrapeAll()), new Set([2]));
  assert.equal(counts, 2);
});
