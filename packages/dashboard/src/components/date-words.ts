import { type DayNumber, type Weekday, yearMonthDay } from "../calendar/civil-date.ts";

// 5 January 1970 was a Monday.
const aMonday: DayNumber = 4;

/** Days, months and numbers in words. Formats are made once: making one costs more than using it a hundred times. */
export class DateWords {
  readonly locale: string;
  readonly #formats = new Map<string, Intl.DateTimeFormat>();

  constructor(locale: string) {
    this.locale = supportedLocale(locale);
  }

  /** "Tuesday 3 June 2025"; the comma some put after the weekday would be one too many in a sentence that has one. */
  longDay(day: DayNumber): string {
    const words = this.#format(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    return words.replace(/^(\p{L}+), (?=\d)/u, "$1 ");
  }

  /** "3 June 2025" */
  date(day: DayNumber): string {
    return this.#format(day, { day: "numeric", month: "long", year: "numeric" });
  }

  /** "Tue 3" */
  dayOfWeekAndMonth(day: DayNumber): string {
    return this.#format(day, { weekday: "short", day: "numeric" });
  }

  /** "3 June" */
  dayAndMonth(day: DayNumber): string {
    return this.#format(day, { day: "numeric", month: "long" });
  }

  /** "June 2025" */
  monthAndYear(day: DayNumber): string {
    return this.#format(day, { month: "long", year: "numeric" });
  }

  /** "Jun" */
  shortMonth(day: DayNumber): string {
    return this.#format(day, { month: "short" });
  }

  weekday(weekday: Weekday, length: "short" | "long"): string {
    return this.#format(aMonday + weekday - 1, { weekday: length });
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.locale).format(value);
  }

  /** "5 hr 12 min", never less than it is: a promise of time left must not be too long, so minutes are cut. */
  duration(milliseconds: number): string {
    const minutes = Math.max(1, Math.floor(milliseconds / 60_000));
    const hours = Math.floor(minutes / 60);
    const rest = minutes % 60;
    return [hours > 0 ? this.unit(hours, "hour") : "", rest > 0 ? this.unit(rest, "minute") : ""]
      .filter((part) => part !== "")
      .join(" ");
  }

  /** "12 min" in every English, also where custom says "12 mins". */
  unit(value: number, unit: "hour" | "minute" | "second"): string {
    const locale = this.locale.startsWith("en-") ? "en" : this.locale;
    return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(value);
  }

  /** A day number is no instant; it is written down in UTC, where every day has 24 hours, and read back there. */
  #format(day: DayNumber, options: Intl.DateTimeFormatOptions): string {
    const key = Object.entries(options).join();
    let format = this.#formats.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat(this.locale, { ...options, timeZone: "UTC", calendar: "gregory" });
      this.#formats.set(key, format);
    }
    const date = yearMonthDay(day);
    return format.format(Date.UTC(date.year, date.month - 1, date.day));
  }
}

/**
 * The words' language is the page's; if the browser speaks the same one with a region ("en-GB"), its customs are
 * better than the bare language's ("en" means the United States).
 */
export function localeOf(element: HTMLElement & { locale?: string | undefined }): string {
  if (element.locale) return element.locale;
  const page = element.closest("[lang]")?.getAttribute("lang") || document.documentElement.lang;
  if (!page) return navigator.language;
  return navigator.languages.find((name) => name.split("-")[0] === page) ?? page;
}

function supportedLocale(name: string): string {
  try {
    return Intl.getCanonicalLocales(name)[0] ?? "en";
  } catch {
    return "en";
  }
}
