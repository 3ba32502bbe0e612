import type { PlayedRange } from "./api.ts";

/** Boundaries are whole tenths of a second: fine enough for coverage, and neighbours meet exactly. */
const perSecond = 10;
const closableGap = 0.5 * perSecond;
const maxRanges = 200;

/**
 * What of a lecture has been played: the union of the stretches, each second counted once however often it is seen.
 *
 * Invariants: ranges are in order, do not touch, and are at most 200; they never hold more than was credited, apart
 * from gaps of at most 0.5 s that playing went over forwards.
 */
export class PlayedRanges {
  #ranges: PlayedRange[] = [];

  unite(played: Iterable<PlayedRange>): void {
    for (const [from, to] of played) this.#add(from, to);
  }

  /**
   * Credits the way from one position to the next, unless playing for `elapsedMs` at `rate` cannot have led there:
   * then it was a seek. A quarter more and half a second are allowed, because clocks of media and page differ.
   */
  credit(from: number, to: number, elapsedMs: number, rate: number): void {
    if (to - from <= (elapsedMs / 1000) * rate * 1.25 + 0.5) this.#add(from, to);
  }

  /** Share of `duration` seconds that was played, 0..1; 0 while the duration is unknown. */
  coverage(duration: number): number {
    const played = this.#ranges.reduce((sum, [from, to]) => sum + to - from, 0);
    return Math.min(1, played / perSecond / duration) || 0;
  }

  toSeconds(): PlayedRange[] {
    return this.#ranges.map(([from, to]) => [from / perSecond, to / perSecond]);
  }

  #add(fromSeconds: number, toSeconds: number): void {
    const from = Math.round(fromSeconds * perSecond);
    const to = Math.round(toSeconds * perSecond);
    if (!(from >= 0 && to > from && to < Infinity)) return;
    let [start, end] = [from, to];
    const apart = this.#ranges.filter((range) => {
      if (range[1] + closableGap < from || range[0] > to) return true;
      start = Math.min(start, range[0]);
      end = Math.max(end, range[1]);
      return false;
    });
    // Losing the shortest credits least too little; the range being played is not among these.
    const kept = apart.length < maxRanges ? apart : apart.toSorted((a, b) => a[1] - a[0] - b[1] + b[0]).slice(1);
    this.#ranges = [...kept, [start, end] as const].toSorted((a, b) => a[0] - b[0]);
  }
}
