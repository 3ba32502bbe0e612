import { type DayNumber, dayNumber, type Weekday, weekdayOf, yearMonthDay } from "./civil-date.ts";

/** Days from first to last, both included. */
export interface DayRange {
  first: DayNumber;
  last: DayNumber;
}

/** Days laid out as week columns; the first and the last column may be incomplete. */
export interface WeekColumns {
  range: DayRange;
  firstWeekday: Weekday;
  /** The day in the top left corner, which may lie before the range. */
  origin: DayNumber;
  count: number;
}

export interface MonthSpan {
  /** Any day of the month inside the range. */
  day: DayNumber;
  columns: number;
}

/** The 365 days that end today: what the service's heatmap holds. */
export function yearEndingOn(today: DayNumber): DayRange {
  return { first: today - 364, last: today };
}

export function calendarYear(year: number): DayRange {
  return { first: dayNumber({ year, month: 1, day: 1 }), last: dayNumber({ year, month: 12, day: 31 }) };
}

/** 53 columns; 54 for a leap year that begins on the last day of a week. */
export function layWeekColumns(range: DayRange, firstWeekday: Weekday): WeekColumns {
  const origin = range.first - rowOfWeekday(weekdayOf(range.first), firstWeekday);
  return { range, firstWeekday, origin, count: Math.floor((range.last - origin) / 7) + 1 };
}

/** The day in a cell, or `null` where the year has not begun or has ended. */
export function dayAt(weeks: WeekColumns, column: number, row: number): DayNumber | null {
  const day = weeks.origin + column * 7 + row;
  return day < weeks.range.first || day > weeks.range.last ? null : day;
}

export function weekdayOfRow(weeks: WeekColumns, row: number): Weekday {
  return (((weeks.firstWeekday - 1 + row) % 7) + 1) as Weekday;
}

/** A column belongs to the month of its first day, so the spans together are exactly as wide as the grid. */
export function monthSpans(weeks: WeekColumns): MonthSpan[] {
  const spans: MonthSpan[] = [];
  for (let column = 0; column < weeks.count; column++) {
    const day = Math.max(weeks.origin + column * 7, weeks.range.first);
    const previous = spans.at(-1);
    if (previous && yearMonthDay(previous.day).month === yearMonthDay(day).month) previous.columns++;
    else spans.push({ day, columns: 1 });
  }
  return spans;
}

function rowOfWeekday(weekday: Weekday, firstWeekday: Weekday): number {
  return (weekday - firstWeekday + 7) % 7;
}
