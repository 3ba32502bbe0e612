import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../ports/clock.ts";
import type { BufferStats } from "../ports/position-buffer.ts";

const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** To count its keys takes the buffer as long as hundreds of saves, and anybody may scrape: it is asked no more often than this. */
const countEveryMs = 250;

/** What Prometheus may ask for; `events.ts` feeds it. */
export class Metrics {
  readonly registry: Registry = new Registry();
  readonly saves: Counter = this.#counter("progress_saves_total", "Positions received.", "outcome");
  readonly saveBatchSeconds: Histogram = this.#histogram("progress_save_batch_seconds", "One call of the buffer.");
  readonly reads: Counter = this.#counter(
    "progress_reads_total",
    "Reads of progress, by how often the buffer was asked.",
    "asked",
  );
  readonly flushedKeys: Counter = this.#counter("progress_flushed_keys_total", "Keys carried to the store.", "outcome");
  readonly flushSeconds: Histogram = this.#histogram("progress_flush_seconds", "Write and acknowledgement of a claim.");
  readonly events: Counter = this.#counter("progress_events_total", "Events published.", "type");
  readonly deliveries: Counter = this.#counter(
    "progress_deliveries_total",
    "Attempts to tell a webhook of an event, by what came of them.",
    "webhook",
    "outcome",
  );
  readonly missingKeys: Counter = this.#counter("progress_missing_keys_total", "Dirty keys whose data disappeared.");
  readonly storeReachable: Gauge = this.#gauge("progress_store_reachable", "1 while the flusher reaches the store.");
  readonly backgroundFailures: Counter = this.#counter(
    "progress_background_failures_total",
    "Background work that failed and is tried again.",
    "task",
  );

  /** When the oldest event occurred that waits, by what it waits for. */
  readonly oldestEvents: Map<string, number | null> = new Map();

  /** Since when the oldest delivery waits, by its webhook. */
  readonly oldestDeliveries: Map<string, number | null> = new Map();

  readonly #deliveryAge = this.#gauge(
    "progress_delivery_age_seconds",
    "For how long the oldest delivery waits that a webhook has not got.",
    "webhook",
  );
  readonly #eventAge = this.#gauge(
    "progress_event_age_seconds",
    "Age of the oldest event that waits for what follows from it, or for a sink: alert on this.",
    "waits_for",
  );
  readonly #dirtyKeys = this.#gauge("progress_dirty_keys", "Keys the store has not got yet.");
  readonly #poisonKeys = this.#gauge("progress_poison_keys", "Keys the store refuses.");
  readonly #flushLag = this.#gauge("progress_flush_lag_seconds", "Age of the oldest dirty key: alert on this.");
  readonly #bufferStats: () => Promise<BufferStats>;
  #nextCount: Promise<BufferStats | undefined> | undefined;
  readonly #clock: Pick<Clock, "sleep">;
  #rest = Promise.resolve();

  /** @param bufferStats asked for all who scrape at about the same time; what it cannot tell stays as it was */
  constructor(bufferStats: () => Promise<BufferStats>, clock: Pick<Clock, "sleep">) {
    this.#bufferStats = bufferStats;
    this.#clock = clock;
    collectDefaultMetrics({ register: this.registry });
  }

  /** Everything, in the format of the scraper. */
  async scrape(): Promise<{ contentType: string; body: string }> {
    for (const [waitsFor, occurredAt] of this.oldestEvents) {
      this.#eventAge.set({ waits_for: waitsFor }, ageSeconds(occurredAt));
    }
    for (const [webhook, since] of this.oldestDeliveries) this.#deliveryAge.set({ webhook }, ageSeconds(since));
    // Never the one under way: it may have begun before what this scraper knows of.
    const stats = await (this.#nextCount ??= this.#count());
    if (stats !== undefined) {
      this.#dirtyKeys.set(stats.dirtyKeys);
      this.#poisonKeys.set(stats.poisonKeys);
      this.#flushLag.set(ageSeconds(stats.oldestDirtyAt));
    }
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }

  async #count(): Promise<BufferStats | undefined> {
    await this.#rest;
    this.#rest = this.#clock.sleep(countEveryMs);
    this.#nextCount = undefined;
    return this.#bufferStats().catch(() => undefined);
  }

  #counter(name: string, help: string, ...labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.registry] });
  }

  #gauge(name: string, help: string, ...labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}

/** 0 when there is nothing that could have an age. */
function ageSeconds(since: number | null): number {
  return since === null ? 0 : Math.max(0, Date.now() - since) / 1000;
}
