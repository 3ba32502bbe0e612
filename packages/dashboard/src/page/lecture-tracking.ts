import type { CourseProgressResponse } from "@aetherlearn/protocol";
import type { GetToken, ProgressApi } from "../api/progress-api.ts";
import { startTracking, type TrackerEvents, type TrackerStatus, type Tracking } from "./player-page.ts";

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
  /** Share of the lecture that was played in all sittings, 0..1. */
  coverage: number;
  /** Another place to go on from, until the student has decided. */
  offer: TrackerEvents["resumable"] | undefined;
  isCompletable: boolean;
}

/**
 * One sitting with one lecture: starts the SDK, and after each of its saves reads back what the service holds, so that
 * the page shows the service's word and not the player's hope.
 */
export class LectureTracking {
  state: TrackingState = {
    status: "starting",
    positionSeconds: 0,
    coverage: 0,
    offer: undefined,
    isCompletable: false,
  };
  readonly #video: HTMLVideoElement;
  readonly #lecture: TrackedLecture;
  readonly #changed: (progress: CourseProgressResponse | null) => void;
  readonly #stopped = new AbortController();
  #tracking: Tracking | null = null;

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
    const tracking = await startTracking(this.#video, { endpoint, getToken, courseId, lectureId });
    if (this.#stopped.signal.aborted) {
      tracking?.stop();
      return;
    }
    this.#tracking = tracking;
    const tracker = tracking?.tracker;
    this.#video.addEventListener("timeupdate", () => this.#tell(null), this.#stopped);
    tracker?.on("status", (status) => void this.#statusChanged(status));
    tracker?.on("resumable", (offer) => this.#tell(null, { offer }));
    tracker?.on("completable", () => this.#tell(null, { isCompletable: true }));
    this.#tell(null);
  }

  /** @param isAccepted go to the place offered, or stay here */
  answerOffer(isAccepted: boolean): void {
    if (isAccepted && this.state.offer) this.#video.currentTime = this.state.offer.position;
    this.#tell(null, { offer: undefined });
  }

  async #statusChanged(status: TrackerStatus): Promise<void> {
    this.#tell(null);
    // Two tabs would talk at once, and only one of them counts.
    if (status === "superseded") this.#video.pause();
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

  #tell(progress: CourseProgressResponse | null, change: Partial<TrackingState> = {}): void {
    if (this.#stopped.signal.aborted) return;
    const { status = "untracked", coverage = 0 } = this.#tracking?.tracker ?? {};
    this.state = { ...this.state, status, coverage, positionSeconds: this.#video.currentTime, ...change };
    this.#changed(progress);
  }

  async complete(): Promise<void> {
    // A refusal shows in the tracker's status; without a network it is kept and sent later.
    await this.#tracking?.tracker.complete().catch(() => undefined);
    await this.#readBack();
  }

  stop(): void {
    this.#stopped.abort();
    this.#tracking?.stop();
  }
}
