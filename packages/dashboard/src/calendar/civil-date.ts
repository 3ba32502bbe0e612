/**
 * Civil dates as whole numbers of days, so that a calendar never meets a clock. A `Date` read from `YYYY-MM-DD` is
 * midnight in Greenwich, which is yesterday for half the world, and a day is not always 86,400,000 ms long: both are
 * why calendars lose or double a day. The arithmetic is the proleptic Gregorian calendar counted from 1 March of
 * year 0, where the leap day falls at the end of a year and needs no special case.
 */

/** Days since 1970-01-01. */
export type DayNumber = number;

/** 1 is Monday, 7 is Sunday, as in ISO 8601. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface YearMonthDay {
  year: number;
  month: number;
  day: number;
}

const daysPerEra = 146_097;
const daysBeforeEpoch = 719_468;
const epochWeekday = 4;

export function dayNumber({ year, month, day }: YearMonthDay): DayNumber {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * daysPerEra + dayOfEra - daysBeforeEpoch;
}

export function yearMonthDay(number: DayNumber): YearMonthDay {
  const shifted = number + daysBeforeEpoch;
  const era = Math.floor(shifted / daysPerEra);
  const dayOfEra = shifted - era * daysPerEra;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

/** `null` for anything that is not a real day, such as 2025-02-29. */
export function parseCivilDate(text: string): DayNumber | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return null;
  const number = dayNumber({ year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) });
  return formatCivilDate(number) === text ? number : null;
}

export function formatCivilDate(number: DayNumber): string {
  const { year, month, day } = yearMonthDay(number);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

export function weekdayOf(number: DayNumber): Weekday {
  return (modulo(number + epochWeekday - 1, 7) + 1) as Weekday;
}

/** The same day of another month; the last one where that month is too short. */
export function addMonths(number: DayNumber, months: number): DayNumber {
  const { year, month, day } = yearMonthDay(number);
  const monthIndex = year * 12 + (month - 1) + months;
  const first = dayNumber({ year: Math.floor(monthIndex / 12), month: modulo(monthIndex, 12) + 1, day: 1 });
  const next = monthIndex + 1;
  const length = dayNumber({ year: Math.floor(next / 12), month: modulo(next, 12) + 1, day: 1 }) - first;
  return first + Math.min(day, length) - 1;
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
