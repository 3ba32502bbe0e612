import type { MediaElementLike } from "../../src/index.ts";
import type { FakeClock } from "./fake-clock.ts";

const timeUpdateMs = 250;
const seekMs = 20;

/** A media element on a fake clock: its events come in the order in which browsers send them. */
export class FakeVideo extends EventTarget implements MediaElementLike {
  readonly #clock: FakeClock;
  #position = 0;
  #since = 0;
  #rate = 1;
  #isStalled = false;
  #timer: number | undefined;
  #seekTimers: number[] = [];
  #length: number;
  paused = true;
  readyState = 0;
  seeking = false;
  playCalls = 0;
  /** A player that sends no `timeupdate`. */
  isQuiet = false;
  /** How long after a seek its first event comes; other programs of the page may have their turn before. */
  seekingAfterMs = 0;
  /** Where a media fragment (`#t=`) lets the player begin: it seeks there by itself once it is loaded. */
  fragmentSeconds = 0;

  constructor(clock: FakeClock, length = 1_000) {
    super();
    this.#clock = clock;
    this.#length = length;
  }

  get duration(): number {
    return this.readyState ? this.#length : Number.NaN;
  }

  get currentTime(): number {
    const isRunning = !this.paused && !this.#isStalled;
    const ms = isRunning ? this.#clock.monotonicMs - this.#since : 0;
    return Math.min(this.#length, this.#position + (ms / 1000) * this.#rate);
  }

  set currentTime(position: number) {
    this.#moveTo(position);
    if (!this.readyState) return;
    this.#endSeek();
    this.seeking = true;
    const tell = (): void => this.#send("seeking");
    if (this.seekingAfterMs === 0) tell();
    this.#seekTimers = [
      ...(this.seekingAfterMs === 0 ? [] : [this.#clock.setTimeout(tell, this.seekingAfterMs)]),
      this.#clock.setTimeout(() => {
        this.seeking = false;
        this.#send("timeupdate");
        this.#send("seeked");
      }, this.seekingAfterMs + seekMs),
    ];
  }

  get playbackRate(): number {
    return this.#rate;
  }

  set playbackRate(rate: number) {
    this.#moveTo(this.currentTime);
    this.#rate = rate;
    this.#send("ratechange");
  }

  load(): void {
    this.readyState = 4;
    if (this.fragmentSeconds > 0) this.currentTime = this.fragmentSeconds;
    this.#send("loadedmetadata");
    this.#send("canplay");
    if (!this.paused) this.#run();
  }

  play(): void {
    this.playCalls++;
    if (!this.paused) return;
    this.#moveTo(this.currentTime);
    this.paused = false;
    this.#send("play");
    if (this.readyState) this.#run();
  }

  pause(): void {
    this.#moveTo(this.currentTime);
    this.paused = true;
    this.#send("timeupdate");
    this.#send("pause");
  }

  /** Playing stops for want of data. */
  stall(): void {
    this.#moveTo(this.currentTime);
    this.#isStalled = true;
    this.#send("waiting");
  }

  recover(): void {
    this.#isStalled = false;
    this.#run();
  }

  /** Another source, or the same one again: back to nothing. */
  empty(): void {
    this.readyState = 0;
    this.paused = true;
    this.#endSeek();
    this.#send("emptied");
    this.#moveTo(0);
    this.#send("timeupdate");
  }

  /** Moves the playhead as some players do when they start: without any event. */
  resetSilently(position: number): void {
    this.#moveTo(position);
  }

  #endSeek(): void {
    for (const timer of this.#seekTimers) this.#clock.clearTimeout(timer);
    this.#seekTimers = [];
    this.seeking = false;
  }

  #run(): void {
    this.#since = this.#clock.monotonicMs;
    this.#send("playing");
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#update(), timeUpdateMs);
  }

  #update(): void {
    if (this.paused) return;
    this.#send("timeupdate");
    this.#timer = this.#clock.setTimeout(() => this.#update(), timeUpdateMs);
    if (this.currentTime < this.#length) return;
    this.#moveTo(this.#length);
    this.paused = true;
    this.#send("pause");
    this.#send("ended");
  }

  #moveTo(position: number): void {
    this.#position = position;
    this.#since = this.#clock.monotonicMs;
  }

  #send(type: string): void {
    if (!(this.isQuiet && type === "timeupdate")) this.dispatchEvent(new Event(type));
  }
}
