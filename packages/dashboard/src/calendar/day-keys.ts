import { addMonths, type DayNumber } from "./civil-date.ts";
import type { DayRange } from "./week-columns.ts";

export interface DayKey {
  key: string;
  ctrlKey: boolean;
  isRightToLeft: boolean;
}

/**
 * Where a key leads from a day, or `null` if it is not one of the grid's keys. Left and right go by week, up and down
 * by day, page keys by month; Home and End stay on the weekday, with Ctrl they leap to the first and last day.
 */
export function dayForKey(from: DayNumber, { key, ctrlKey, isRightToLeft }: DayKey, range: DayRange): DayNumber | null {
  const week = isRightToLeft ? -7 : 7;
  switch (key) {
    case "ArrowRight":
      return stay(from, from + week, range);
    case "ArrowLeft":
      return stay(from, from - week, range);
    case "ArrowDown":
      return stay(from, from + 1, range);
    case "ArrowUp":
      return stay(from, from - 1, range);
    case "Home":
      return ctrlKey ? range.first : from - Math.floor((from - range.first) / 7) * 7;
    case "End":
      return ctrlKey ? range.last : from + Math.floor((range.last - from) / 7) * 7;
    case "PageUp":
      return Math.max(addMonths(from, -1), range.first);
    case "PageDown":
      return Math.min(addMonths(from, 1), range.last);
    default:
      return null;
  }
}

function stay(from: DayNumber, to: DayNumber, range: DayRange): DayNumber {
  return to < range.first || to > range.last ? from : to;
}
