import { setTimeout as delay } from "node:timers/promises";
import { between, oneOf, seeded } from "../support/chance.ts";
import { type Positions, placeOf, wrongPositions, wrongSteps } from "../support/history-check.ts";
import type { History, Save } from "../support/history.ts";
import { Client, type Session } from "../support/process-client.ts";
import type { Loaded } from "./load.ts";

const devices = 2;
const lectures = ["l-0", "l-1"];
const courseId = "watched";

interface Sitting {
  readonly sessionId: string;
  readonly sessionStartedAt: number;
  readonly beganAt: number;
  seq: number;
}

/**
 * A student with two devices that play, seek forth and back, send again what was not answered, and look where they stopped.
 * What is read is never older than what was acknowledged before, nor than what was read before.
 */
export class Viewer {
  readonly problems: string[] = [];
  reads = 0;
  readonly #userId: string;
  readonly #history: History;
  readonly #urls: () => readonly string[];
  readonly #random: () => number;
  readonly #saves: Save[] = [];
  #lastRead: Positions = new Map();

  constructor(number: number, { history, urls, seed }: Loaded) {
    this.#userId = `viewer-${number}`;
    this.#history = history;
    this.#urls = urls;
    this.#random = seeded(seed + number);
  }

  async work(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: devices }, () => this.#play(signal)));
  }

  /** One device after the other reads, so that what is read has an order. */
  async look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(100);
      const at = performance.now();
      const found = await this.#read();
      if (found === undefined) continue;
      this.reads++;
      this.problems.push(...wrongPositions(this.#saves, found, at), ...wrongSteps(this.#lastRead, found));
      this.#lastRead = found;
    }
  }

  async #play(signal: AbortSignal): Promise<void> {
    let sitting: Sitting | undefined;
    let unsent: { lectureId: string; seconds: number; session: Session } | undefined;
    while (!signal.aborted) {
      await delay(between(this.#random, 20, 200));
      sitting ??= await this.#begin();
      if (sitting === undefined) continue;
      const session = {
        sessionId: sitting.sessionId,
        sessionStartedAt: sitting.sessionStartedAt,
        elapsedMs: performance.now() - sitting.beganAt,
        seq: sitting.seq,
      };
      const again = unsent !== undefined && this.#random() < 0.7;
      const message: { lectureId: string; seconds: number; session: Session } =
        again && unsent !== undefined
          ? unsent
          : {
              lectureId: oneOf(this.#random, lectures),
              seconds: Math.round(this.#random() * 3_600_000) / 1_000,
              session,
            };
      if (!again) sitting.seq++;
      const outcome = await this.#save(message);
      unsent = outcome === "maybe" ? message : undefined;
      if (outcome === "refused" || this.#random() < 0.02) sitting = undefined;
    }
  }

  async #save({ lectureId, seconds, session }: { lectureId: string; seconds: number; session: Session }) {
    const client = await this.#client();
    const { length } = this.#history.saves;
    const saving = this.#history.save(client, { userId: this.#userId, courseId, lectureId }, seconds, session);
    this.#saves.push(this.#history.saves[length] as Save);
    return saving;
  }

  async #begin(): Promise<Sitting | undefined> {
    const client = await this.#client();
    const sessionId = Math.floor(this.#random() * 2 ** 48)
      .toString(16)
      .padStart(16, "0");
    const opened = await client.progress(courseId).catch(() => undefined);
    return opened && { sessionId, sessionStartedAt: opened.serverTime, beganAt: performance.now(), seq: 0 };
  }

  async #read(): Promise<Positions | undefined> {
    const view = await (await this.#client()).progress(courseId).catch(() => undefined);
    if (view === undefined) return undefined;
    const found = Object.entries(view.watchTimes).map(([lectureId, seconds]) => {
      const place = placeOf({ userId: this.#userId, courseId, lectureId });
      const save = this.#saves.find((sent) => sent.lectureId === lectureId && sent.seconds === seconds);
      return [place, { seconds, stamp: save?.stamp ?? "" }] as const;
    });
    return new Map(found);
  }

  #client(): Promise<Client> {
    return Client.of(oneOf(this.#random, this.#urls()) ?? "http://127.0.0.1:1", this.#userId);
  }
}
