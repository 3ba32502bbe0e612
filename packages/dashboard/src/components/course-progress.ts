import { css, type CSSResultGroup, html, nothing, type PropertyDeclarations, svg, type TemplateResult } from "lit";
import type { ProgressApi } from "../api/progress-api.ts";
import { loadCourse } from "../api/student-courses.ts";
import { ConnectedElement } from "./connected-element.ts";
import { theme } from "./theme.ts";

export interface CourseProgressLabels {
  /** What a screen reader says for the ring. */
  value: (completed: number, total: number, percent: number) => string;
  count: (completed: number, total: number) => string;
}

const plural = new Intl.PluralRules("en");
const lectures = (count: number): string => (plural.select(count) === "one" ? "lecture" : "lectures");

const courseProgressLabels: CourseProgressLabels = {
  value: (completed, total, percent) => `${completed} of ${total} ${lectures(total)}, ${percent} %`,
  count: (completed, total) =>
    total > 0 && completed === total
      ? `All ${total} ${lectures(total)} done`
      : `${completed} of ${total} ${lectures(total)}`,
};

/** Rounded down, so that 100 is reached only when everything is done. */
function percentDone(completed: number, total: number): number {
  return total > 0 ? Math.min(100, Math.floor((completed * 100) / total)) : 0;
}

const styles = css`
  .card {
    position: relative;
    display: flex;
    align-items: center;
    gap: 1rem;
    height: 100%;
  }
  .card.linked:hover {
    border-color: var(--_control);
  }
  .card.linked:focus-within {
    border-color: var(--_accent);
  }
  .ring {
    position: relative;
    flex: none;
    width: var(--aether-ring-size, 4.5rem);
    height: var(--aether-ring-size, 4.5rem);
  }
  svg {
    display: block;
    width: 100%;
    height: 100%;
    transform: rotate(-90deg);
  }
  circle {
    fill: none;
    stroke: var(--_track);
    stroke-width: 9;
  }
  .done {
    stroke: var(--_accent);
    stroke-linecap: round;
    transition: stroke-dasharray 0.5s ease-out;
  }
  .percent {
    position: absolute;
    inset: 0;
    display: grid;
    place-content: center;
    font-size: 0.9375rem;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .words {
    min-width: 0;
  }
  a {
    color: inherit;
    text-decoration: none;
  }
  a::after {
    position: absolute;
    inset: 0;
    border-radius: var(--_radius);
    content: "";
  }
  a:hover {
    text-decoration: underline;
    text-underline-offset: 0.2em;
  }
  a:focus-visible {
    outline: none;
  }
  a:focus-visible::after {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  .bone-ring {
    width: 4.5rem;
    height: 4.5rem;
    border-radius: 50%;
  }
  .bone-words {
    flex: 1;
    height: 2.5rem;
  }
  @media (forced-colors: active) {
    circle {
      stroke: CanvasText;
      stroke-width: 2;
    }
    .done {
      stroke: Highlight;
      stroke-width: 9;
    }
  }
`;

/** How much of a course is done, as a ring with its words. */
export class CourseProgress extends ConnectedElement<CourseProgressLabels> {
  static override properties: PropertyDeclarations = {
    courseId: { attribute: "course-id" },
    courseTitle: { attribute: "course-title" },
    completed: { type: Number },
    total: { type: Number },
    href: {},
  };
  static override styles: CSSResultGroup = [theme, styles];

  declare courseId: string | undefined;
  declare courseTitle: string | undefined;
  declare completed: number | undefined;
  declare total: number | undefined;
  declare href: string | undefined;

  protected override readonly defaultLabels: CourseProgressLabels = courseProgressLabels;

  protected override get hasData(): boolean {
    return this.total !== undefined;
  }

  protected override async load(api: ProgressApi, signal: AbortSignal): Promise<void> {
    const loaded = this.courseId === undefined ? null : await loadCourse(api, this.courseId, signal);
    if (!loaded) throw new Error("there is no such course");
    this.courseTitle = loaded.course.title;
    this.completed = loaded.progress.completedLectures.length;
    this.total = loaded.progress.totalLectures;
  }

  protected override renderReady(): TemplateResult {
    const [completed, total] = [this.completed ?? 0, this.total ?? 0];
    const percent = percentDone(completed, total);
    const title = this.courseTitle ?? this.courseId ?? "";
    const circumference = 2 * Math.PI * 44;
    const done = (percent / 100) * circumference;
    return html`<div class=${this.href ? "card linked" : "card"} part="card">
      <div
        class="ring"
        part="ring"
        role="progressbar"
        aria-label=${title}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
        aria-valuetext=${this.text.value(completed, total, percent)}
      >
        <svg viewBox="0 0 100 100" aria-hidden="true">
          <circle cx="50" cy="50" r="44" />
          ${
            percent === 0
              ? nothing
              : svg`<circle class="done" cx="50" cy="50" r="44" stroke-dasharray="${done} ${circumference}" />`
          }
        </svg>
        <span class="percent">${this.#percentWords(percent)}</span>
      </div>
      <div class="words">
        <p class="title" part="title">${this.href ? html`<a href=${this.href}>${title}</a>` : title}</p>
        <p class="muted" part="count">${this.text.count(completed, total)}</p>
      </div>
    </div>`;
  }

  #percentWords(percent: number): string {
    return new Intl.NumberFormat(this.words.locale, { style: "percent" }).format(percent / 100);
  }

  protected override renderLoading(): TemplateResult {
    return html`<div class="bone bone-ring"></div>
      <div class="bone bone-words"></div>`;
  }
}
