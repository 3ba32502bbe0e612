import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { History } from "./history.ts";
import { Client, courseOf, type Session } from "./process-client.ts";

interface CrowdOptions {
  readonly history: History;
  /** Addresses of the services, asked for with every request: they come and go. */
  readonly urls: () => readonly string[];
  /** How many save at once, and how many complete. */
  readonly savers?: number;
  readonly finishers?: number;
  /** What the students are called, by number. */
  readonly nameOf?: (number: number) => string;
  /** How long each waits between two requests. */
  readonly pauseMs?: number;
  /** Where chance comes from, so that a run can be repeated. */
  readonly random?: () => number;
}

/** The courses of a crowd: one to watch, and one that is completed with its second lecture. */
export const crowdCourses: readonly object[] = [courseOf("watched", 2), courseOf("finished", 2)];

/** How many lectures a course of the crowd has. */
export const crowdLectures = (): number => 2;

/**
 * Students by the hundred, each of whom saves once and is never seen again: a later save would bring back what was lost of
 * the one before. Every other save has a session. Some complete a short course instead, and ask again when they are told 503.
 */
export class Crowd implements AsyncDisposable {
  readonly #options: Required<CrowdOptions>;
  readonly #stopping = new AbortController();
  readonly #working: Promise<unknown>;
  #number = 0;

  constructor(options: CrowdOptions) {
    this.#options = { savers: 8, finishers: 2, pauseMs: 20, random: Math.random, nameOf, ...options };
    const { savers, finishers } = this.#options;
    this.#working = Promise.all([
      ...Array.from({ length: savers }, () => this.#repeat((name) => this.#save(name))),
      ...Array.from({ length: finishers }, () => this.#repeat((name) => this.#finish(name))),
    ]);
  }

  /** Resolves when the last request under way has been answered, or never will be. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #repeat(work: (name: string) => Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await work(this.#options.nameOf(this.#number++));
      await delay(this.#options.pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #save(userId: string): Promise<void> {
    const { history, random } = this.#options;
    const client = await this.#client(userId);
    const place = { userId, courseId: "watched", lectureId: `l-${this.#number % 2}` };
    const session = this.#number % 4 < 2 ? await sessionFor(client) : undefined;
    await history.save(client, place, Math.round(random() * 3_600_000) / 1_000, session);
  }

  async #finish(userId: string): Promise<void> {
    const { history } = this.#options;
    for (const lectureId of ["l-0", "l-1"]) {
      const place = { userId, courseId: "finished", lectureId };
      for (let tries = 0; tries < 3 && !this.#stopping.signal.aborted; tries++) {
        if ((await history.complete(await this.#client(userId), place)) === "done") break;
      }
    }
  }

  #client(userId: string): Promise<Client> {
    const urls = this.#options.urls();
    return Client.of(urls[Math.floor(this.#options.random() * urls.length)] ?? "", userId);
  }
}

const nameOf = (number: number): string => `student-${number}`;

/** A session of its own for one save; undefined when the service does not tell its time. */
async function sessionFor(client: Client): Promise<Session | undefined> {
  const opened = await client.progress("watched").catch(() => undefined);
  if (opened === undefined) return undefined;
  const sessionId = randomBytes(8).toString("hex");
  return { sessionId, sessionStartedAt: opened.serverTime, elapsedMs: 0, seq: 0 };
}
