import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatCivilDate, parseCivilDate } from "../src/calendar/civil-date.ts";
import { dayForKey } from "../src/calendar/day-keys.ts";
import { yearEndingOn } from "../src/calendar/week-columns.ts";

const range = yearEndingOn(parseCivilDate("2025-06-03") ?? 0);

function press(
  from: string,
  key: string,
  modifiers: { ctrlKey?: boolean; isRightToLeft?: boolean } = {},
): string | null {
  const day = dayForKey(parseCivilDate(from) ?? 0, { key, ctrlKey: false, isRightToLeft: false, ...modifiers }, range);
  return day === null ? null : formatCivilDate(day);
}

test("left and right go by week, up and down by day", () => {
  assert.equal(press("2025-05-01", "ArrowLeft"), "2025-04-24");
  assert.equal(press("2025-05-01", "ArrowRight"), "2025-05-08");
  assert.equal(press("2025-05-01", "ArrowUp"), "2025-04-30");
  assert.equal(press("2025-05-01", "ArrowDown"), "2025-05-02");
});

test("left and right change sides where writing does", () => {
  assert.equal(press("2025-05-01", "ArrowLeft", { isRightToLeft: true }), "2025-05-08");
});

test("Home and End stay on the weekday, with Ctrl they reach the first and the last day", () => {
  assert.equal(press("2025-05-01", "Home"), "2024-06-06");
  assert.equal(press("2025-05-01", "End"), "2025-05-29");
  assert.equal(press("2025-05-01", "Home", { ctrlKey: true }), "2024-06-04");
  assert.equal(press("2025-05-01", "End", { ctrlKey: true }), "2025-06-03");
});

test("page keys go by month", () => {
  assert.equal(press("2025-03-31", "PageUp"), "2025-02-28");
  assert.equal(press("2025-03-31", "PageDown"), "2025-04-30");
  assert.equal(press("2025-05-20", "PageDown"), "2025-06-03");
});

test("no key leads out of the year, other keys lead nowhere", () => {
  const keys = fc.constantFrom("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown");
  fc.assert(
    fc.property(fc.integer({ min: range.first, max: range.last }), keys, fc.boolean(), (from, key, ctrlKey) => {
      const day = dayForKey(from, { key, ctrlKey, isRightToLeft: false }, range) ?? Number.NaN;
      assert.ok(day >= range.first && day <= range.last);
    }),
  );
  assert.equal(press("2025-05-01", "Tab"), null);
});
