import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { addDays, type Day, dayAt, daysBetween, parseTimeZone } from "../../src/domain/activity-day.ts";
import { hourMs, instant, recently, zone, zones } from "./zones.ts";

/** What the calendars of the language say: they know the zones from another database. */
const calendars = new Map(
  zones.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }),
  ]),
);

function dayByCalendar(epochMs: number, timeZone: string): string | undefined {
  return calendars.get(timeZone)?.format(epochMs);
}

function startOf(day: Day, timeZone: string): number {
  return Temporal.PlainDate.from(day).toZonedDateTime({ timeZone }).epochMilliseconds;
}

describe("the day it is for a student", () => {
  test("is the one the calendar shows, in every zone", () => {
    fc.assert(
      fc.property(instant, zone, (now, timeZone) => assert.equal(dayAt(now, timeZone), dayByCalendar(now, timeZone))),
      { numRuns: 1_000 },
    );
  });

  test("is exactly one for every instant, also in the hours around a change of the clocks", () => {
    fc.assert(
      fc.property(recently, zone, (now, timeZone) => {
        const change = Temporal.Instant.fromEpochMilliseconds(now)
          .toZonedDateTimeISO(timeZone)
          .getTimeZoneTransition("next");
        const around = change === null ? now : change.epochMilliseconds + (now % (26 * hourMs)) - 13 * hourMs;
        for (const moment of [now, around]) {
          const day = dayAt(moment, timeZone);
          assert.ok(startOf(day, timeZone) <= moment, `${day} has not begun`);
          assert.ok(moment < startOf(addDays(day, 1), timeZone), `${day} is over`);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("never goes back as time goes on", () => {
    fc.assert(
      fc.property(recently, fc.integer({ min: 0, max: 50 * hourMs }), zone, (now, later, timeZone) => {
        assert.ok(dayAt(now, timeZone) <= dayAt(now + later, timeZone));
      }),
      { numRuns: 1_000 },
    );
  });

  const examples: [at: string, zone: string, day: string][] = [
    ["2026-01-01T09:59:59.999Z", "Pacific/Kiritimati", "2026-01-01"],
    ["2026-01-01T10:00:00Z", "Pacific/Kiritimati", "2026-01-02"],
    ["2026-01-01T10:59:59.999Z", "Pacific/Pago_Pago", "2025-12-31"],
    ["2026-01-01T18:29:59.999Z", "Asia/Kolkata", "2026-01-01"],
    ["2026-01-01T18:30:00Z", "Asia/Kolkata", "2026-01-02"],
    ["2026-01-01T03:29:59.999Z", "America/St_Johns", "2025-12-31"],
    ["2026-07-01T02:30:00Z", "America/St_Johns", "2026-07-01"],
    // Until 2011 the clocks there went from 00:01 back to 23:01, into the day before.
    ["2000-10-29T02:30:30Z", "America/St_Johns", "2000-10-29"],
    ["2000-10-29T02:31:00Z", "America/St_Johns", "2000-10-28"],
    ["2026-03-29T22:00:00Z", "Europe/Berlin", "2026-03-30"],
    ["2026-10-25T22:59:59.999Z", "Europe/Berlin", "2026-10-25"],
    ["2026-01-01T13:00:00Z", "Australia/Lord_Howe", "2026-01-02"],
    ["2026-07-01T13:29:59.999Z", "Australia/Lord_Howe", "2026-07-01"],
    ["2011-12-30T09:59:59.999Z", "Pacific/Apia", "2011-12-29"],
    ["2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31"],
    ["2024-02-29T23:59:59.999Z", "UTC", "2024-02-29"],
  ];
  for (const [at, timeZone, day] of examples) {
    test(`is ${day} in ${timeZone} at ${at}`, () => assert.equal(dayAt(Date.parse(at), timeZone), day));
  }

  test("is never the day that Samoa left out", () => {
    const around = fc.integer({ min: Date.UTC(2011, 11, 28), max: Date.UTC(2012, 0, 2) });
    fc.assert(fc.property(around, (now) => assert.notEqual(dayAt(now, "Pacific/Apia"), "2011-12-30")));
  });
});

test("the days between two days are all there, in order, once each", () => {
  fc.assert(
    fc.property(instant, fc.integer({ min: 0, max: 800 }), (now, length) => {
      const first = dayAt(now, "UTC");
      const days = daysBetween(first, addDays(first, length));
      const expected = Array.from({ length: length + 1 }, (_, index) =>
        dayByCalendar(now + index * 24 * hourMs, "UTC"),
      );
      assert.deepEqual(days, expected);
    }),
    { numRuns: 50 },
  );
});

test("every zone is known in any spelling of its letters, and nothing else is a zone", () => {
  for (const name of zones) assert.equal(parseTimeZone(name.toLowerCase()), name);
  for (const text of ["", "+05:30", "Mars/Olympus", "Europe/Berlin ", "Europe\u0000/Berlin", "../etc/localtime", "-"]) {
    assert.equal(parseTimeZone(text), undefined);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseTimeZone(text);
      if (parsed !== undefined) assert.equal(parseTimeZone(parsed), parsed);
    }),
  );
});
