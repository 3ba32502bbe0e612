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
 */
export interface Session {
  /** The fields of a position recorded now. */
  next(): SessionFields;
  /** Service time, as this session reckons it, of a monotonic instant. */
  timeAt(instant: number): number;
}

/**
 * Begins a session at `sessionStartedAt`, a time of the service that is now; or goes on from the fields of a position
 * kept in this browser; or, from nothing, begins at 0, which the service lets fill an empty place but never replace.
 */
export function startSession(browser: Browser, from: Partial<SessionFields> = {}): Session {
  const { sessionId = newSessionId(browser), sessionStartedAt = 0, elapsedMs = 0, seq: last = -1 } = from;
  const origin = browser.performance.now() - elapsedMs;
  let seq = last;
  return {
    next: () => {
      seq++;
      return { sessionId, sessionStartedAt, elapsedMs: Math.round(browser.performance.now() - origin), seq };
    },
    timeAt: (instant) => sessionStartedAt + instant - origin,
  };
}

/** The first digit says the kind of device, so that the service knows where the student was. */
export function newSessionId({ crypto, navigator: { userAgent } }: Pick<Browser, "crypto" | "navigator">): string {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  const device = /Mobi/.test(userAgent) ? 3n : /Android|iPad/.test(userAgent) ? 2n : 1n;
  return ((device << 60n) | (random >> 4n)).toString(16);
}
