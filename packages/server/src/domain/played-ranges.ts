/** A stretch of a lecture that was played, `[from, to)` in seconds, to 0.1 s. */
export type PlayedRange = readonly [from: number, to: number];

/** What was played of one lecture in all sittings together. */
export interface Played {
  /** In order, apart from each other. */
  readonly ranges: readonly PlayedRange[];
  /** When the last of it was credited, milliseconds since 1970. */
  readonly creditedAt: number;
  /** How much more could have been played by then, in seconds. */
  readonly spareSeconds: number;
}

const perSecond = 10;
/** Players jump by a frame or two at the joints of what was played. */
const closableGap = 0.5 * perSecond;
/** A document holds those of every lecture of a course, and has to stay a document. */
const maxRanges = 50;

/** Nobody plays faster, and no player we know offers more. */
const fastestRate = 4;
/** What may be credited of a lecture before time goes by: clocks need not agree to the second. */
const slackSeconds = 10;

/** The union, each second once however often it was played. Beyond 50 ranges the shortest are forgotten. */
export function unite(...lists: readonly (readonly PlayedRange[])[]): PlayedRange[] {
  const tenths = lists.flat().map(([from, to]) => [Math.round(from * perSecond), Math.round(to * perSecond)] as const);
  const united: [from: number, to: number][] = [];
  for (const [from, to] of tenths.toSorted((a, b) => a[0] - b[0])) {
    if (from >= to) continue;
    const last = united.at(-1);
    if (last !== undefined && from <= last[1] + closableGap) last[1] = Math.max(last[1], to);
    else united.push([from, to]);
  }
  const kept = united.toSorted((a, b) => b[1] - b[0] - a[1] + a[0]).slice(0, maxRanges);
  return kept.toSorted((a, b) => a[0] - b[0]).map(([from, to]) => [from / perSecond, to / perSecond]);
}

/** Seconds in ranges that are apart from each other. */
export function playedSeconds(ranges: readonly PlayedRange[]): number {
  return ranges.reduce((sum, [from, to]) => sum + Math.round((to - from) * perSecond), 0) / perSecond;
}

/** Share of a lecture that was played, 0..1. */
export function coverageOf(ranges: readonly PlayedRange[], durationSeconds: number): number {
  return Math.min(1, playedSeconds(ranges) / durationSeconds) || 0;
}

/**
 * Credits what a player reports, unless nobody can have played so much in the time there was. Time counts while a sitting
 * lasts, and once, however many sittings there are. It goes on, so what is refused now may be credited later.
 * @param known what is credited already; null for nothing
 * @param startedAt when the sitting began, @param now, both by the service's clock in milliseconds since 1970
 * @returns null when there is nothing to credit
 */
export function credit(
  known: Played | null,
  reported: readonly PlayedRange[],
  { startedAt, now }: { startedAt: number; now: number },
): Played | null {
  const before = known?.ranges ?? [];
  const ranges = unite(before, reported);
  const growth = playedSeconds(ranges) - playedSeconds(before);
  const elapsedMs = Math.max(0, now - Math.max(startedAt, known?.creditedAt ?? 0));
  const spare = (known?.spareSeconds ?? slackSeconds) + (elapsedMs / 1000) * fastestRate - growth;
  return growth > 0 && spare >= 0 ? { ranges, creditedAt: now, spareSeconds: Math.round(spare * 1000) / 1000 } : null;
}
