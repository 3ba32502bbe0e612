import type { SaveRequest } from "@aetherlearn/protocol";
import type { Browser } from "./browser.ts";

/** A save that says when it was recorded: what is sent, and what is kept until it has arrived. */
export type Snapshot = Required<SaveRequest>;
export type SessionFields = Omit<Snapshot, "courseId" | "lectureId" | "watchTime">;

/** Service time, in milliseconds since 1970, at which a position was recorded. */
export function recordedAt({ sessionStartedAt, elapsedMs }: SessionFields): number {
  return sessionStartedAt + elapsedMs;
}

/**
 * One sitting of one student with one lecture. It begins at a service time and from then on only counts monotonic
 * milliseconds, so a wrong clock on the device cannot reorder anything.
 *
 * Before a service time is known, a sitting goes on from the last position kept in this browser; without one it begins
 * at 0, which the service lets fill an empty place but never replace a position.
 */
export class Session {
  readonly #browser: Browser;
  readonly #sessionId: string;
  readonly #sessionStartedAt: number;
  /** Monotonic instant at which `elapsedMs` was 0. */
  readonly #origin: number;
  #seq: number;

  constructor(browser: Browser, from: Partial<SessionFields> = {}) {
    const { sessionId = newSessionId(browser), sessionStartedAt = 0, elapsedMs = 0, seq = -1 } = from;
    this.#browser = browser;
    this.#sessionId = sessionId;
    this.#sessionStartedAt = sessionStartedAt;
    this.#origin = browser.performance.now() - elapsedMs;
    this.#seq = seq + 1;
  }

  /** The fields of a position recorded now. */
  next(): SessionFields {
    return {
      sessionId: this.#sessionId,
      sessionStartedAt: this.#sessionStartedAt,
      elapsedMs: Math.round(this.#browser.performance.now() - this.#origin),
      seq: this.#seq++,
    };
  }

  /** Service time, as this session reckons it, of a monotonic instant. */
  timeAt(instant: number): number {
    return this.#sessionStartedAt + instant - this.#origin;
  }
}

function newSessionId(browser: Browser): string {
  const [random = 0n] = browser.crypto.getRandomValues(new BigUint64Array(1));
  return random.toString(16).padStart(16, "0");
}
