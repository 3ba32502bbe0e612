import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { CourseProgressResponse, CoverageResponse } from "@aetherlearn/protocol";

export const course = "how-memory-works";
export const lecture = "lecture-1";

const pollMs = 60;
const patienceMs = 120_000;

/** A student as the service knows them. While it is open, what the service answers is looked at again and again. */
export class Student implements AsyncDisposable {
  readonly token: string;
  readonly #url: string;
  readonly #end = new AbortController();
  readonly #watching: Promise<void>;
  /** Positions that the service answered with, in order, without repetitions. */
  readonly held: number[] = [];

  constructor(serviceUrl: string, token: string) {
    this.#url = `${serviceUrl}/api/v1`;
    this.token = token;
    this.#watching = this.#watch();
  }

  /** Where the service says the student stopped, in seconds; undefined before the first save. */
  async position(): Promise<number | undefined> {
    const answer = await fetch(`${this.#url}/progress/${course}`, { headers: this.#headers() });
    const { watchTimes } = (await answer.json()) as CourseProgressResponse;
    return new Map(Object.entries(watchTimes)).get(lecture);
  }

  /** As any player saves: with three fields. */
  async save(watchTime: number): Promise<void> {
    const body = JSON.stringify({ courseId: course, lectureId: lecture, watchTime });
    const answer = await fetch(`${this.#url}/progress/save`, { method: "POST", headers: this.#headers(), body });
    assert.equal(answer.status, 200);
  }

  /** As another sitting did that lasts as long as it must. */
  async credit(played: [from: number, to: number][]): Promise<void> {
    const body = JSON.stringify({ played, sessionId: "2".repeat(16) });
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const answer = await fetch(this.#playedUrl, { method: "PUT", headers: this.#headers(), body });
      const credited = (await answer.json()) as CoverageResponse;
      if (credited.played.length > 0) return;
      if (performance.now() > deadline) throw new Error("what was played is not credited");
      await delay(pollMs);
    }
  }

  /** Waits until the service says that so much of the lecture was played, 0..1. */
  async untilCovered(share: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const answer = await fetch(this.#playedUrl, { headers: this.#headers() });
      const { coverage } = (await answer.json()) as CoverageResponse;
      if (coverage >= share) return;
      if (performance.now() > deadline) throw new Error(`the service has credited ${coverage}, not ${share}`);
      await delay(pollMs);
    }
  }

  /** Waits until the service holds a position that is near enough. */
  async untilHeld(seconds: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const held = await this.position();
      if (held !== undefined && Math.abs(held - seconds) <= 1) return;
      if (performance.now() > deadline) throw new Error(`the service holds ${held}, not ${seconds}`);
      await delay(pollMs);
    }
  }

  /** @throws AssertionError when the service ever answered without the position, or with the start of the lecture */
  assertNeverLost(): void {
    assert.ok(this.held.length > 0, "the service never answered with a position");
    assert.ok(
      this.held.every((seconds) => seconds > 1),
      `the service answered with ${this.held.join(", ")}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const seconds = await this.position();
      const isKnown = this.held.length > 0;
      if ((isKnown || seconds !== undefined) && seconds !== this.held.at(-1)) this.held.push(seconds ?? 0);
      await delay(pollMs);
    }
  }

  get #playedUrl(): string {
    return `${this.#url}/progress/${course}/lectures/${lecture}/played`;
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
  }
}
