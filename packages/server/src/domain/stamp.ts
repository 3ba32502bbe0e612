/**
 * The order of positions: the greater stamp is the newer position, everywhere.
 *
 * Fixed width, compared as a string: 13 digits milliseconds `t`, 8 digits `n`, 16 hex digits session. Because it is one
 * total order, joining positions by it is commutative, associative and idempotent: shuffled, repeated and delayed
 * saves end in the same state.
 */
export type Stamp = string & { readonly __stamp: true };

const maxN = 99_999_999;
const maxTime = 9_999_999_999_999;
const noSession = "0000000000000000";
const stampPattern = /^[0-9]{21}[0-9a-f]{16}$/;

/** A session's own time may run this far ahead of the buffer's clock before the save is refused. */
export const maxSessionLeadMs = 5_000;

/** A reset is put this far after now, so that saves already under way fall before it. */
export const resetLeadMs = 1_000;

/** @param t milliseconds since 1970; @param n order within the millisecond; @param session 16 hex digits */
export function makeStamp(t: number, n = 0, session: string = noSession): Stamp {
  return (String(t).padStart(13, "0") + String(n).padStart(8, "0") + session) as Stamp;
}

/** The stamp of a session's save: the service's own time at its start plus what the player's monotonic clock counted. */
export function sessionStamp(session: {
  sessionId: string;
  sessionStartedAt: number;
  elapsedMs: number;
  seq: number;
}): Stamp {
  const t = Math.min(Math.round(session.sessionStartedAt + session.elapsedMs), maxTime);
  return makeStamp(t, session.seq, session.sessionId.toLowerCase());
}

/** The smallest sessionless stamp above this one. */
export function nextStamp(stamp: Stamp): Stamp {
  const n = Number(stamp.slice(13, 21));
  return n < maxN ? makeStamp(stampTime(stamp), n + 1) : makeStamp(stampTime(stamp) + 1);
}

/** Milliseconds since 1970. */
export function stampTime(stamp: Stamp): number {
  return Number(stamp.slice(0, 13));
}

const devices = { "1": "computer", "2": "tablet", "3": "phone" } as const;

/** What a session's first digit says of where the student was. */
export type Device = (typeof devices)[keyof typeof devices];

export function deviceOf(stamp: Stamp): Device | undefined {
  const digit = stamp.charAt(21);
  return Object.hasOwn(devices, digit) ? devices[digit as keyof typeof devices] : undefined;
}

export function isStamp(text: string): text is Stamp {
  return stampPattern.test(text);
}

/** The greatest of the given stamps; null stands for "none yet". */
export function greatestStamp(...stamps: readonly (Stamp | null)[]): Stamp | null {
  return stamps.reduce(
    (greatest, stamp) => (stamp !== null && (greatest === null || stamp > greatest) ? stamp : greatest),
    null,
  );
}

/** Order by arrival: after the clock, after everything stored and after the last reset, so a clock set back loses nothing. */
export function arrivalStamp(now: number, ...before: readonly (Stamp | null)[]): Stamp {
  const greatest = greatestStamp(...before);
  const byClock = makeStamp(now);
  return greatest === null || byClock > greatest ? byClock : nextStamp(greatest);
}

/** The stamp of a start over: everything stored so far is at or before it. */
export function resetStamp(now: number, newest: Stamp | null): Stamp {
  return greatestStamp(makeStamp(now + resetLeadMs), newest) as Stamp;
}

/**
 * What a session has to come after: the last reset, or the newest stamp of the course, where that is further ahead than a
 * session may be. Only a clock that was set back can leave it there; what is saved now must not lose to it until then.
 */
export function sessionFloor(now: number, newest: Stamp | null, reset: Stamp | null): Stamp | null {
  const isAhead = newest !== null && stampTime(newest) > serverTimeAfter(now, reset) + maxSessionLeadMs;
  return isAhead ? newest : reset;
}

/** The service's time as a session may start from it: the clock, but after this stamp. */
export function serverTimeAfter(now: number, floor: Stamp | null): number {
  return floor === null ? now : Math.max(now, stampTime(floor) + 1);
}
