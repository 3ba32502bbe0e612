/**
 * The only place that knows the player SDK. It is loaded when a lecture is opened, so that the dashboard does not pay
 * for it, and a page without it still plays.
 */
import type { GetToken } from "../api/progress-api.ts";

export type TrackerStatus = "idle" | "saving" | "saved" | "offline" | "blocked" | "superseded";

export interface TrackerEvents {
  status: TrackerStatus;
  /** Another place to go on from, which came too late or from another device: the student decides. */
  resumable: { readonly position: number; readonly reason: "late" | "elsewhere" };
  /** Nearly all of the lecture was played. */
  completable: object;
}

/** What this page uses of the SDK's tracker. */
export interface Tracker {
  readonly status: TrackerStatus;
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

/** `null` where the SDK is not part of the build or could not be fetched. */
export async function startTracking(video: HTMLVideoElement, options: TrackOptions): Promise<Tracker | null> {
  try {
    const sdk = (await import("@aetherlearn/player")) as PlayerSdk;
    return sdk.track(video, options);
  } catch {
    return null;
  }
}
