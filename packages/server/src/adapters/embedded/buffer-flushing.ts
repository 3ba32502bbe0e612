import type { CourseId, ProgressKey, UserId } from "../../domain/ids.ts";
import type { Positions } from "../../domain/position.ts";
import type { Stamp } from "../../domain/stamp.ts";
import { type Acknowledged, type Claim, maxDueLeadMs } from "../../ports/position-buffer.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

interface DueRow extends ProgressKey {
  readonly version: number;
  readonly reset: Stamp | null;
  readonly attempts: number;
}

/** How long a clean key stays readable. */
const cleanForMs = 24 * 60 * 60 * 1000;

/** Clean keys are forgotten in batches, so that no claim takes long. */
const pruneLimit = 1_000;

const thisKey = "user_id = ?1 AND course_id = ?2";

/** How keys leave the buffer: the flusher's half. Every method runs inside the caller's transaction. */
export class BufferFlushing {
  readonly #flushIntervalMs: number;
  readonly #key: Statement<{ version: number; dueAt: number | null }>;
  readonly #started: Statement<{ courseId: CourseId; newest: Stamp; reset: Stamp | null }>;
  readonly #due: Statement<DueRow>;
  readonly #dueTooLate: Statement<DueRow>;
  readonly #unleased: Statement<DueRow>;
  readonly #lease: Statement;
  readonly #endLease: Statement;
  readonly #persist: Statement;
  readonly #clean: Statement;
  readonly #keepDirty: Statement;
  readonly #refuse: Statement;
  readonly #prune: Statement;

  constructor(database: EmbeddedDatabase, flushIntervalMs: number) {
    this.#flushIntervalMs = flushIntervalMs;
    const dueRow = `
      SELECT user_id AS userId, course_id AS courseId, version, reset_stamp AS reset, attempts FROM buffer_keys`;
    this.#key = database.prepare(`SELECT version, due_at AS dueAt FROM buffer_keys WHERE ${thisKey}`);
    this.#started = database.prepare(`
      SELECT course_id AS courseId, newest_stamp AS newest, reset_stamp AS reset
      FROM buffer_keys WHERE user_id = ? AND due_at IS NOT NULL`);
    this.#due = database.prepare(`${dueRow} WHERE due_at <= ? ORDER BY due_at LIMIT ?`);
    this.#dueTooLate = database.prepare(`${dueRow} WHERE due_at > ? LIMIT ?`);
    this.#unleased = database.prepare(`
      ${dueRow} WHERE due_at IS NOT NULL AND (claimed_at IS NULL OR due_at <= ?) ORDER BY due_at LIMIT ?`);
    this.#lease = database.prepare(`UPDATE buffer_keys SET claimed_at = ?3, due_at = ?4 WHERE ${thisKey}`);
    // Who comes back after the end of a lease does not end the next flusher's.
    this.#endLease = database.prepare(`
      UPDATE buffer_keys SET claimed_at = NULL, due_at = ?4 WHERE ${thisKey} AND claimed_at = ?3`);
    this.#persist = database.prepare(`
      UPDATE buffer_positions SET persisted_stamp = ?4
      WHERE ${thisKey} AND lecture_id = ?3 AND (persisted_stamp IS NULL OR persisted_stamp < ?4)`);
    this.#clean = database.prepare(`
      UPDATE buffer_keys SET
        dirty_since = NULL, due_at = NULL, claimed_at = NULL, attempts = 0, poison_reason = NULL, clean_until = ?3
      WHERE ${thisKey}`);
    this.#keepDirty = database.prepare(`
      UPDATE buffer_keys SET dirty_since = max(dirty_since, ?3), attempts = 0, poison_reason = NULL WHERE ${thisKey}`);
    this.#refuse = database.prepare(`
      UPDATE buffer_keys SET attempts = attempts + 1, poison_reason = coalesce(?3, poison_reason)
      WHERE ${thisKey} AND due_at IS NOT NULL`);
    this.#prune = database.prepare(`
      DELETE FROM buffer_keys WHERE (user_id, course_id) IN
        (SELECT user_id, course_id FROM buffer_keys WHERE clean_until <= ? ORDER BY clean_until LIMIT ${pruneLimit})`);
  }

  startedCourses(userId: UserId): Map<CourseId, Stamp | null> {
    const rows = this.#started.all(userId);
    return new Map(rows.map(({ courseId, newest, reset }) => [courseId, newest === reset ? null : newest]));
  }

  /** Leases the keys that are due, or with `all` every dirty key without a lease. */
  claim(now: number, limit: number, leaseMs: number, all: boolean): Omit<Claim, "positions">[] {
    const rows = all ? this.#unleased.all(now, limit) : this.#allDue(now, limit);
    return rows.map(({ userId, courseId, version, reset, attempts }) => {
      this.#lease.run(userId, courseId, now, now + leaseMs);
      return { key: { userId, courseId }, version: String(version), claimedAt: now, reset, attempts };
    });
  }

  acknowledge({ key, version, claimedAt, positions }: Claim, now: number): Acknowledged {
    const { userId, courseId } = key;
    const row = this.#key.get(userId, courseId);
    if (row === undefined) return "missing";
    // Clean already: another flusher has acknowledged it, with all that came in between.
    if (row.dueAt === null) return "clean";
    this.#rememberPersisted(key, positions);
    if (String(row.version) === version) {
      this.#clean.run(userId, courseId, now + cleanForMs);
      return "clean";
    }
    this.#keepDirty.run(userId, courseId, claimedAt);
    this.#endLease.run(userId, courseId, claimedAt, claimedAt + this.#flushIntervalMs);
    return "changed";
  }

  postpone({ key, claimedAt }: Claim, dueAt: number, poisonReason: string | null): void {
    this.#refuse.run(key.userId, key.courseId, poisonReason);
    this.#endLease.run(key.userId, key.courseId, claimedAt, dueAt);
  }

  release({ key, claimedAt }: Claim, now: number): void {
    this.#endLease.run(key.userId, key.courseId, claimedAt, now);
  }

  /** Forgets clean keys that nobody has needed for a day. */
  prune(now: number): void {
    this.#prune.run(now);
  }

  #allDue(now: number, limit: number): DueRow[] {
    const due = this.#due.all(now, limit);
    return [...due, ...this.#dueTooLate.all(now + maxDueLeadMs(this.#flushIntervalMs), limit - due.length)];
  }

  #rememberPersisted({ userId, courseId }: ProgressKey, positions: Positions): void {
    for (const [lectureId, { stamp }] of positions) this.#persist.run(userId, courseId, lectureId, stamp);
  }
}
