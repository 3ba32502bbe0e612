import type { ProgressKey } from "../domain/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { BufferedProgress, PositionBuffer, UnflushedProgress } from "../ports/position-buffer.ts";
import type { ProgressStore, StoredProgress } from "../ports/progress-store.ts";
import { TurnBatch } from "./turn-batch.ts";

/** What the buffer and the store know of one key; joined, they are all that is known. */
export type BothSides = readonly [BufferedProgress, StoredProgress];

interface BothSidesDeps {
  buffer: PositionBuffer;
  store: ProgressStore;
  clock: Clock;
}

/** Reads the buffer and the store at the same time. All reads of one event-loop turn travel together. */
export class BothSidesReader {
  readonly #unflushed: TurnBatch<ProgressKey, readonly [UnflushedProgress, StoredProgress]>;
  readonly #all: TurnBatch<ProgressKey, BothSides>;

  constructor(deps: BothSidesDeps) {
    const { buffer } = deps;
    this.#unflushed = batchOf(deps, (keys) => buffer.readUnflushed(keys));
    this.#all = batchOf(deps, (keys) => buffer.readEach(keys));
  }

  /**
   * Asks the buffer for what is not flushed. The store's answer may be older than the flush that the buffer tells of: read
   * a moment before, by a primary that was deposed and does not know it yet, or from a restored backup. Then both are
   * asked again, and the buffer for all that it has.
   */
  async read(key: ProgressKey): Promise<BothSides> {
    const both = await this.#unflushed.add(key);
    const [{ flushedVersion }, stored] = both;
    const isWhole = flushedVersion === null || flushedVersion === stored.flushedVersion;
    return isWhole ? both : this.#all.add(key);
  }
}

/** The buffer is asked first: what a flush carries over in between stays there as well, for a day, so it is never in neither. */
function batchOf<Buffered>(
  { store, clock }: BothSidesDeps,
  readBuffer: (keys: readonly ProgressKey[]) => Promise<Buffered>[],
): TurnBatch<ProgressKey, readonly [Buffered, StoredProgress]> {
  return new TurnBatch(clock, (askers) => {
    const keys = askers.map(({ ask }) => ask);
    const buffered = readBuffer(keys);
    const stored = store.readEach(keys);
    for (const [index, { resolve }] of askers.entries()) {
      resolve(Promise.all([buffered[index] as Promise<Buffered>, stored[index] as Promise<StoredProgress>]));
    }
  });
}
