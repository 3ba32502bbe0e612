import type { Tracker, TrackOptions } from "./api.ts";
import type { MediaElementLike } from "./media.ts";
import { LectureTracker } from "./tracker.ts";

export type {
  Device,
  PlayedRange,
  Tracker,
  TrackerEvents,
  TrackerProblem,
  TrackerStatus,
  TrackOptions,
} from "./api.ts";
export type { MediaElementLike } from "./media.ts";

/** Resumes the lecture in `video` and saves the student's position from now on. Only in a browser. */
export function track(video: MediaElementLike, options: TrackOptions): Tracker {
  return new LectureTracker(video, options, window);
}
