/**
 * The only place that knows the player SDK. It is loaded when a lecture is opened, so that the dashboard does not pay
 * for it, and a page without it still plays.
 */
import type { GetToken } from "../api/progress-api.ts";

export type TrackerStatus = "idle" | "saving" | "saved" | "offline" | "blocked" | "superseded";

export interface Tracker extends EventTarget {
  readonly status: TrackerStatus;
  readonly position: number;
  complete(): Promise<void> | void;
  stop(): Promise<void> | void;
}

export interface TrackOptions {
  endpoint: string;
  getToken: GetToken;
  courseId: string;
  lectureId: string;
}

/** `null` where the SDK is not part of the build or could not be fetched. */
export async function startTracking(video: HTMLVideoElement, options: TrackOptions): Promise<Tracker | null> {
  try {
    const { track } = await import("@aetherlearn/player");
    return track(video, options);
  } catch {
    return null;
  }
}

/** Calls back whenever the tracker's status may be another one; returns how to stop listening. */
export function onStatus(tracker: Tracker, tell: (status: TrackerStatus) => void): () => void {
  const listener = (): void => tell(tracker.status);
  tracker.addEventListener("status", listener);
  return () => tracker.removeEventListener("status", listener);
}
