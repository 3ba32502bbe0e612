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
  /** The sitting that reported last, and when it was first heard of. */
  readonly sitting: { readonly id: string; readonly openedAt: number };
}

/** What one sitting says it has played so far, of all times. */
export interface PlayedReport {
  readonly ranges: readonly PlayedRange[];
  readonly sittingId: string;
}

const perSecond = 10;
/** Players jump by a frame or two at the joints of what was played. */
const closableGap = 0.5 * perSecond;
/** A document holds those of every lecture of a course, and has to stay a document. */
const maxRanges = 30;

/** Nobody plays faster, and no player we know offers more. */
const fastestRate = 4;
/** What may be credited of a lecture before time goes by: clocks need not agree to the second. */
const slackSeconds = 10;

/** The union, each second once however often it was played. Beyond 30 ranges the shortest are forgotten. */
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

/** The part of ranges that lies within a lecture. */
export function within(ranges: readonly PlayedRange[], durationSeconds: number): PlayedRange[] {
  return unite(ranges.map(([from, to]) => [from, Math.min(to, durationSeconds)]));
}

/**
 * Credits what a sitting reports, unless nobody can have played so much in the time there was. Time counts from when a
 * sitting was first heard of, by the service's clock, and once, however many sittings there are. It goes on, so what is
 * refused now may be credited later.
 * @param known what is credited already; null for nothing
 * @param now milliseconds since 1970
 * @returns `known` itself when the report says nothing new
 */
export function credit(known: Played | null, report: PlayedReport, now: number): Played {
  const { ranges: before, ...account }: Played = known ?? {
    ranges: [],
    creditedAt: now,
    spareSeconds: slackSeconds,
    sitting: { id: report.sittingId, openedAt: now },
  };
  const isNew = account.sitting.id !== report.sittingId;
  const sitting = isNew ? { id: report.sittingId, openedAt: now } : account.sitting;
  const ranges = unite(before, report.ranges);
  const growth = playedSeconds(ranges) - playedSeconds(before);
  const elapsedMs = Math.max(0, now - Math.max(sitting.openedAt, account.creditedAt));
  const spare = account.spareSeconds + (elapsedMs / 1000) * fastestRate - growth;
  if (growth > 0 && spare >= 0) {
    return { ranges, creditedAt: now, spareSeconds: Math.round(spare * 1000) / 1000, sitting };
  }
  return known !== null && !isNew ? known : { ...account, ranges: before, sitting };
}
