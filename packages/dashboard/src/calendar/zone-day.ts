import { type DayNumber, dayNumber } from "./civil-date.ts";

const longestDayMs = 26 * 3600 * 1000;

/** Which day it is in a time zone. */
export function dayInZone(atMs: number, timeZone: string | undefined): DayNumber {
  return zoneDayReader(timeZone)(atMs);
}

/**
 * The instant the zone's day turns. Found by bisection over the zone's own calendar instead of adding hours, because
 * the day of a clock change has 23 or 25 of them.
 */
export function endOfDayMs(atMs: number, timeZone: string | undefined): number {
  const dayAt = zoneDayReader(timeZone);
  const today = dayAt(atMs);
  let before = atMs;
  let after = atMs + longestDayMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayAt(middle) > today) after = middle;
    else before = middle;
  }
  return after;
}

function zoneDayReader(timeZone: string | undefined): (atMs: number) => DayNumber {
  const format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
    ...(timeZone ? { timeZone } : {}),
    year: "numeric",
    month: "numeric",
    day: "numeric",
  });
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    return dayNumber({ year: parts.get("year") ?? 0, month: parts.get("month") ?? 0, day: parts.get("day") ?? 0 });
  };
}
