import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type DayNumber, parseCivilDate, type Weekday, weekdayOf } from "../src/calendar/civil-date.ts";
import {
  calendarYear,
  dayAt,
  layWeekColumns,
  monthSpans,
  type WeekColumns,
  weekdayOfRow,
  yearEndingOn,
} from "../src/calendar/week-columns.ts";

const weekday = fc.integer({ min: 1, max: 7 }).map((number) => number as Weekday);
const today = fc.integer({ min: -100_000, max: 200_000 });
const year = fc.integer({ min: 1900, max: 2200 });

function daysByColumn(weeks: WeekColumns): DayNumber[] {
  const days: DayNumber[] = [];
  for (let column = 0; column < weeks.count; column++) {
    for (let row = 0; row < 7; row++) {
      const day = dayAt(weeks, column, row);
      if (day !== null) days.push(day);
    }
  }
  return days;
}

test("the year that ends today is 365 days in 53 columns, whatever the day and the first weekday", () => {
  fc.assert(
    fc.property(today, weekday, (last, firstWeekday) => {
      const weeks = layWeekColumns(yearEndingOn(last), firstWeekday);
      assert.equal(weeks.count, 53);
      assert.deepEqual(
        daysByColumn(weeks),
        Array.from({ length: 365 }, (_, index) => last - 364 + index),
      );
    }),
  );
});

test("a calendar year shows each of its days once, in order", () => {
  fc.assert(
    fc.property(year, weekday, (number, firstWeekday) => {
      const range = calendarYear(number);
      const length = Temporal.PlainDate.from({ year: number, month: 1, day: 1 }).daysInYear;
      const expected = Array.from({ length }, (_, index) => range.first + index);
      assert.deepEqual(daysByColumn(layWeekColumns(range, firstWeekday)), expected);
    }),
  );
});

test("a leap year that begins on the last day of a week takes 54 columns, no other year does", () => {
  fc.assert(
    fc.property(year, weekday, (number, firstWeekday) => {
      const range = calendarYear(number);
      const isLeap = range.last - range.first === 365;
      const beginsOnLastDay = (weekdayOf(range.first) % 7) + 1 === firstWeekday;
      assert.equal(layWeekColumns(range, firstWeekday).count, isLeap && beginsOnLastDay ? 54 : 53);
    }),
  );
  assert.equal(layWeekColumns(calendarYear(2028), 7).count, 54);
});

test("every day stands in the row of its weekday", () => {
  fc.assert(
    fc.property(today, weekday, (last, firstWeekday) => {
      const weeks = layWeekColumns(yearEndingOn(last), firstWeekday);
      for (let row = 0; row < 7; row++) {
        for (const column of [1, 26, 51]) {
          assert.equal(weekdayOf(dayAt(weeks, column, row) ?? 0), weekdayOfRow(weeks, row));
        }
      }
    }),
  );
});

test("the months' names span exactly all columns", () => {
  fc.assert(
    fc.property(today, weekday, (last, firstWeekday) => {
      const weeks = layWeekColumns(yearEndingOn(last), firstWeekday);
      const spans = monthSpans(weeks);
      assert.equal(
        spans.reduce((sum, { columns }) => sum + columns, 0),
        weeks.count,
      );
      assert.ok(spans.length === 12 || spans.length === 13);
    }),
  );
});

test("29 February has a cell of its own", () => {
  const leapDay = parseCivilDate("2024-02-29") ?? 0;
  assert.ok(daysByColumn(layWeekColumns(calendarYear(2024), 1)).includes(leapDay));
});
