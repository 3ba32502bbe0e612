import type { Weekday } from "./civil-date.ts";

/** What browsers really have: the method, the older property of the same meaning, or neither. */
interface LocaleWithWeek {
  getWeekInfo?: () => { firstDay: number };
  weekInfo?: { firstDay: number };
  maximize: () => { region?: string | undefined };
}

// CLDR's regions that do not begin on Monday, for browsers without week data (Firefox).
const sundayRegions =
  "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN IS JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW";
const saturdayRegions = "AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY";

export function firstWeekdayOf(localeName: string): Weekday {
  let locale: LocaleWithWeek;
  try {
    locale = new Intl.Locale(localeName);
  } catch {
    return 1;
  }
  const known = (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay;
  return known === undefined ? firstWeekdayOfRegion(locale.maximize().region ?? "") : (known as Weekday);
}

export function firstWeekdayOfRegion(region: string): Weekday {
  if (region !== "" && sundayRegions.includes(region)) return 7;
  return region !== "" && saturdayRegions.includes(region) ? 6 : 1;
}
