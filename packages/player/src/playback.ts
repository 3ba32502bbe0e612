import type { Browser } from "./browser.ts";
import { listen } from "./listen.ts";
import type { MediaElementLike } from "./media.ts";
import type { PlayedRanges } from "./played-ranges.ts";

const tickMs = 1_000;
const heartbeatMs = 5_000;
const seekRestsMs = 400;
const endSeconds = 1;

/** Least change of position, in seconds, that is worth recording. */
const always = 0;
export const anyMove = 0.001;
const heartbeatMove = 1;

export interface PlaybackListener {
  /** The student pressed play. */
  started(): void;
  /** The position should be recorded, if it has moved by `leastMove` seconds. */
  due(leastMove: number): void;
  /** Position and played ranges are up to date. */
  ticked(): void;
  /** The player dropped its source; `position` still is where it was. */
  unloaded(): void;
}

/**
 * Follows the playhead: credits what is played, and says when a position is due.
 *
 * Modes: playing, or not (paused, waiting for data, seeking). Invariant: only what passes between two looks while
 * playing is credited, at the rate of the first.
 */
export class Playback {
  readonly #video: MediaElementLike;
  readonly #browser: Browser;
  readonly #signal: AbortSignal;
  readonly #ranges: PlayedRanges;
  readonly #listener: PlaybackListener;
  #isPlaying = false;
  #isAtEnd = false;
  #rate = 1;
  /** Monotonic instants, in ms. */
  #lookedAt = 0;
  #beatAt = 0;
  #intervalMs = heartbeatMs;
  #tickTimer: number | undefined;
  #seekTimer: number | undefined;
  /** Seconds, at the last look. */
  position = 0;

  constructor(
    video: MediaElementLike,
    browser: Browser,
    signal: AbortSignal,
    ranges: PlayedRanges,
    listener: PlaybackListener,
  ) {
    this.#video = video;
    this.#browser = browser;
    this.#signal = signal;
    this.#ranges = ranges;
    this.#listener = listener;
    this.#follow(signal);
    this.#restart();
  }

  /** Takes in what has passed since the last look, and whether media time runs from now on. */
  look(isPlaying: boolean = this.#isPlaying): void {
    const { currentTime, playbackRate } = this.#video;
    const now = this.#browser.performance.now();
    if (this.#isPlaying) this.#ranges.credit(this.position, currentTime, now - this.#lookedAt, this.#rate);
    this.#isPlaying = isPlaying;
    this.position = currentTime;
    this.#lookedAt = now;
    this.#rate = playbackRate;
  }

  /** Beats no faster than the service asks for, and never faster than every 5 s. */
  pace(intervalMs: number): void {
    this.#intervalMs = Math.max(heartbeatMs, intervalMs);
  }

  #follow(signal: AbortSignal): void {
    listen(this.#video, signal, {
      play: () => this.#play(),
      playing: () => this.look(true),
      waiting: () => this.look(false),
      pause: () => this.#rest(),
      ended: () => this.#rest(),
      seeking: () => this.#seek(),
      seeked: () => this.#endSeek(),
      ratechange: () => this.look(),
      timeupdate: () => this.#tick(),
      emptied: () => this.#empty(),
    });
  }

  #play(): void {
    this.#browser.clearTimeout(this.#seekTimer);
    this.#restart();
    this.#listener.started();
    this.#listener.due(always);
  }

  /** The first heartbeat comes after a random time: a class that presses play together must not beat together. */
  #restart(): void {
    this.look(!this.#video.paused);
    this.#beatAt = this.#lookedAt + this.#browser.Math.random() * this.#intervalMs;
    this.#tick();
  }

  #rest(): void {
    this.look(false);
    this.#listener.due(anyMove);
  }

  /** The playhead is already at the goal of the seek, so what was played ends at the last look. */
  #seek(): void {
    this.#browser.clearTimeout(this.#seekTimer);
    this.#isPlaying = false;
    this.look();
  }

  #endSeek(): void {
    this.look(!this.#video.paused);
    this.#browser.clearTimeout(this.#seekTimer);
    this.#seekTimer = this.#browser.setTimeout(() => this.#listener.due(anyMove), seekRestsMs);
  }

  #empty(): void {
    this.#isPlaying = false;
    this.#listener.unloaded();
  }

  /** Runs on every `timeupdate`, and once a second, as some players are slow to send them. */
  #tick(): void {
    this.#browser.clearTimeout(this.#tickTimer);
    if (this.#signal.aborted) return;
    this.look();
    if (this.#isPlaying && this.#lookedAt >= this.#beatAt) {
      this.#beatAt = this.#lookedAt + this.#intervalMs;
      this.#listener.due(heartbeatMove);
    }
    const wasAtEnd = this.#isAtEnd;
    this.#isAtEnd = this.position >= this.#video.duration - endSeconds;
    if (this.#isAtEnd && !wasAtEnd) this.#listener.due(anyMove);
    this.#listener.ticked();
    if (!this.#video.paused) this.#tickTimer = this.#browser.setTimeout(() => this.#tick(), tickMs);
  }
}
