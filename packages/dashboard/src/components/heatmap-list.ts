import { html, nothing, type TemplateResult } from "lit";
import { type Activity, levelLimits, levelOf } from "../calendar/activity.ts";
import { type DayNumber, formatCivilDate, yearMonthDay } from "../calendar/civil-date.ts";
import type { DayRange } from "../calendar/week-columns.ts";
import type { DateWords } from "./date-words.ts";
import type { HeatmapLabels } from "./heatmap-labels.ts";

export interface HeatmapList {
  range: DayRange;
  activity: Activity;
  /** How many days with activity are shown, newest first. */
  shownDays: number;
  words: DateWords;
  labels: HeatmapLabels;
  showEarlier: () => void;
}

interface Month {
  id: string;
  days: DayNumber[];
}

export function renderList(list: HeatmapList): TemplateResult {
  const days = activeDays(list);
  const isMore = days.length > list.shownDays;
  return html`<div part="list" class="list">
    ${byMonth(days.slice(0, list.shownDays)).map((month) => renderMonth(list, month))}
    ${
      isMore
        ? html`<button type="button" part="button" @click=${list.showEarlier}>${list.labels.showEarlier}</button>`
        : nothing
    }
  </div>`;
}

function renderMonth(list: HeatmapList, { id, days }: Month): TemplateResult {
  return html`<p class="month-name" id=${id}>${list.words.monthAndYear(days[0] ?? 0)}</p>
    <ul aria-labelledby=${id}>
      ${days.map((day) => renderDay(list, day))}
    </ul>`;
}

function renderDay({ activity, words, labels }: HeatmapList, day: DayNumber): TemplateResult {
  const count = activity.counts.get(day) ?? 0;
  return html`<li>
    <button
      type="button"
      class="list-day"
      part="list-day"
      data-date=${formatCivilDate(day)}
      data-day=${day}
      aria-label=${labels.day(count, words.longDay(day))}
    >
      <span>${words.dayOfWeekAndMonth(day)}</span>
      <span class="meter" data-level=${levelOf(count)}>${levelLimits.map(() => html`<i></i>`)}</span>
      <span class="muted">${labels.count(count)}</span>
    </button>
  </li>`;
}

function activeDays({ activity, range }: HeatmapList): DayNumber[] {
  return [...activity.counts]
    .filter(([day, count]) => count > 0 && day >= range.first && day <= range.last)
    .map(([day]) => day)
    .toSorted((one, other) => other - one);
}

function byMonth(days: readonly DayNumber[]): Month[] {
  const months: Month[] = [];
  for (const day of days) {
    const { year, month } = yearMonthDay(day);
    const id = `month-${year}-${month}`;
    const current = months.at(-1);
    if (current?.id === id) current.days.push(day);
    else months.push({ id, days: [day] });
  }
  return months;
}
