/** A stretch of the lecture that was played, `[from, to)` in seconds. */
export type PlayedRange = readonly [from: number, to: number];

export interface TrackOptions {
  /** Where the service is, without a slash at the end: `/api/v1` or `https://progress.example.org/api/v1`. */
  readonly endpoint: string;
  /**
   * Gives the bearer token. Called once at the start and again whenever the service answers 401 or 403; throwing counts
   * as having no network, and is tried again.
   */
  readonly getToken: () => string | Promise<string>;
  readonly courseId: string;
  readonly lectureId: string;
  /** Second to start at, before everything stored. Default: the page's `?t=` (`90` or `90s`), if it has one. */
  readonly startAt?: number | undefined;
  /** Share of the lecture, 0..1, that must have been played before `completable` is emitted. Default: 0.9. */
  readonly completionThreshold?: number | undefined;
  /**
   * Tells students apart who share one browser, so that nobody sends another's unsent positions. Default: the token's
   * `sub`. Without either nothing is kept in the browser.
   */
  readonly userId?: string | undefined;
}

/**
 * - `idle`: nothing to save yet.
 * - `saving`: a position is on its way.
 * - `saved`: the service has everything.
 * - `offline`: the service cannot be reached or is busy; positions are kept in this browser and sent later.
 * - `blocked`: requests do not get through although there is a network (a content blocker), or the service refuses them.
 * - `superseded`: the student went on with this lecture in another tab; this one does not count any more.
 */
export type TrackerStatus = "idle" | "saving" | "saved" | "offline" | "blocked" | "superseded";

export type Device = "computer" | "tablet" | "phone";

/** A request that the service refused for good. */
export interface TrackerProblem {
  /** HTTP status, 400..499. */
  readonly status: number;
  /** Stable name of the problem, when the service gave one. */
  readonly code: string | undefined;
  /** A sentence that says what to do, when the service gave one. */
  readonly detail: string | undefined;
}

/** Every event and what its listener is given. */
export interface TrackerEvents {
  status: TrackerStatus;
  /** The playhead was moved to where the student stopped, in seconds. */
  resumed: { readonly position: number };
  /**
   * There is another place to continue from, and the page decides: set `video.currentTime` or do nothing. `late`: the
   * stored position came after the student had begun to watch; `elsewhere`: another device went on by more than 10 s.
   * `device`: the kind of device that stored it, if its player said so.
   */
  resumable: { readonly position: number; readonly reason: "late" | "elsewhere"; readonly device?: Device | undefined };
  /** The completion threshold was reached, in a lecture that is not completed yet. Once per tracker. */
  completable: { readonly coverage: number };
  problem: TrackerProblem;
}

/** Watches one player in one lecture, from `track()` to `stop()`. */
export interface Tracker {
  readonly status: TrackerStatus;
  /** Playhead in seconds, as last seen. */
  readonly position: number;
  /** Share of the lecture that was played, 0..1; 0 while the length is unknown. */
  readonly coverage: number;
  /** What was played, in seconds, in order, to 0.1 s. */
  readonly playedRanges: readonly PlayedRange[];
  /** Counts these ranges as played: another sitting has played them. */
  addPlayed(ranges: Iterable<PlayedRange>): void;
  /** Calls `listener` on each such event. @returns what ends it. */
  on<Type extends keyof TrackerEvents>(type: Type, listener: (event: TrackerEvents[Type]) => void): () => void;
  /**
   * Completes the lecture and saves the position. Safe to repeat; kept in this browser and sent later when offline.
   * @returns when the service has it. Rejects if the service refuses, with a `TrackerProblem` as the error's `cause`.
   */
  complete(): Promise<void>;
  /** Saves once more and lets go of the player. What is unsent goes on being sent. Call it before another source is loaded. */
  stop(): void;
}
