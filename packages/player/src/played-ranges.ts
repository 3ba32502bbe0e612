/** A stretch of the lecture that was played, `[from, to)` in seconds. */
export type PlayedRange = readonly [from: number, to: number];

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

  constructor(earlier: Iterable<PlayedRange> = []) {
    for (const [from, to] of earlier) this.#add(from, to);
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
    if (!(to > from)) return;
    const apart = this.#ranges.filter((range) => range[1] + closableGap < from || range[0] > to);
    const joined = this.#ranges.filter((range) => !apart.includes(range));
    if (apart.length === maxRanges) apart.splice(shortest(apart), 1);
    const start = Math.min(from, ...joined.map((range) => range[0]));
    const end = Math.max(to, ...joined.map((range) => range[1]));
    this.#ranges = [...apart, [start, end] as const].sort((a, b) => a[0] - b[0]);
  }
}

/** Losing the shortest credits least too little; the range being played is never offered here. */
function shortest(ranges: readonly PlayedRange[]): number {
  const lengths = ranges.map(([from, to]) => to - from);
  return lengths.indexOf(Math.min(...lengths));
}
