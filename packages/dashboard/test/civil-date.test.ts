import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { addMonths, formatCivilDate, parseCivilDate, weekdayOf } from "../src/calendar/civil-date.ts";

const plainDate = fc
  .date({ min: new Date(Date.UTC(1600, 0, 1)), max: new Date(Date.UTC(2600, 0, 1)), noInvalidDate: true })
  .map((date) => Temporal.PlainDate.from(date.toISOString().slice(0, 10)));

function numberOf(date: Temporal.PlainDate | string): number {
  const number = parseCivilDate(date.toString());
  assert.notEqual(number, null, `${date.toString()} is a day`);
  return number ?? 0;
}

test("a day's number is its distance from 1 January 1970", () => {
  const epoch = Temporal.PlainDate.from("1970-01-01");
  fc.assert(fc.property(plainDate, (date) => numberOf(date) === epoch.until(date).days));
});

test("a number and its date are each other's inverse", () => {
  fc.assert(fc.property(plainDate, (date) => formatCivilDate(numberOf(date)) === date.toString()));
});

test("weekdays follow the calendar", () => {
  fc.assert(fc.property(plainDate, (date) => weekdayOf(numberOf(date)) === date.dayOfWeek));
});

test("the same day of another month is the last day where the month is too short", () => {
  fc.assert(
    fc.property(plainDate, fc.integer({ min: -30, max: 30 }), (date, months) => {
      assert.equal(formatCivilDate(addMonths(numberOf(date), months)), date.add({ months }).toString());
    }),
  );
});

test("every day of a leap year and of a common one follows the one before", () => {
  for (const year of [2023, 2024, 1900, 2000]) {
    const length = Temporal.PlainDate.from({ year, month: 1, day: 1 }).daysInYear;
    const first = numberOf(`${year}-01-01`);
    const days = Array.from({ length }, (_, index) => formatCivilDate(first + index));
    assert.equal(new Set(days).size, length);
    assert.equal(days.at(-1), `${year}-12-31`);
  }
});

test("what is no day is refused", () => {
  const refused = [
    "2025-02-29",
    "2025-13-01",
    "2025-00-10",
    "2025-04-31",
    "2025-1-1",
    "20250101",
    "",
    "2025-01-01T00:00",
  ];
  assert.deepEqual(
    refused.map(parseCivilDate),
    refused.map(() => null),
  );
});
