import { html, nothing, type TemplateResult } from "lit";
import { type Activity, levelLimits, levelOf } from "../calendar/activity.ts";
import { type DayNumber, formatCivilDate, yearMonthDay } from "../calendar/civil-date.ts";
import type { DayRange } from "../calendar/week-columns.ts";
import type { DateWords } from "./date-words.ts";
import type { HeatmapLabels } from "./heatmap-labels.ts";

export interface HeatmapList {
  range: DayRange;
  activity: Activity;
  /** How many months with activity are shown, newest first. */
  months: number;
  words: DateWords;
  labels: HeatmapLabels;
  showEarlier: () => void;
}

interface Month {
  id: string;
  days: DayNumber[];
}

export function renderList(list: HeatmapList): TemplateResult {
  const months = monthsWithActivity(list);
  const isMore = months.length > list.months;
  return html`<div part="list" class="list">
    ${months.slice(0, list.months).map((month) => renderMonth(list, month))}
    ${isMore
      ? html`<button type="button" part="button" @click=${list.showEarlier}>${list.labels.showEarlier}</button>`
      : nothing}
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

function monthsWithActivity({ activity, range }: HeatmapList): Month[] {
  const months: Month[] = [];
  for (let day = range.last; day >= range.first; day--) {
    if ((activity.counts.get(day) ?? 0) === 0) continue;
    const { year, month } = yearMonthDay(day);
    const id = `month-${year}-${month}`;
    const current = months.at(-1);
    if (current?.id === id) current.days.push(day);
    else months.push({ id, days: [day] });
  }
  return months;
}
