import { type CSSResultGroup, html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import type { ProgressApi } from "../api/progress-api.ts";
import { continueItems, type ContinueItem } from "../api/next-lecture.ts";
import { loadStudentCourses } from "../api/student-courses.ts";
import { ConnectedElement } from "./connected-element.ts";
import { type ContinueLabels, continueLabels } from "./continue-labels.ts";
import { continueStyles } from "./continue-styles.ts";
import { theme } from "./theme.ts";

export interface ResumeDetail {
  courseId: string;
  lectureId: string;
  positionSeconds: number;
}

/**
 * One card per course to go on with. Hiding a card is a matter of this view only: it changes no progress, and the card
 * is back as soon as the course moves on to another lecture.
 */
export class ContinueWatching extends ConnectedElement<ContinueLabels> {
  static override properties: PropertyDeclarations = {
    items: { attribute: false },
    dismissed: { attribute: false },
    lastDismissed: { state: true },
  };
  static override styles: CSSResultGroup = [theme, continueStyles];

  declare items: readonly ContinueItem[] | undefined;
  /** `course/lecture` of the hidden cards; a platform may keep it and set it again. */
  declare dismissed: readonly string[];
  declare protected lastDismissed: ContinueItem | undefined;

  protected override readonly defaultLabels: ContinueLabels = continueLabels;

  constructor() {
    super();
    this.dismissed = [];
  }

  protected override get hasData(): boolean {
    return this.items !== undefined;
  }

  protected override async load(api: ProgressApi, signal: AbortSignal): Promise<void> {
    this.items = continueItems(await loadStudentCourses(api, signal));
  }

  get #shown(): ContinueItem[] {
    return (this.items ?? [])
      .filter((item) => !this.dismissed.includes(keyOf(item)))
      .toSorted((one, other) => (other.lastWatchedAt ?? 0) - (one.lastWatchedAt ?? 0));
  }

  protected override renderReady(): TemplateResult {
    const shown = this.#shown;
    return html`<div class="cards">
      ${
        shown.length === 0
          ? this.renderNotice(this.text.emptyTitle, this.text.emptyHint)
          : html`<ul part="list" class=${shown.length < 3 ? "few" : ""}>
              ${shown.map((item) => this.#renderCard(item))}
            </ul>`
      }
      <div class="undo muted" role="status">
        ${
          this.lastDismissed
            ? html`<span>${this.text.dismissed(this.lastDismissed.courseTitle)}</span>
                <button type="button" part="button" @click=${this.#undo}>${this.text.undo}</button>`
            : nothing
        }
      </div>
    </div>`;
  }

  #renderCard(item: ContinueItem): TemplateResult {
    const name = `${this.text.resume(item.positionSeconds > 0)}: ${item.lectureTitle}`;
    const words = this.text.resume(item.positionSeconds > 0);
    const resume = (event: Event): void => this.#resume(event, item);
    return html`<li class="card" part="card">
      <p class="muted course">${item.courseTitle}</p>
      <p class="title" part="title">${item.lectureTitle}</p>
      <p class="muted left">
        ${item.isNext ? html`<span class="next">${this.text.next}</span>` : nothing}${this.#timeLeft(item)}
      </p>
      <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="4" />
        <rect class="done" width=${(item.positionSeconds / item.durationSeconds) * 100} height="4" />
      </svg>
      <div class="actions">
        ${
          item.href
            ? html`<a class="resume" part="resume" href=${item.href} aria-label=${name} @click=${resume}>${words}</a>`
            : html`<button type="button" class="resume" part="resume" aria-label=${name} @click=${resume}>
                ${words}
              </button>`
        }
        <button
          type="button"
          class="quiet"
          part="button"
          aria-label=${`${this.text.dismiss}: ${item.courseTitle}`}
          @click=${() => this.#dismiss(item)}
        >
          ${this.text.dismiss}
        </button>
      </div>
    </li>`;
  }

  /** Rounded up to whole minutes: a student who plans ten minutes should not need eleven. */
  #timeLeft({ positionSeconds, durationSeconds }: ContinueItem): string {
    const seconds = Math.max(0, Math.ceil(durationSeconds - positionSeconds));
    const words =
      seconds < 60 ? this.words.unit(seconds, "second") : this.words.unit(Math.ceil(seconds / 60), "minute");
    return positionSeconds > 0 ? this.text.timeLeft(words) : words;
  }

  #resume(event: Event, { courseId, lectureId, positionSeconds }: ContinueItem): void {
    const detail: ResumeDetail = { courseId, lectureId, positionSeconds };
    if (!this.emit("resume", detail, true)) event.preventDefault();
  }

  #dismiss(item: ContinueItem): void {
    this.dismissed = [...this.dismissed, keyOf(item)];
    this.lastDismissed = item;
    this.emit("dismiss", { courseId: item.courseId, lectureId: item.lectureId, dismissed: this.dismissed });
    // The pressed button is gone; without a new home the keyboard would start again at the top of the page.
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".undo button")?.focus());
  }

  #undo(): void {
    const last = this.lastDismissed;
    if (!last) return;
    this.dismissed = this.dismissed.filter((key) => key !== keyOf(last));
    this.lastDismissed = undefined;
    this.emit("dismiss", { courseId: last.courseId, lectureId: last.lectureId, dismissed: this.dismissed });
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".resume")?.focus());
  }

  protected override renderLoading(): TemplateResult {
    return html`<div class="bone bone-title"></div>
      <div class="bone bone-bar"></div>`;
  }
}

function keyOf({ courseId, lectureId }: ContinueItem): string {
  return `${courseId}/${lectureId}`;
}
