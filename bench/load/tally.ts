import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { counters, type Latencies } from "./load.ts";

/** Counts answers where the measuring thread sees them. */
export class Tally {
  readonly #counts: Int32Array;
  #failures: Record<string, number> = {};

  constructor(counts: Int32Array) {
    this.#counts = counts;
  }

  /** @param status of the answer; 0 when the connection was lost */
  count(status: number): void {
    Atomics.add(this.#counts, status === 200 ? counters.answered : counters.failed, 1);
    if (status !== 200) this.#failures[status] = (this.#failures[status] ?? 0) + 1;
  }

  /** Failures since the last call, by status. */
  takeFailures(): Record<string, number> {
    const failures = this.#failures;
    this.#failures = {};
    return failures;
  }
}

/** A histogram with three significant digits, from a microsecond on. */
export class LatencyHistogram {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });

  record(milliseconds: number): void {
    this.#histogram.record(Math.max(1, Math.round(milliseconds * 1000)));
  }

  /** What was recorded since the last call. */
  take(): Latencies {
    const { count, max } = this.#histogram;
    const [p50, p99, p999] = [50, 99, 99.9].map((percent) => this.#histogram.percentile(percent) / 1000);
    this.#histogram.reset();
    return { count, p50: p50 ?? 0, p99: p99 ?? 0, p999: p999 ?? 0, max: count === 0 ? 0 : max / 1000 };
  }
}
