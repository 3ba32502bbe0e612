/**
 * The part of `HTMLMediaElement` that the tracker uses. A `<video>`, the element behind hls.js or video.js, and the
 * custom elements that wrap YouTube or Vimeo all have it.
 */
export interface MediaElementLike {
  /** Playhead in seconds; setting it seeks. */
  currentTime: number;
  /** Length in seconds; NaN until known, Infinity for a live stream. */
  readonly duration: number;
  readonly paused: boolean;
  /** The playhead is on its way. A `<video>` says so as soon as `currentTime` is set, before the event of that name. */
  readonly seeking: boolean;
  /** 1 is normal speed. */
  readonly playbackRate: number;
  /** 0 until the length and the first position are known. */
  readonly readyState: number;
  addEventListener(type: string, listener: (event: Event) => void, options?: { signal?: AbortSignal }): void;
}
