import type { HeatmapResponse } from "@aetherlearn/protocol";
import { type CSSResultGroup, html, type PropertyDeclarations, type PropertyValues, type TemplateResult } from "lit";
import type { ProgressApi } from "../api/progress-api.ts";
import { type Activity, levelLimits, readActivity, summarize } from "../calendar/activity.ts";
import { type DayNumber, formatCivilDate, parseCivilDate, type Weekday } from "../calendar/civil-date.ts";
import { dayForKey } from "../calendar/day-keys.ts";
import { firstWeekdayOf } from "../calendar/first-weekday.ts";
import { calendarYear, type DayRange, layWeekColumns, yearEndingOn } from "../calendar/week-columns.ts";
import { dayInZone } from "../calendar/zone-day.ts";
import { ConnectedElement } from "./connected-element.ts";
import { renderGrid } from "./heatmap-grid.ts";
import { type HeatmapLabels, heatmapLabels } from "./heatmap-labels.ts";
import { renderList } from "./heatmap-list.ts";
import { heatmapStyles } from "./heatmap-styles.ts";
import { placeTooltip } from "./heatmap-tooltip.ts";
import { theme } from "./theme.ts";

export type HeatmapView = "auto" | "calendar" | "list";

export interface DaySelectDetail {
  date: string;
  count: number;
}

const narrowPx = 560;
const firstListedDays = 7;
const moreListedDays = 28;

/**
 * A year of activity as a grid of days. Keyboard, pointer and touch all end in one place, `#focusDay` and the tooltip
 * of that day. The grid has one tab stop: the focused day, at first today.
 */
export class ActivityHeatmap extends ConnectedElement<HeatmapLabels> {
  static override properties: PropertyDeclarations = {
    data: { attribute: false },
    today: {},
    year: { type: Number },
    firstDay: { type: Number, attribute: "first-day" },
    view: {},
    isNarrow: { state: true },
    focusDay: { state: true },
    shownDays: { state: true },
  };
  static override styles: CSSResultGroup = [theme, heatmapStyles];

  declare data: HeatmapResponse | undefined;
  declare today: string | undefined;
  declare year: number | undefined;
  declare firstDay: number | undefined;
  declare view: HeatmapView | undefined;
  declare protected isNarrow: boolean;
  declare protected focusDay: DayNumber | undefined;
  declare protected shownDays: number;

