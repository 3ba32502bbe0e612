/** A civil date in the student's own zone, `YYYY-MM-DD`. */
export type Day = string & { readonly __day: true };

/** The heatmap's length. */
export const heatmapDays = 365;

/** The day it is for somebody in this IANA zone. The one function that decides "today". */
export function dayAt(epochMs: number, zone: string): Day {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone).toPlainDate().toString() as Day;
}

export function addDays(day: Day, days: number): Day {
  return Temporal.PlainDate.from(day).add({ days }).toString() as Day;
}

/** How many days after the first the other one is. */
export function daysUntil(first: Day, other: Day): number {
  return Temporal.PlainDate.from(first).until(other).days;
}

/** The days from first to last, both included, oldest first. */
export function daysBetween(first: Day, last: Day): Day[] {
  const days: Day[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}

/**
 * The zone in its canonical spelling ("asia/kolkata" is "Asia/Kolkata"), or undefined when it is no IANA zone. Offsets
 * such as "+05:30" are none: they know no daylight saving.
 */
export function parseTimeZone(text: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text)) return undefined;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId;
  } catch {
    return undefined;
  }
}
