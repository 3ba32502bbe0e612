import type { HeatmapResponse, ProfileResponse, StudentStatsResponse } from "@aetherlearn/protocol";
import {
  type CSSResultGroup,
  html,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  svg,
  type TemplateResult,
} from "lit";
import type { ProgressApi } from "../api/progress-api.ts";
import { type StreakState, streakState } from "../api/streak-state.ts";
import { type DayNumber, parseCivilDate } from "../calendar/civil-date.ts";
import { dayInZone, endOfDayMs } from "../calendar/zone-day.ts";
import { ConnectedElement } from "./connected-element.ts";
import { type StreakLabels, streakLabels } from "./streak-labels.ts";
import { streakStyles } from "./streak-styles.ts";
import { theme } from "./theme.ts";

const minuteMs = 60_000;

const flame = svg`<svg class="flame" viewBox="5.6 1.6 12.6 20.6" aria-hidden="true"><path
  d="M12.6 2.3c.5 3.3-1 5-2.6 6.9-1.7 2-3.5 4.1-3.5 7a6 6 0 0 0 3.2 5.3c-.6-2.3.3-4.2 2.1-6.1.3 1.3.9 2 1.7 2.6 1 .8 1.3 2 .9 3.6a6 6 0 0 0 3.1-5.4c0-1.6-.5-2.8-1.1-3.9-.4.9-.9 1.4-1.7 1.7.4-4.7-.3-8.9-2.1-11.7Z"/></svg>`;

/** The streak, told without blame: it may be hidden, and a broken one is an invitation. */
export class StreakCard extends ConnectedElement<StreakLabels> {
  static override properties: PropertyDeclarations = {
    stats: { attribute: false },
    activeDays: { type: Number, attribute: "active-days" },
    today: {},
    timeZone: { attribute: "time-zone" },
    collapsed: { type: Boolean, reflect: true },
    streakState: { attribute: "streak-state", reflect: true },
  };
  static override styles: CSSResultGroup = [theme, streakStyles];

  declare stats: StudentStatsResponse | undefined;
  declare activeDays: number | undefined;
  declare today: string | undefined;
  declare timeZone: string | undefined;
  declare collapsed: boolean;
  /** Set by the component, for a page's style sheet to see. */
  declare streakState: StreakState | undefined;

  protected override readonly defaultLabels: StreakLabels = streakLabels;
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.collapsed = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.#tick(), minuteMs);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  protected override get hasData(): boolean {
    return this.stats !== undefined;
  }

  protected override async load(api: ProgressApi, signal: AbortSignal): Promise<void> {
    const [stats, days, profile] = await Promise.all([
      api.get<StudentStatsResponse>("/stats/student", signal),
      api.get<HeatmapResponse>("/progress/heatmap/data", signal),
      api.get<ProfileResponse>("/me", signal),
    ]);
    this.stats = stats;
    this.activeDays = days.filter(({ count }) => count > 0).length;
    this.today = profile.today;
    this.timeZone = profile.effectiveTimeZone;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (this.stats) this.streakState = streakState(this.stats, this.#today);
  }

  get #today(): DayNumber {
    const told = this.today ? parseCivilDate(this.today) : null;
    return told ?? dayInZone(Date.now(), this.timeZone);
  }

  /** Past midnight every number may be another one, so the service is asked rather than guessed. */
  #tick(): void {
    if (this.endpoint && this.today && dayInZone(Date.now(), this.timeZone) > this.#today) this.reload();
    else this.requestUpdate();
  }

  protected override renderReady(): unknown {
    const { stats } = this;
    if (!stats) return nothing;
    if (this.collapsed) {
      return html`<button type="button" part="button" @click=${() => this.#collapse(false)}>${this.text.show}</button>`;
    }
    return html`<div class="card" part="card" role="group" aria-label=${this.text.name}>
      <div class="head">
        <p class="chip" part="status">${this.text.state[this.streakState ?? "new"]}</p>
        <button type="button" class="quiet" part="button" @click=${() => this.#collapse(true)}>
          ${this.text.hide}
        </button>
      </div>
      <p class="current" part="current">
        ${flame}<span class="number">${this.words.number(stats.currentStreak)}</span>
        <span>${this.text.days(stats.currentStreak)}</span>
      </p>
      <p class="muted hint" part="hint">${this.#hint(stats)}</p>
      <dl>
        ${this.#renderFact(this.text.longest, stats.longestStreak)}
        ${this.activeDays === undefined ? nothing : this.#renderFact(this.text.activeDays, this.activeDays)}
        ${this.#renderFact(this.text.totalCompleted, stats.totalCompleted)}
      </dl>
    </div>`;
  }

  #renderFact(name: string, value: number): TemplateResult {
    return html`<div>
      <dt class="muted">${name}</dt>
      <dd>${this.words.number(value)}</dd>
    </div>`;
  }

  #hint({ lastActiveDate }: StudentStatsResponse): string {
    if (this.streakState === "active") return this.text.activeHint;
    if (this.streakState === "at-risk") {
      return this.text.atRiskHint(this.words.duration(endOfDayMs(Date.now(), this.timeZone) - Date.now()));
    }
    const lastDay = lastActiveDate === null ? null : parseCivilDate(lastActiveDate);
    return lastDay === null ? this.text.newHint : this.text.brokenHint(this.words.dayAndMonth(lastDay));
  }

  #collapse(isCollapsed: boolean): void {
    this.collapsed = isCollapsed;
    this.emit("streak-hide", { hidden: isCollapsed });
  }

  protected override renderLoading(): TemplateResult {
    return html`<div class="bone bone-chip"></div>
      <div class="bone bone-number"></div>
      <div class="bone bone-hint"></div>`;
  }
}
