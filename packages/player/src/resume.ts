import { listen } from "./listen.ts";
import type { MediaElementLike } from "./media.ts";

/** Positions before this are not worth a jump. */
const soonestSeconds = 5;
/** How far a player may be off by itself: it seeks to the nearest frame it can show, and at the start over a gap. */
const toleranceSeconds = 2;
const maxTries = 3;

/** Second to begin at: where the student stopped, or 0 if that is hardly begun, nearly the end, or completed. */
export function resumePosition(stored: number, duration: number, isCompleted: boolean): number {
  const nearlyOver = Math.min(30, Math.max(5, duration * 0.02));
  return isCompleted || stored < soonestSeconds || duration - stored <= nearlyOver ? 0 : stored;
}

/** Seconds of a `?t=90` or `?t=90s`; undefined for anything else. */
export function linkedPosition(search: string): number | undefined {
  const [, seconds] = /^(\d+(?:\.\d+)?)s?$/.exec(new URLSearchParams(search).get("t") ?? "") ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}

export interface ResumeListener {
  /** The playhead was moved to `position`. */
  resumed(position: number): void;
  /** From now on the playhead says where the student is. `isUntouched`: nobody has moved it from where it was. */
  settled(isUntouched: boolean): void;
}

/**
 * Moves the playhead to where the student stopped, once, and sees to it that the player keeps it there. Never plays.
 *
 * Modes: undecided (no position chosen), applying (chosen, and not yet seen to hold while playing), settled.
 * Invariants: nothing may be recorded before it is settled, as the playhead may still be the player's own 0; a seek
 * of the student settles it in any mode, and one of the player itself does not.
 */
export class Resume {
  readonly #video: MediaElementLike;
  readonly #listener: ResumeListener;
  #choose: ((duration: number) => number) | undefined;
  #target: number | undefined;
  #tries = 0;
  #hasSought = false;
  isSettled = false;

  constructor(video: MediaElementLike, signal: AbortSignal, listener: ResumeListener) {
    this.#video = video;
    this.#listener = listener;
    const apply = (): void => this.#apply();
    const applyOrHold = (): void => this.#apply(true);
    const seeking = (): void => this.#noticeSeek();
    listen(video, signal, {
      loadedmetadata: apply,
      canplay: apply,
      playing: applyOrHold,
      seeked: applyOrHold,
      seeking,
    });
  }

  get isUndecided(): boolean {
    return !this.isSettled && !this.#choose && !this.#isSought;
  }

  /** Applies what `choose` makes of the lecture's length, as soon as that is known, unless something was chosen before. */
  decide(choose: (duration: number) => number): void {
    if (this.#isSought) this.settle(false);
    this.#choose ??= choose;
    this.#apply(true);
  }

  /** The player dropped its source: nothing counts until it is back at `position`. */
  restore(position: number): void {
    if (!this.isSettled) return;
    this.isSettled = false;
    this.#target = position;
    this.#tries = 0;
  }

  settle(isUntouched: boolean): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.#listener.settled(isUntouched);
  }

  #apply(mayHold = false): void {
    if (this.isSettled || !this.#video.readyState) return;
    const isFirst = this.#target === undefined;
    const target = (this.#target ??= this.#choose?.(this.#video.duration));
    if (target === undefined) return;
    const isThere = this.#isAt(target);
    if (!target || (!isThere && this.#tries++ === maxTries)) this.settle(true);
    else if (isThere && mayHold && !this.#video.paused) this.settle(false);
    else if (!isThere) {
      this.#video.currentTime = target;
      if (isFirst) this.#listener.resumed(target);
    }
  }

  /** A seek counts before its event has come, unless it may be our own. */
  get #isSought(): boolean {
    return this.#hasSought || (!this.#choose && this.#video.seeking && !this.#isAt(0));
  }

  #noticeSeek(): void {
    if (this.#isAt(this.#target ?? 0)) return;
    this.#hasSought = true;
    if (this.#choose) this.settle(false);
  }

  #isAt(position: number): boolean {
    return Math.abs(this.#video.currentTime - position) <= toleranceSeconds;
  }
}
