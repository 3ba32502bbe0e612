import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatCivilDate } from "../src/calendar/civil-date.ts";
import { dayInZone, endOfDayMs } from "../src/calendar/zone-day.ts";

const zones = [
  "Pacific/Kiritimati",
  "America/St_Johns",
  "Asia/Kolkata",
  "Europe/Berlin",
  "America/Havana",
  "Pacific/Apia",
  "UTC",
];
const zone = fc.constantFrom(...zones);
const instant = fc.integer({ min: Date.UTC(2012, 0, 1), max: Date.UTC(2035, 0, 1) });

function zoned(atMs: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone);
}

test("today is the day on the zone's own calendar", () => {
  fc.assert(
    fc.property(instant, zone, (atMs, timeZone) => {
      assert.equal(formatCivilDate(dayInZone(atMs, timeZone)), zoned(atMs, timeZone).toPlainDate().toString());
    }),
  );
});

test("a day ends when the zone's next day begins, also when the clock changes in between", () => {
  fc.assert(
    fc.property(instant, zone, (atMs, timeZone) => {
      const nextDay = zoned(atMs, timeZone).toPlainDate().add({ days: 1 }).toZonedDateTime(timeZone);
      assert.equal(endOfDayMs(atMs, timeZone), nextDay.epochMilliseconds);
    }),
    { numRuns: 60 },
  );
});

test("the days of a clock change have 23 and 25 hours", () => {
  const hoursFrom = (text: string): number => {
    const start = Temporal.ZonedDateTime.from(text).epochMilliseconds;
    return (endOfDayMs(start, "Europe/Berlin") - start) / 3_600_000;
  };
  assert.equal(hoursFrom("2025-03-30T00:00[Europe/Berlin]"), 23);
  assert.equal(hoursFrom("2025-10-26T00:00[Europe/Berlin]"), 25);
});

test("a walk through a whole year in steps of twelve hours sees every day once and in order", () => {
  for (const timeZone of zones) {
    const start = Temporal.ZonedDateTime.from(`2025-01-01T00:00[${timeZone}]`).epochMilliseconds;
    const seen: number[] = [];
    for (let hour = 0; hour < 365 * 24; hour += 12) {
      const day = dayInZone(start + hour * 3_600_000, timeZone);
      if (seen.at(-1) !== day) seen.push(day);
    }
    assert.equal(seen.length, 365, timeZone);
    assert.ok(
      seen.every((day, index) => index === 0 || day === (seen[index - 1] ?? 0) + 1),
      timeZone,
    );
  }
});
