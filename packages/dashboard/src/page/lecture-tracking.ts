import type { CourseProgressResponse } from "@aetherlearn/protocol";
import type { GetToken, ProgressApi } from "../api/progress-api.ts";
import { onStatus, startTracking, type Tracker, type TrackerStatus } from "./player-page.ts";

export interface TrackedLecture {
  api: ProgressApi;
  endpoint: string;
  getToken: GetToken;
  courseId: string;
  lectureId: string;
}

export interface TrackingState {
  /** `untracked`: the SDK could not be loaded, so nothing is saved. */
  status: TrackerStatus | "starting" | "untracked";
  positionSeconds: number;
}

/**
 * One sitting with one lecture: starts the SDK, and after each of its saves reads back what the service holds, so that
 * the page shows the service's word and not the player's hope.
 */
export class LectureTracking {
  state: TrackingState = { status: "starting", positionSeconds: 0 };
  readonly #video: HTMLVideoElement;
  readonly #lecture: TrackedLecture;
  readonly #changed: (progress: CourseProgressResponse | null) => void;
  readonly #stopped = new AbortController();
  #tracker: Tracker | null = null;

  constructor(
    video: HTMLVideoElement,
    lecture: TrackedLecture,
    changed: (progress: CourseProgressResponse | null) => void,
  ) {
    this.#video = video;
    this.#lecture = lecture;
    this.#changed = changed;
    void this.#start();
  }

  async #start(): Promise<void> {
    const { endpoint, getToken, courseId, lectureId } = this.#lecture;
    const tracker = await startTracking(this.#video, { endpoint, getToken, courseId, lectureId });
    if (this.#stopped.signal.aborted) return void tracker?.stop();
    this.#tracker = tracker;
    this.#video.addEventListener("timeupdate", () => this.#tell(null), this.#stopped);
    if (tracker) {
      const forget = onStatus(tracker, (status) => void this.#statusChanged(status));
      this.#stopped.signal.addEventListener("abort", forget);
    }
    this.#tell(null);
  }

  async #statusChanged(status: TrackerStatus): Promise<void> {
    this.#tell(null);
    if (status === "saved") await this.#readBack();
  }

  async #readBack(): Promise<void> {
    const { api, courseId } = this.#lecture;
    try {
      this.#tell(await api.get<CourseProgressResponse>(`/progress/${courseId}`, this.#stopped.signal));
    } catch {
      // Shown by the tracker's own status; the next save reads again.
    }
  }

  #tell(progress: CourseProgressResponse | null): void {
    if (this.#stopped.signal.aborted) return;
    this.state = { status: this.#tracker?.status ?? "untracked", positionSeconds: this.#video.currentTime };
    this.#changed(progress);
  }

  async complete(): Promise<void> {
    await this.#tracker?.complete();
    await this.#readBack();
  }

  stop(): void {
    this.#stopped.abort();
    void this.#tracker?.stop();
  }
}
