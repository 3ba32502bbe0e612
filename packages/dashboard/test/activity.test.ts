import assert from "node:assert/strict";
import { test } from "node:test";
import { levelOf, readActivity, summarize } from "../src/calendar/activity.ts";
import { parseCivilDate } from "../src/calendar/civil-date.ts";
import { firstWeekdayOf, firstWeekdayOfRegion } from "../src/calendar/first-weekday.ts";
import { yearEndingOn } from "../src/calendar/week-columns.ts";

test("five levels with fixed limits", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 6, 7, 500].map(levelOf), [0, 1, 2, 2, 3, 3, 4, 4]);
});

test("a list with empty days ends today, one without may have stopped earlier", () => {
  assert.equal(readActivity([{ date: "2025-06-02", count: 0 }]).isFilled, true);
  assert.equal(readActivity([{ date: "2025-06-02", count: 1 }]).isFilled, false);
});

test("an entry that is no day is left out", () => {
  const activity = readActivity([
    { date: "2025-02-30", count: 5 },
    { date: "2025-03-01", count: 2 },
  ]);
  assert.deepEqual([...activity.counts.values()], [2]);
});

test("the summary counts days inside the year only", () => {
  const today = parseCivilDate("2025-06-03") ?? 0;
  const days = ["2024-06-03", "2024-06-04", "2025-06-03", "2025-06-04"].map((date) => ({ date, count: 3 }));
  assert.deepEqual(summarize(readActivity(days), yearEndingOn(today)), { lectures: 6, activeDays: 2 });
});

test("the first weekday comes from the locale, in browsers without week data from a table that agrees", () => {
  assert.deepEqual(["en-US", "en-GB", "ar-EG", "de", "pt-BR", "x"].map(firstWeekdayOf), [7, 1, 6, 1, 7, 1]);
  for (const region of ["US", "GB", "EG", "DE", "BR", "JP", "IN", "SA", "FR", "CA", "IR", "AU", "IS", "SE"]) {
    assert.equal(firstWeekdayOfRegion(region), firstWeekdayOf(`und-${region}`), region);
  }
});
