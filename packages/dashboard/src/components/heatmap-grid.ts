import { html, nothing, type TemplateResult } from "lit";
import { type Activity, levelOf } from "../calendar/activity.ts";
import { type DayNumber, formatCivilDate } from "../calendar/civil-date.ts";
import { dayAt, monthSpans, type WeekColumns, weekdayOfRow } from "../calendar/week-columns.ts";
import type { DateWords } from "./date-words.ts";
import type { HeatmapLabels } from "./heatmap-labels.ts";

export interface HeatmapGrid {
  weeks: WeekColumns;
  activity: Activity;
  today: DayNumber;
  /** The day that is the grid's single tab stop. */
  focusDay: DayNumber;
  words: DateWords;
  labels: HeatmapLabels;
}

// A month's name needs three columns; a shorter first or last month stays unnamed.
const columnsOfMonthName = 3;
// Monday, Wednesday and Friday: every name would be too dense to read. Hearing a row, one is told each.
const writtenWeekdays = new Set([1, 3, 5]);

export function renderGrid(grid: HeatmapGrid): TemplateResult {
  return html`<table role="grid" aria-readonly="true" aria-label=${grid.labels.name} part="grid">
    <thead>
      <tr>
        <td></td>
        ${monthSpans(grid.weeks).map(({ day, columns }) =>
          columns < columnsOfMonthName
            ? html`<td colspan=${columns}></td>`
            : html`<th scope="colgroup" colspan=${columns} part="month">${grid.words.shortMonth(day)}</th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${[0, 1, 2, 3, 4, 5, 6].map((row) => renderWeekday(grid, row))}
    </tbody>
  </table>`;
}

function renderWeekday(grid: HeatmapGrid, row: number): TemplateResult {
  const weekday = weekdayOfRow(grid.weeks, row);
  const columns = Array.from({ length: grid.weeks.count }, (_, column) => dayAt(grid.weeks, column, row));
  return html`<tr>
    <th scope="row" part="weekday" class=${writtenWeekdays.has(weekday) ? "" : "unseen"}>
      <span aria-hidden="true">${grid.words.weekday(weekday, "short")}</span>
      <span class="hidden-text">${grid.words.weekday(weekday, "long")}</span>
    </th>
    ${columns.map((day) => (day === null ? html`<td></td>` : renderDay(grid, day)))}
  </tr>`;
}

function renderDay({ activity, today, focusDay, words, labels }: HeatmapGrid, day: DayNumber): TemplateResult {
  const count = activity.counts.get(day) ?? 0;
  return html`<td
    role="gridcell"
    class="day"
    part="day"
    tabindex=${day === focusDay ? 0 : -1}
    data-date=${formatCivilDate(day)}
    data-day=${day}
    data-level=${levelOf(count)}
    aria-current=${day === today ? "date" : nothing}
    aria-label=${labels.day(count, words.longDay(day))}
  ></td>`;
}
