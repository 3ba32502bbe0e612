import type { PlayedRange, Tracker, TrackerEvents, TrackerStatus, TrackOptions } from "./api.ts";
import type { Browser } from "./browser.ts";
import { Emitter } from "./emitter.ts";
import { LectureLock } from "./lecture-lock.ts";
import { LectureProgress } from "./lecture-progress.ts";
import { listen } from "./listen.ts";
import type { MediaElementLike } from "./media.ts";
import { anyMove, Playback } from "./playback.ts";
import { PlayedRanges } from "./played-ranges.ts";
import { linkedPosition, Resume, resumePosition } from "./resume.ts";

const lateAnswerMs = 1_000;
const defaultThreshold = 0.9;

/** How far the playhead must move before it says more than what is stored: after a start at 0, beside an open offer. */
const leastStartSeconds = 1;
const leastOfferSeconds = 10;
/** How much of what was watched may be lost when the browser kills the page between two heartbeats. */
const leastKeptSeconds = 0.2;

/**
 * Joins one player, one lecture's progress and the page.
 *
 * A position is recorded only while all of this holds: the resume has settled, this tab has the lecture, the player has
 * a source, and the playhead has left the place where it stood without the student's doing.
 */
export class LectureTracker extends Emitter implements Tracker {
  readonly #video: MediaElementLike;
  readonly #browser: Browser;
  readonly #threshold: number;
  readonly #end = new AbortController();
  readonly #ranges = new PlayedRanges();
  readonly #lock: LectureLock;
  readonly #resume: Resume;
  readonly #progress: LectureProgress;
  readonly #playback: Playback;
  readonly #startedAt: number;
  #recorded = NaN;
  #stoodAt = NaN;
  #leastMove = leastStartSeconds;
  #announced: TrackerStatus = "idle";
  #isSuperseded = false;
  #wasCompletable = false;

  constructor(video: MediaElementLike, options: TrackOptions, browser: Browser) {
    super();
    const { signal } = this.#end;
    this.#video = video;
    this.#browser = browser;
    this.#threshold = options.completionThreshold ?? defaultThreshold;
    this.#startedAt = browser.performance.now();
    this.#lock = new LectureLock(browser.navigator.locks, `aetherlearn/${options.courseId}/${options.lectureId}`, () =>
      this.#supersede(),
    );
    this.#resume = new Resume(video, signal, {
      resumed: (position) => this.emit("resumed", { position }),
      settled: (isUntouched) => this.#begin(isUntouched),
    });
    this.#progress = new LectureProgress(browser, options, {
      known: (position) => this.#decide(position),
      differs: (offer) => this.#offer(offer),
      changed: () => this.#announce(),
      refused: (problem) => this.emit("problem", problem),
      paced: (intervalMs) => this.#playback.pace(intervalMs),
    });
    this.#playback = new Playback(video, browser, signal, this.#ranges, {
      started: () => this.#takeOver(),
      due: (leastMove) => {
        this.#record(leastMove);
        this.#releaseIfUnused();
      },
      ticked: () => {
        this.#record(leastKeptSeconds, true);
        this.#checkCoverage();
      },
      unloaded: () => this.#resume.restore(this.position),
    });
    this.#followPage();
    const link = options.startAt ?? linkedPosition(browser.location.search);
    if (link !== undefined) this.#resume.decide(() => link);
  }

  get status(): TrackerStatus {
    return this.#isSuperseded && !this.#lock.isHeld ? "superseded" : this.#progress.status;
  }

  get position(): number {
    return this.#playback.position;
  }

  get coverage(): number {
    return this.#ranges.coverage(this.#video.duration);
  }

  get playedRanges(): readonly PlayedRange[] {
    return this.#ranges.toSeconds();
  }

  addPlayed(ranges: Iterable<PlayedRange>): void {
    this.#ranges.unite(ranges);
    this.#checkCoverage();
  }

  complete(): Promise<void> {
    this.#record(anyMove);
    return this.#progress.complete();
  }

  stop(): void {
    this.#record(anyMove);
    this.#end.abort();
    this.#lock.release();
    this.#resume.settle(false);
    this.#progress.stop();
  }

  #followPage(): void {
    const { document } = this.#browser;
    const { signal } = this.#end;
    listen(document, signal, {
      visibilitychange: () => (document.hidden ? this.#hide() : this.#show()),
      freeze: () => this.#hide(true),
    });
    listen(this.#browser, signal, { pagehide: () => this.#hide(true), online: () => this.#progress.hurry() });
    if (!document.hidden) this.#show();
  }

  #show(): void {
    this.#progress.compare();
    if (this.#video.paused) this.#lock.take(false);
    else this.#takeOver();
  }

  #hide(isLeaving = false): void {
    this.#record(anyMove);
    this.#progress.hurry(isLeaving);
    if (isLeaving) this.#lock.release();
    this.#releaseIfUnused();
  }

  #releaseIfUnused(): void {
    if (this.#browser.document.hidden && this.#video.paused) this.#lock.release();
  }

  #takeOver(): void {
    this.#lock.take(true);
    this.#announce();
  }

  #supersede(): void {
    this.#isSuperseded = true;
    this.#announce();
  }

  #announce(): void {
    if (this.status === this.#announced) return;
    this.#announced = this.status;
    this.emit("status", this.status);
  }

  /** The stored position is known: go there, unless the student has begun to watch while it was on its way. */
  #decide(stored: number): void {
    const choose = (duration: number): number => resumePosition(stored, duration, this.#progress.isCompleted);
    const isLate = this.#browser.performance.now() - this.#startedAt > lateAnswerMs;
    const position = choose(this.#video.duration);
    if (isLate && !this.#video.paused && this.#resume.isUndecided && position > 0) {
      this.#offer({ position, reason: "late" });
      this.#resume.settle(false);
    }
    this.#resume.decide(choose);
    this.#record(anyMove);
    this.#checkCoverage();
  }

  #offer(offer: TrackerEvents["resumable"]): void {
    if (offer.reason === "late") this.#waitForMove(leastOfferSeconds);
    this.emit("resumable", offer);
  }

  #begin(isUntouched: boolean): void {
    if (isUntouched) this.#waitForMove(leastStartSeconds);
    this.#record(anyMove);
  }

  #waitForMove(leastSeconds: number): void {
    this.#stoodAt = this.#video.currentTime;
    this.#leastMove = leastSeconds;
  }

  /** @param isForLater keep it in this browser only: the next heartbeat sends a newer one, unless the page dies first */
  #record(leastMove: number, isForLater?: boolean): void {
    if (!this.#resume.isSettled || !this.#progress.isKnown || !this.#lock.isHeld || !this.#video.readyState) return;
    this.#playback.look();
    const position = Math.round(this.position * 1000) / 1000;
    if (Math.abs(position - this.#stoodAt) < this.#leastMove) return;
    this.#stoodAt = NaN;
    if (Math.abs(position - this.#recorded) < leastMove) return;
    if (!isForLater) this.#recorded = position;
    this.#progress.record(position, isForLater);
  }

  #checkCoverage(): void {
    const { coverage } = this;
    if (this.#wasCompletable || !this.#progress.isKnown || this.#progress.isCompleted) return;
    if (coverage < this.#threshold) return;
    this.#wasCompletable = true;
    this.emit("completable", { coverage });
  }
}
