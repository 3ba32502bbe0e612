import type {
  AchievementsResponse,
  HeatmapResponse,
  ProfileResponse,
  StudentStatsResponse,
} from "@aetherlearn/protocol";
import { html, nothing, render, type TemplateResult } from "lit";
import { continueItems } from "../api/next-lecture.ts";
import { type ProgressApi, unlessMissing } from "../api/progress-api.ts";
import { loadStudentCourses, type StudentCourse } from "../api/student-courses.ts";
import { endOfDayMs } from "../calendar/zone-day.ts";
import type { LoadState } from "../components/connected-element.ts";
import { renderAchievements } from "./achievements.ts";
import { playerHref } from "./route.ts";

const spreadMs = 30_000;

interface Part<Value> {
  state: LoadState;
  value: Value | undefined;
}

interface Parts {
  stats: Part<StudentStatsResponse>;
  days: Part<HeatmapResponse>;
  profile: Part<ProfileResponse>;
  courses: Part<StudentCourse[]>;
  /** `null` where the service is older than achievements. */
  achievements: Part<AchievementsResponse | null>;
}

/**
 * The student's page. Everything is asked for once and handed to the components that share it; each part arrives, or
 * fails, on its own, so that one slow course does not keep the streak waiting.
 */
export class DashboardView {
  readonly #host: HTMLElement;
  readonly #api: ProgressApi;
  #parts: Parts = {
    stats: waiting(),
    days: waiting(),
    profile: waiting(),
    courses: waiting(),
    achievements: waiting(),
  };
  #loading: AbortController | undefined;
  #dismissed: readonly string[] = [];
  #midnight: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, api: ProgressApi) {
    this.#host = host;
    this.#api = api;
  }

  show(): void {
    document.title = "Your learning · AetherLearn Progress";
    this.#render();
    this.load();
  }

  hide(): void {
    this.#loading?.abort();
    clearTimeout(this.#midnight);
  }

  load(): void {
    this.#loading?.abort();
    const { signal } = (this.#loading = new AbortController());
    this.#loadPart("stats", this.#api.get("/stats/student", signal), signal);
    this.#loadPart("days", this.#api.get("/progress/heatmap/data?fill=zero", signal), signal);
    this.#loadPart("profile", this.#api.get("/me", signal), signal);
    this.#loadPart("courses", loadStudentCourses(this.#api, signal), signal);
    const achievements = this.#api.get<AchievementsResponse>("/stats/achievements", signal);
    this.#loadPart("achievements", unlessMissing(achievements), signal);
  }

  /** A page left open shows the new day; not all students of a zone at the same instant. */
  #loadAgainAtMidnight(): void {
    clearTimeout(this.#midnight);
    const now = Date.now();
    const waitMs = endOfDayMs(now, this.#parts.profile.value?.effectiveTimeZone) - now + Math.random() * spreadMs;
    this.#midnight = setTimeout(() => this.load(), waitMs);
  }

  #loadPart<Name extends keyof Parts>(name: Name, loaded: Promise<Parts[Name]["value"]>, signal: AbortSignal): void {
    const settle = (part: Part<Parts[Name]["value"]>): void => {
      if (signal.aborted) return;
      this.#parts = { ...this.#parts, [name]: part };
      if (name === "profile") this.#loadAgainAtMidnight();
      this.#render();
    };
    loaded.then(
      (value) => settle({ state: "ready", value }),
      // What was shown before is better than an error in its place.
      () => settle(this.#parts[name].value === undefined ? { state: "error", value: undefined } : this.#parts[name]),
    );
  }

  #render(): void {
    render(this.#template(), this.#host);
  }

  #template(): TemplateResult {
    const { stats, days, profile, courses, achievements } = this.#parts;
    return html`<div class="dashboard" @retry=${() => this.load()}>
      <h1>Your learning</h1>
      <div class="first-row">
        <section aria-labelledby="streak-heading">
          <h2 id="streak-heading">Streak</h2>
          <streak-card
            .state=${stats.state}
            .stats=${profile.state === "loading" ? undefined : stats.value}
            .activeDays=${days.value?.filter(({ count }) => count > 0).length}
            .today=${profile.value?.today}
            .timeZone=${profile.value?.effectiveTimeZone}
          ></streak-card>
        </section>
        <section aria-labelledby="continue-heading">
          <h2 id="continue-heading">Continue watching</h2>
          <continue-watching
            .state=${courses.state}
            .items=${courses.value && continueItems(courses.value).map(withHref)}
            .dismissed=${this.#dismissed}
            @dismiss=${(event: CustomEvent<{ dismissed: string[] }>) => (this.#dismissed = event.detail.dismissed)}
          ></continue-watching>
        </section>
      </div>
      ${renderAchievementsPart(achievements)}
      <section aria-labelledby="activity-heading">
        <h2 id="activity-heading">Activity</h2>
        <activity-heatmap .state=${days.state} .data=${days.value}></activity-heatmap>
      </section>
      <section aria-labelledby="courses-heading">
        <h2 id="courses-heading">Courses</h2>
        ${this.#renderCourses(courses)}
      </section>
    </div>`;
  }

  #renderCourses({ state, value }: Part<StudentCourse[]>): TemplateResult {
    if (value === undefined) return placeholder(state);
    if (value.length === 0) {
      return html`<div class="panel empty">
        <p><strong>No course yet</strong></p>
        <p>Start a lecture, and its course appears here.</p>
      </div>`;
    }
    return html`<ul class="courses">
      ${value.map(
        ({ course, progress }) =>
          html`<li>
            <course-progress
              .courseTitle=${course.title}
              .completed=${progress.completedLectures.length}
              .total=${progress.totalLectures}
              .href=${playerHref(course.courseId)}
            ></course-progress>
          </li>`,
      )}
    </ul>`;
  }
}

function renderAchievementsPart({ state, value }: Parts["achievements"]): TemplateResult | typeof nothing {
  const content = value === undefined ? placeholder(state) : value && renderAchievements(value);
  if (!content) return nothing;
  return html`<section aria-labelledby="achievements-heading">
    <h2 id="achievements-heading">Achievements</h2>
    ${content}
  </section>`;
}

/** For what is no component: it waits and fails with the looks of one. */
function placeholder(state: LoadState): TemplateResult {
  return html`<course-progress .state=${state}></course-progress>`;
}

function waiting<Value>(): Part<Value> {
  return { state: "loading", value: undefined };
}

function withHref<Item extends { courseId: string; lectureId: string }>(item: Item): Item & { href: string } {
  return { ...item, href: playerHref(item.courseId, item.lectureId) };
}
