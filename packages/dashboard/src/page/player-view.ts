import { html, nothing, render, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { nextLecture, positionOf } from "../api/next-lecture.ts";
import type { ProgressApi } from "../api/progress-api.ts";
import { loadCourse, type LoadedCourse } from "../api/student-courses.ts";
import { LectureTracking } from "./lecture-tracking.ts";
import { playerHref } from "./route.ts";
import { clock, savedStatePanel } from "./saved-state-panel.ts";
import type { Session } from "./session.ts";

interface PlayerSurroundings {
  api: ProgressApi;
  endpoint: string;
  session: Session;
}

interface ReadyContent {
  state: "ready";
  loaded: LoadedCourse;
  lectureId: string;
}

type Content = { state: "loading" | "missing" | "error" } | ReadyContent;

/** A lecture with its video, what is saved of it, and the other lectures of its course. */
export class PlayerView {
  readonly #host: HTMLElement;
  readonly #surroundings: PlayerSurroundings;
  readonly #video = createRef<HTMLVideoElement>();
  #content: Content = { state: "loading" };
  #tracking: LectureTracking | undefined;
  #visit = 0;

  constructor(host: HTMLElement, surroundings: PlayerSurroundings) {
    this.#host = host;
    this.#surroundings = surroundings;
  }

  async show(courseId: string, wantedLectureId: string | null): Promise<void> {
    this.hide();
    const visit = this.#visit;
    this.#update({ state: "loading" });
    const content = await this.#load(courseId, wantedLectureId);
    if (visit !== this.#visit) return;
    this.#update(content);
    if (content.state !== "ready") return;
    showCurrentLecture(this.#host);
    this.#track(content, visit);
  }

  hide(): void {
    this.#visit++;
    this.#tracking?.stop();
    this.#tracking = undefined;
    render(nothing, this.#host);
  }

  async #load(courseId: string, wantedLectureId: string | null): Promise<Content> {
    try {
      const loaded = await loadCourse(this.#surroundings.api, courseId);
      if (!loaded) return { state: "missing" };
      const { lectures } = loaded.course;
      const lectureId = wantedLectureId ?? nextLecture(loaded)?.lecture.lectureId ?? lectures[0]?.lectureId;
      const isKnown = lectures.some((lecture) => lecture.lectureId === lectureId);
      return lectureId !== undefined && isKnown ? { state: "ready", loaded, lectureId } : { state: "missing" };
    } catch {
      return { state: "error" };
    }
  }

  #track({ loaded, lectureId }: ReadyContent, visit: number): void {
    const video = this.#video.value;
    if (!video) return;
    const { api, endpoint, session } = this.#surroundings;
    const { courseId } = loaded.course;
    const lecture = { api, endpoint, getToken: session.getToken, courseId, lectureId };
    this.#tracking = new LectureTracking(video, lecture, (progress) => {
      const content = this.#content;
      if (visit !== this.#visit || content.state !== "ready") return;
      this.#update(progress ? { ...content, loaded: { ...content.loaded, progress } } : content);
    });
  }

  #update(content: Content): void {
    this.#content = content;
    render(this.#template(), this.#host);
  }

  #template(): TemplateResult {
    const content = this.#content;
    if (content.state === "ready") return this.#renderLecture(content.loaded, content.lectureId);
    if (content.state === "loading") return html`<p class="waiting" role="status">Loading…</p>`;
    if (content.state === "missing") return message("There is no such lecture", "It may have been moved or removed.");
    return message("This lecture could not be loaded", "Your progress is safe. Try again in a moment.");
  }

  #renderLecture(loaded: LoadedCourse, lectureId: string): TemplateResult {
    const { course, progress } = loaded;
    const index = course.lectures.findIndex((lecture) => lecture.lectureId === lectureId);
    const title = course.lectures[index]?.title ?? "";
    document.title = `${title} · ${course.title}`;
    return html`<div class="player">
      <p class="back"><a href="#/">Your learning</a></p>
      <h1>${title}</h1>
      <p class="lead">${course.title} · Lecture ${index + 1} of ${course.lectures.length}</p>
      <div class="player-grid">
        <div>
          ${this.#renderVideo(course.courseId, lectureId, title)}${this.#renderOffer()}${this.#renderBelow(loaded, lectureId)}
        </div>
        <div class="side">
          ${savedStatePanel(this.#tracking?.state, positionOf(loaded, lectureId))} ${renderLectures(loaded, lectureId)}
        </div>
      </div>
      <p class="hidden-text" role="status">
        ${progress.completedLectures.includes(lectureId) ? "This lecture is done" : ""}
      </p>
    </div>`;
  }

  #renderVideo(courseId: string, lectureId: string, title: string): TemplateResult {
    const source = this.#surroundings.session.media.get(`${courseId}/${lectureId}`);
    if (source === undefined) {
      return html`<div class="panel empty video">
        <p><strong>No video here</strong></p>
        <p>There is no file for this lecture here. Its progress is real all the same.</p>
      </div>`;
    }
    return html`<video
      ${ref(this.#video)}
      class="video"
      controls
      playsinline
      preload="auto"
      aria-label=${title}
      src=${source}
    ></video>`;
  }

  #renderOffer(): TemplateResult | typeof nothing {
    const tracking = this.#tracking;
    const offer = tracking?.state.offer;
    if (!tracking || !offer) return nothing;
    const words = offer.reason === "elsewhere" ? "You went on to" : "You had stopped at";
    return html`<div class="panel offer" role="status">
      <p>
        ${words}
        <strong>${clock(offer.position)}</strong
        >${offer.reason === "elsewhere" ? ` on ${offer.device ? `a ${offer.device}` : "another device"}.` : "."}
      </p>
      <button class="button" type="button" @click=${() => tracking.answerOffer(true)}>Go there</button>
      <button class="button quiet" type="button" @click=${() => tracking.answerOffer(false)}>Stay here</button>
    </div>`;
  }

  /** What to do with a video; completing goes through its tracker. */
  #renderBelow({ course, progress }: LoadedCourse, lectureId: string): TemplateResult {
    const isDone = progress.completedLectures.includes(lectureId);
    const doneMark = isDone ? html`<p class="done-mark">Done</p>` : nothing;
    if (!this.#surroundings.session.media.has(`${course.courseId}/${lectureId}`))
      return html`<div class="below">${doneMark}</div>`;
    const complete = (): void => void this.#tracking?.complete();
    const isNearlySeen = !isDone && this.#tracking?.state.isCompletable === true;
    return html`<div class="below">
      ${isDone ? doneMark : html`<button class="button" type="button" ?disabled=${!this.#tracking} @click=${complete}>Mark as done</button>`}
      ${isNearlySeen ? html`<p class="hint">You have seen nearly all of it.</p>` : nothing}
      <a class="button quiet" href=${playerHref(course.courseId, lectureId)} target="_blank" rel="noopener"
        >Open in a second tab</a
      >
    </div>`;
  }
}

function renderLectures(loaded: LoadedCourse, currentId: string): TemplateResult {
  const done = new Set(loaded.progress.completedLectures);
  return html`<nav class="panel" aria-labelledby="lectures-heading">
    <h2 id="lectures-heading">Lectures</h2>
    <ol class="lectures">
      ${loaded.course.lectures.map(({ lectureId, title, durationSeconds }) => {
        const share = Math.min(1, positionOf(loaded, lectureId) / durationSeconds);
        return html`<li>
          <a
            href=${playerHref(loaded.course.courseId, lectureId)}
            aria-current=${lectureId === currentId ? "page" : nothing}
          >
            <span class="mark ${done.has(lectureId) ? "is-done" : ""}" aria-hidden="true"></span>
            <span class="name">${title}</span>
            <span class="hidden-text">${done.has(lectureId) ? ", done" : ""}</span>
            <span class="length">${share > 0 && !done.has(lectureId) ? `${Math.floor(share * 100)}%` : nothing}</span>
          </a>
        </li>`;
      })}
    </ol>
  </nav>`;
}

/** In a long course the list scrolls by itself, without the page. */
function showCurrentLecture(host: HTMLElement): void {
  const list = host.querySelector<HTMLElement>(".lectures");
  const current = list?.querySelector<HTMLElement>("[aria-current]");
  if (list && current) list.scrollTop = current.offsetTop - (list.clientHeight - current.offsetHeight) / 2;
}

function message(title: string, hint: string): TemplateResult {
  document.title = title;
  return html`<div class="message" role="alert">
    <h1>${title}</h1>
    <p>${hint}</p>
    <p><a class="button" href="#/">Back to your learning</a></p>
  </div>`;
}
