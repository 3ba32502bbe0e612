/**
 * The only place that knows the player SDK. It is loaded when a lecture is opened, so that the dashboard does not pay
 * for it, and a page without it still plays.
 */
import type { GetToken } from "../api/progress-api.ts";

export type TrackerStatus = "idle" | "saving" | "saved" | "offline" | "blocked" | "superseded";

export interface TrackerEvents {
  status: TrackerStatus;
  /** Another place to go on from, which came too late or from another device: the student decides. */
  resumable: { readonly position: number; readonly reason: "late" | "elsewhere"; readonly device?: string | undefined };
  /** Nearly all of the lecture was played. */
  completable: object;
}

/** What this page uses of the SDK's tracker. */
export interface Tracker {
  readonly status: TrackerStatus;
  /** Share of the lecture that was played, 0..1. */
  readonly coverage: number;
  on<Type extends keyof TrackerEvents>(type: Type, listener: (event: TrackerEvents[Type]) => void): () => void;
  complete(): Promise<void>;
  stop(): void;
}

export interface TrackOptions {
  endpoint: string;
  getToken: GetToken;
  courseId: string;
  lectureId: string;
}

interface PlayerSdk {
  track: (video: HTMLVideoElement, options: TrackOptions) => Tracker;
}

interface CoverageSdk {
  keepCoverage: (tracker: Tracker, video: HTMLVideoElement, options: TrackOptions) => () => void;
}

/** What follows one player. */
export interface Tracking {
  readonly tracker: Tracker;
  stop(): void;
}

/** `null` where the SDK is not part of the build or could not be fetched. */
export async function startTracking(video: HTMLVideoElement, options: TrackOptions): Promise<Tracking | null> {
  try {
    const [{ track }, { keepCoverage }] = await Promise.all([
      import("@aetherlearn/player") as Promise<PlayerSdk>,
      import("@aetherlearn/player/coverage") as unknown as Promise<CoverageSdk>,
    ]);
    const tracker = track(video, options);
    const endCoverage = keepCoverage(tracker, video, options);
    const stop = (): void => {
      tracker.stop();
      endCoverage();
    };
    return { tracker, stop };
  } catch {
    return null;
  }
}
