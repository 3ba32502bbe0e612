import type { ProgressKey } from "../domain/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { BufferedProgress, PositionBuffer, UnflushedProgress } from "../ports/position-buffer.ts";
import type { ProgressStore, StoredProgress } from "../ports/progress-store.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { TurnBatch } from "./turn-batch.ts";

/** What the buffer and the store know of one key; joined, they are all that is known. */
export type BothSides = readonly [BufferedProgress, StoredProgress];

interface BothSidesDeps {
  buffer: PositionBuffer;
  store: ProgressStore;
  telemetry: Pick<Telemetry, "progressRead">;
  clock: Clock;
}

/** Reads the buffer and the store at the same time. All reads of two event-loop turns travel together. */
export class BothSidesReader {
  readonly #both: TurnBatch<ProgressKey, readonly [UnflushedProgress, StoredProgress]>;
  readonly #buffered: TurnBatch<ProgressKey, BufferedProgress>;
  readonly #telemetry: BothSidesDeps["telemetry"];

  constructor({ buffer, store, telemetry, clock }: BothSidesDeps) {
    this.#telemetry = telemetry;
    this.#both = new TurnBatch(clock, (askers) => {
      const keys = askers.map(({ ask }) => ask);
      const unflushed = buffer.readUnflushed(keys);
      const stored = store.readEach(keys);
      for (const [index, { resolve }] of askers.entries()) {
        resolve(
          Promise.all([unflushed[index] as Promise<UnflushedProgress>, stored[index] as Promise<StoredProgress>]),
        );
      }
    });
    this.#buffered = new TurnBatch(clock, (askers) => {
      const buffered = buffer.readEach(askers.map(({ ask }) => ask));
      for (const [index, { resolve }] of askers.entries()) resolve(buffered[index] as Promise<BufferedProgress>);
    });
  }

  /**
   * Asks the buffer for what is not flushed. The store's answer may be older than the flush that the buffer tells of: read
   * a moment before, by a primary that was deposed and does not know it yet, or from a restored backup. Then the buffer is
   * asked for everything: what it gave to the store stays there as well, for a day.
   */
  async read(key: ProgressKey): Promise<BothSides> {
    const [unflushed, stored] = await this.#both.add(key);
    const isComplete = unflushed.flushedVersion === null || unflushed.flushedVersion === stored.flushedVersion;
    this.#telemetry.progressRead(!isComplete);
    return [isComplete ? unflushed : await this.#buffered.add(key), stored];
  }
}
