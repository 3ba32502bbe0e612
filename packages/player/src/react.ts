import { type RefCallback, useEffect, useRef, useState } from "react";
import { track, type MediaElementLike, type Tracker, type TrackerStatus, type TrackOptions } from "./index.ts";

export interface LectureTracking<Media extends MediaElementLike> {
  /** For the player: `<video ref={ref}>`. */
  readonly ref: RefCallback<Media>;
  /** `null` until the player is there. Listen to its events in an effect that depends on it. */
  readonly tracker: Tracker | null;
  readonly status: TrackerStatus;
}

/**
 * Tracks the lecture in the player that is given `ref`, from when it appears until it goes or the lecture changes.
 * Of the options, `endpoint`, `courseId`, `lectureId` and `userId` begin anew when they change; the others are taken
 * as they are when a tracker begins, except `getToken`, of which the latest is called.
 */
export function useLectureTracking<Media extends MediaElementLike = HTMLVideoElement>(
  options: TrackOptions,
): LectureTracking<Media> {
  const [media, ref] = useState<Media | null>(null);
  const [tracker, setTracker] = useState<Tracker | null>(null);
  const [status, setStatus] = useState<TrackerStatus>("idle");
  const latest = useRef(options);
  latest.current = options;
  const { endpoint, courseId, lectureId, userId } = options;

  useEffect(() => {
    if (!media) return undefined;
    const current = track(media, { ...latest.current, getToken: () => latest.current.getToken() });
    const stopListening = current.on("status", setStatus);
    setTracker(current);
    setStatus(current.status);
    return () => {
      stopListening();
      current.stop();
      setTracker(null);
    };
  }, [media, endpoint, courseId, lectureId, userId]);

  return { ref, tracker, status };
}
