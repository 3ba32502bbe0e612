import { Crowd } from "../support/crowd.ts";
import { seeded } from "../support/chance.ts";
import type { History } from "../support/history.ts";
import { Instructor } from "./instructor.ts";
import { Returner } from "./returner.ts";
import { Viewer } from "./viewer.ts";

/** What everybody in a load is given. */
export interface Loaded {
  readonly history: History;
  /** Addresses of the services: they come and go. */
  readonly urls: () => readonly string[];
  readonly seed: number;
}

const viewers = 4;
const returners = 4;

/** Students and an instructor who use the service in every way that it has, until they are stopped. */
export class Load {
  readonly returners: readonly Returner[];
  readonly #crowd: Crowd;
  readonly #viewers: readonly Viewer[];
  readonly #instructor: Instructor;
  readonly #stopping = new AbortController();
  readonly #working: Promise<unknown>;

  constructor(given: Loaded) {
    const { signal } = this.#stopping;
    this.#crowd = new Crowd({ ...given, random: seeded(given.seed), savers: 6, finishers: 2, pauseMs: 60 });
    this.#viewers = Array.from({ length: viewers }, (_, number) => new Viewer(number, given));
    this.returners = Array.from({ length: returners }, (_, number) => new Returner(number, given));
    this.#instructor = new Instructor(given);
    this.#working = Promise.all([
      ...this.#viewers.flatMap((viewer) => [viewer.work(signal), viewer.look(signal)]),
      ...this.returners.map((returner) => returner.work(signal)),
      this.#instructor.work(signal),
    ]);
  }

  /** What was read that could not be. */
  get problems(): string[] {
    return [...this.#viewers.flatMap(({ problems }) => problems), ...this.#instructor.problems];
  }

  /** Requests beside those of the history. */
  get otherRequests(): number {
    const reads = this.#viewers.map((viewer) => viewer.reads);
    return [...reads, this.#instructor.requests].reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when the last request under way has been answered, or never will be. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#crowd.stop(), this.#working]);
  }
}