  protected override readonly defaultLabels: HeatmapLabels = heatmapLabels;
  #activity: Activity = readActivity([]);
  #today: DayNumber = 0;
  #range: DayRange = { first: 0, last: 0 };
  #isScrolled = false;
  #tooltipCell: HTMLElement | undefined;
  readonly #resize = new ResizeObserver(([entry]) => {
    // Width 0 is a hidden component, which is no reason to change its view.
    const width = entry?.contentRect.width ?? 0;
    if (width === 0 || width === this.#width) return;
    this.#width = width;
    this.isNarrow = width < narrowPx;
    // A device that was turned shows today again, whatever its old width left in sight.
    this.#isScrolled = false;
    this.requestUpdate();
  });
  #width = 0;

  constructor() {
    super();
    this.isNarrow = false;
    this.shownDays = firstListedDays;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Measured at once as well, so that a phone does not see the calendar flash by before the list.
    this.isNarrow = this.clientWidth > 0 && this.clientWidth < narrowPx;
    this.#resize.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize.disconnect();
  }

  protected override get hasData(): boolean {
    return this.data !== undefined;
  }

  protected override async load(api: ProgressApi, signal: AbortSignal): Promise<void> {
    this.data = await api.get<HeatmapResponse>("/progress/heatmap/data?fill=zero", signal);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!["data", "today", "year"].some((name) => changed.has(name))) return;
    this.#activity = readActivity(this.data ?? []);
    this.#today = this.#todayOf(this.#activity);
    this.#range = this.year ? calendarYear(this.year) : yearEndingOn(this.#today);
    this.focusDay = Math.min(Math.max(this.focusDay ?? this.#today, this.#range.first), this.#range.last);
    if (changed.has("year")) this.#isScrolled = false;
  }

  /** The service decides what today is; this device's clock is asked only where the service was not. */
  #todayOf({ latest, isFilled }: Activity): DayNumber {
    const told = this.today ? parseCivilDate(this.today) : null;
    if (told !== null) return told;
    if (isFilled && latest !== null) return latest;
    return Math.max(latest ?? 0, dayInZone(Date.now(), undefined));
  }

  get #shownView(): "calendar" | "list" {
    if (this.view === "calendar" || this.view === "list") return this.view;
    return this.isNarrow ? "list" : "calendar";
  }

  protected override renderReady(): TemplateResult {
    const labels = this.text;
    const { lectures, activeDays } = summarize(this.#activity, this.#range);
    if (activeDays === 0 && !this.year) return this.renderNotice(labels.emptyTitle, labels.emptyHint);
    const isList = this.#shownView === "list";
    return html`<div class="card" part="card" @click=${this.#selectClicked}>
      <div class="head">
        <p part="summary">${labels.summary(lectures, activeDays)}</p>
        <div class="choice" role="group" aria-label=${labels.viewChoice}>
          ${this.#renderChoice("calendar", labels.calendarView)}${this.#renderChoice("list", labels.listView)}
        </div>
      </div>
      ${isList ? this.#renderList() : this.#renderCalendar()}
    </div>`;
  }

  #renderChoice(view: "calendar" | "list", label: string): TemplateResult {
    const choose = (): void => {
      this.view = view;
      this.#isScrolled = false;
    };
    const isPressed = this.#shownView === view;
    return html`<button type="button" part="button" aria-pressed=${isPressed} @click=${choose}>${label}</button>`;
  }

  #renderList(): TemplateResult {
    return renderList({
      range: this.#range,
      activity: this.#activity,
      shownDays: this.shownDays,
      words: this.words,
      labels: this.text,
      showEarlier: () => (this.shownDays += moreListedDays),
    });
  }

  #renderCalendar(): TemplateResult {
    const weekday = (this.firstDay || firstWeekdayOf(this.locale ?? navigator.language)) as Weekday;
    const grid = renderGrid({
      weeks: layWeekColumns(this.#range, weekday),
      activity: this.#activity,
      today: this.#today,
      focusDay: this.focusDay ?? this.#today,
      words: this.words,
      labels: this.text,
    });
    return html`<div
        class="frame"
        @keydown=${this.#moveFocus}
        @focusin=${this.#showTooltip}
        @focusout=${this.#hideTooltip}
        @pointerover=${this.#showTooltip}
        @pointerleave=${this.#hideTooltip}
      >
        <div class="scroller" @scroll=${this.#keepTooltipInPlace}>${grid}</div>
        <div class="tooltip" part="tooltip" aria-hidden="true" hidden></div>
      </div>
      ${this.#renderLegend()}`;
  }

  #renderLegend(): TemplateResult {
    const { legend, legendUnit } = this.text;
    const limits = [0, ...levelLimits];
    return html`<ul class="legend" part="legend" aria-label=${legend}>
      ${limits.map((from, level) => {
        const next = limits[level + 1];
        const to = next === undefined ? "+" : next - 1 > from ? `–${next - 1}` : "";
        return html`<li><span class="swatch" data-level=${level}></span>${from}${to}</li>`;
      })}
      <li>${legendUnit}</li>
    </ul>`;
  }

  protected override renderLoading(): TemplateResult {
    return html`<div class="bone bones"></div>`;
  }

  protected override updated(): void {
    const today = this.renderRoot.querySelector(`.day[data-day="${Math.min(this.#today, this.#range.last)}"]`);
    const scroller = this.renderRoot.querySelector(".scroller");
    if (!today || !scroller || this.#isScrolled) return;
    this.#isScrolled = true;
    const [cell, view] = [today.getBoundingClientRect(), scroller.getBoundingClientRect()];
    if (cell.right > view.right) scroller.scrollLeft += cell.right - view.right + 8;
    else if (cell.left < view.left) scroller.scrollLeft -= view.left - cell.left + 8;
  }

  #moveFocus(event: KeyboardEvent): void {
    const cell = dayCell(event);
    if (!cell || event.altKey || event.metaKey) return;
    if (event.key === "Escape") return this.#hideTooltip();
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return this.#select(cell);
    }
    const isRightToLeft = getComputedStyle(this).direction === "rtl";
    const { key, ctrlKey } = event;
    const day = dayForKey(Number(cell.dataset["day"]), { key, ctrlKey, isRightToLeft }, this.#range);
    if (day === null) return;
    event.preventDefault();
    this.#focus(day);
  }

  #focus(day: DayNumber): void {
    this.focusDay = day;
    this.renderRoot.querySelector<HTMLElement>(`.day[data-day="${day}"]`)?.focus();
  }

  #selectClicked(event: Event): void {
    const cell = dayCell(event);
    if (!cell) return;
    if (cell.classList.contains("day")) {
      this.#focus(Number(cell.dataset["day"]));
      this.#showTooltip(event);
    }
    this.#select(cell);
  }

  #select(cell: HTMLElement): void {
    const day = Number(cell.dataset["day"]);
    const detail: DaySelectDetail = { date: formatCivilDate(day), count: this.#activity.counts.get(day) ?? 0 };
    this.emit("day-select", detail);
  }

  #showTooltip(event: Event): void {
    const cell = dayCell(event);
    const tooltip = this.#tooltip;
    if (!cell || !tooltip) return;
    this.#tooltipCell = cell;
    tooltip.textContent = cell.ariaLabel;
    tooltip.hidden = false;
    this.#keepTooltipInPlace();
  }

  #keepTooltipInPlace(): void {
    const frame = this.renderRoot.querySelector(".frame");
    if (frame && this.#tooltip && this.#tooltipCell) placeTooltip(this.#tooltip, this.#tooltipCell, frame);
  }

  #hideTooltip(): void {
    this.#tooltipCell = undefined;
    if (this.#tooltip) this.#tooltip.hidden = true;
  }

  get #tooltip(): HTMLElement | null {
    return this.renderRoot.querySelector(".tooltip");
  }
}

function dayCell(event: Event): HTMLElement | null {
  return event.target instanceof Element ? event.target.closest<HTMLElement>("[data-day]") : null;
}
