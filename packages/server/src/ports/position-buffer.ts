import type { CourseId, LectureId, ProgressKey, UserId } from "../domain/ids.ts";
import type { PositionState } from "../domain/position.ts";
import type { Stamp } from "../domain/stamp.ts";

/** One heartbeat. Without a stamp it is ordered by arrival: the buffer makes the stamp. */
export interface PositionSave {
  readonly key: ProgressKey;
  readonly lectureId: LectureId;
  readonly seconds: number;
  readonly stamp?: Stamp;
}

export type SaveOutcome =
  | {
      /** `superseded`: a newer position, or a start over, is stored already; `stamp` is the one that won. */
      readonly status: "stored" | "superseded";
      readonly stamp: Stamp;
      /** The newest stamp of this lecture that an acknowledged flush has put into the store; always null for a save without a stamp. */
      readonly persisted: Stamp | null;
      /** The buffer's clock, but after the course's last reset: what a session may start from. */
      readonly serverTime: number;
      /** The buffer is filling up: players should save less often. */
      readonly isCrowded?: boolean;
    }
  /** The buffer is so full that it takes only keys it has already; nothing was stored. */
  | { readonly status: "full" }
  /** The session's time is more than `maxSessionLeadMs` ahead of this `serverTime`; nothing was stored. */
  | { readonly status: "ahead"; readonly serverTime: number }
  /** This entry alone could not be stored, for the reason given. */
  | { readonly status: "failed"; readonly reason: string };

export interface BufferedProgress extends PositionState {
  /** The buffer's clock, milliseconds since 1970. */
  readonly now: number;
}

/** What the buffer holds of a key and the store may not have. */
export interface UnflushedProgress extends BufferedProgress {
  /**
   * Where flushed positions may be left out: the key's version, which is that of its last claim, or of a start over since. A store
   * that tells the same `flushedVersion` has all of them. Null when nothing is left out.
   */
  readonly flushedVersion: string | null;
}

/** A dirty key, leased to one flusher, with what it held at that moment. */
export interface Claim extends PositionState {
  readonly key: ProgressKey;
  /** Names what the key held: no claim of it that held something else has the same. */
  readonly version: string;
  /** By the buffer's clock, milliseconds since 1970. */
  readonly claimedAt: number;
  /** How often the store has refused this key. */
  readonly attempts: number;
}

/**
 * No key is due later than so many milliseconds from now: not after its interval, a lease or a refusal, which wait for an hour
 * at most. One that is was listed by a clock that has been set back since, and is due at once.
 */
export function maxDueLeadMs(flushIntervalMs: number): number {
  return 2 * Math.max(flushIntervalMs, 3_600_000);
}

/** What became of an acknowledged key. */
export type Acknowledged =
  /** Clean: the store has everything. */
  | "clean"
  /** Saved to since it was claimed: still dirty, due one interval after the claim. */
  | "changed"
  /** Nothing is buffered for it any more: it was only taken off the list. */
  | "missing";

export interface BufferStats {
  readonly dirtyKeys: number;
  readonly poisonKeys: number;
  /** When the longest dirty key became dirty, milliseconds since 1970; null when all are clean. */
  readonly oldestDirtyAt: number | null;
}

export interface PoisonKey {
  readonly key: ProgressKey;
  readonly attempts: number;
  readonly reason: string;
}

/**
 * The fast copy that takes every save and remembers which keys the store has not got yet.
 *
 * Invariants, whatever fails: a position is replaced only by a newer stamp; a key is dirty from its first accepted save
 * until an acknowledgement proves that the store has all of it; only clean keys may ever be forgotten. Every method
 * rejects with the code `buffer_unavailable` when its outcome is unknown or nothing was done.
 */
export interface PositionBuffer {
  /** Stores many saves at once, each on its own: one outcome for each, in order. Resolves when they are durable. */
  save(saves: readonly PositionSave[]): Promise<SaveOutcome[]>;

  read(key: ProgressKey): Promise<BufferedProgress>;

  /** Reads many keys at once: one answer for each, in order, and each fails by itself. */
  readEach(keys: readonly ProgressKey[]): Promise<BufferedProgress>[];

  /** Likewise, but may leave out what a flush has carried over: to be joined with a store that is as new. */
  readUnflushed(keys: readonly ProgressKey[]): Promise<UnflushedProgress>[];

  /**
   * The courses of a student that the store may not know yet, each with the newest stamp of its positions; null where
   * only a start over is waiting.
   */
  startedCourses(userId: UserId): Promise<ReadonlyMap<CourseId, Stamp | null>>;

  /**
   * Forgets all positions up to a new reset stamp: the greater of now + `resetLeadMs`, everything buffered and `newest`,
   * the greatest stamp in the store. The key becomes dirty. Returns the reset.
   */
  startOver(key: ProgressKey, newest: Stamp | null): Promise<Stamp>;

  /** Leases up to `limit` keys that are due (with `all`: every dirty key that is not leased) for `leaseMs`. */
  claim(limit: number, leaseMs: number, options?: { all?: boolean }): Promise<Claim[]>;

  /** Says that the store has all that these claims held. One answer for each, in order. */
  acknowledge(claims: readonly Claim[]): Promise<Acknowledged[]>;

  /**
   * The store refuses this key: it stays dirty and readable, one more attempt is counted and it is due again after
   * `retryInMs`. With `poison` it is also listed for the operator.
   */
  postpone(claim: Claim, retryInMs: number, refusal: { reason: string; poison: boolean }): Promise<void>;

  /** Gives leases back unused: the keys are due at once. */
  release(claims: readonly Claim[]): Promise<void>;

  poisonKeys(limit: number): Promise<PoisonKey[]>;

  /** Takes a key off the poison list and makes it due now. False when it was not listed. */
  retryPoison(key: ProgressKey): Promise<boolean>;

  stats(): Promise<BufferStats>;

  /** Forgets everything of a student: the courses it knows by itself and the given ones. */
  erase(userId: UserId, courseIds: readonly CourseId[]): Promise<void>;

  /** The buffer's clock, milliseconds since 1970. */
  now(): Promise<number>;
}
