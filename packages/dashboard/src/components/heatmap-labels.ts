export interface HeatmapLabels {
  /** Name of the grid for assistive technology. */
  name: string;
  /** The name of a day: what the tooltip shows and a screen reader says. */
  day: (count: number, date: string) => string;
  summary: (lectures: number, activeDays: number) => string;
  count: (count: number) => string;
  legend: string;
  legendUnit: string;
  calendarView: string;
  listView: string;
  viewChoice: string;
  showEarlier: string;
  emptyTitle: string;
  emptyHint: string;
}

const plural = new Intl.PluralRules("en");

function lectures(count: number): string {
  return `${count.toLocaleString("en")} ${plural.select(count) === "one" ? "lecture" : "lectures"}`;
}

export const heatmapLabels: HeatmapLabels = {
  name: "Lectures per day",
  day: (count, date) => `${count === 0 ? "No lectures" : lectures(count)}, ${date}`,
  summary: (total, days) => `${lectures(total)} on ${days} ${plural.select(days) === "one" ? "day" : "days"}`,
  count: lectures,
  legend: "Colours",
  legendUnit: "lectures a day",
  calendarView: "Calendar",
  listView: "List",
  viewChoice: "View",
  showEarlier: "Show earlier days",
  emptyTitle: "No activity yet",
  emptyHint: "Every lecture you finish colours a day here.",
};
