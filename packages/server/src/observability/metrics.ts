import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export interface Metrics {
  readonly registry: Registry;
  readonly saves: Counter<"outcome">;
  readonly saveBatchSeconds: Histogram;
  readonly flushedKeys: Counter<"outcome">;
  readonly flushSeconds: Histogram;
  readonly events: Counter<"type">;
  readonly missingKeys: Counter;
  readonly storeReachable: Gauge;
  readonly backgroundFailures: Counter<"task">;
}

/** @param bufferStats asked at every scrape; what it cannot tell is left out */
export function createMetrics(
  bufferStats: () => Promise<{ dirtyKeys: number; poisonKeys: number; oldestDirtyAt: number | null }>,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  collectBufferStats(registry, bufferStats);
  return {
    registry,
    saves: new Counter({ name: "progress_saves_total", help: "Positions received.", labelNames: ["outcome"], registers }),
    saveBatchSeconds: new Histogram({ name: "progress_save_batch_seconds", help: "One call of the buffer.", buckets: secondsBuckets, registers }),
    flushedKeys: new Counter({ name: "progress_flushed_keys_total", help: "Keys carried to the store.", labelNames: ["outcome"], registers }),
    flushSeconds: new Histogram({ name: "progress_flush_seconds", help: "Write and acknowledgement of one claim.", buckets: secondsBuckets, registers }),
    events: new Counter({ name: "progress_events_total", help: "Events with all followers done.", labelNames: ["type"], registers }),
    missingKeys: new Counter({ name: "progress_missing_keys_total", help: "Dirty keys whose data had disappeared.", registers }),
    storeReachable: new Gauge({ name: "progress_store_reachable", help: "1 while the flusher reaches the store.", registers }),
    backgroundFailures: new Counter({ name: "progress_background_failures_total", help: "Failed background work, tried again.", labelNames: ["task"], registers }),
  };
}

function collectBufferStats(registry: Registry, read: Parameters<typeof createMetrics>[0]): void {
  const registers = [registry];
  const dirtyKeys = new Gauge({ name: "progress_dirty_keys", help: "Keys the store has not got yet.", registers });
  const poisonKeys = new Gauge({ name: "progress_poison_keys", help: "Keys the store refuses.", registers });
  const flushLag = new Gauge({
    name: "progress_flush_lag_seconds",
    help: "Age of the oldest dirty key: the number to alert on.",
    registers,
    // One read serves the three gauges; prom-client awaits it before it prints them.
    async collect() {
      const stats = await read().catch(() => undefined);
      if (stats === undefined) return;
      dirtyKeys.set(stats.dirtyKeys);
      poisonKeys.set(stats.poisonKeys);
      flushLag.set(stats.oldestDirtyAt === null ? 0 : Math.max(0, Date.now() - stats.oldestDirtyAt) / 1000);
    },
  });
}
