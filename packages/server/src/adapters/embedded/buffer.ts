import type { CourseId, ProgressKey, UserId } from "../../domain/ids.ts";
import type { Stamp } from "../../domain/stamp.ts";
import type { Clock } from "../../ports/clock.ts";
import type {
  Acknowledged,
  BufferedProgress,
  BufferStats,
  Claim,
  PoisonKey,
  PositionBuffer,
  PositionSave,
  SaveOutcome,
  UnflushedProgress,
} from "../../ports/position-buffer.ts";
import { BufferFlushing } from "./buffer-flushing.ts";
import { BufferSaving } from "./buffer-saving.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";
import { isRowFailure, reasonOf } from "./failures.ts";

export interface EmbeddedBufferOptions {
  readonly clock: Pick<Clock, "now" | "random">;
  readonly flushIntervalMs: number;
}

/**
 * The position buffer in two tables, one transaction for each method.
 *
 * A key is clean (it has a `clean_until`), dirty (it has a due date) or leased (dirty, and `claimed_at` is set). Only
 * `claim` forgets keys, and only clean ones; a key's positions go with it.
 */
export class EmbeddedPositionBuffer implements PositionBuffer {
  readonly #database: EmbeddedDatabase;
  readonly #clock: EmbeddedBufferOptions["clock"];
  readonly #saving: BufferSaving;
  readonly #flushing: BufferFlushing;
  readonly #poison: Statement<ProgressKey & Omit<PoisonKey, "key">>;
  readonly #retryPoison: Statement;
  readonly #stats: Statement<BufferStats>;

  constructor(database: EmbeddedDatabase, { clock, flushIntervalMs }: EmbeddedBufferOptions) {
    this.#database = database;
    this.#clock = clock;
    // The spread turns the spike of everybody's first save into an even load.
    const dueDate = (now: number): number => Math.round(now + flushIntervalMs * (0.9 + 0.2 * clock.random()));
    this.#saving = new BufferSaving(database, dueDate);
    this.#flushing = new BufferFlushing(database, flushIntervalMs);
    this.#poison = database.prepare(`
      SELECT user_id AS userId, course_id AS courseId, attempts, poison_reason AS reason
      FROM buffer_keys WHERE poison_reason IS NOT NULL ORDER BY dirty_since LIMIT ?`);
    this.#retryPoison = database.prepare(`
      UPDATE buffer_keys SET poison_reason = NULL, claimed_at = NULL, due_at = ?3
      WHERE user_id = ?1 AND course_id = ?2 AND poison_reason IS NOT NULL`);
    this.#stats = database.prepare(`
      SELECT
        (SELECT count(*) FROM buffer_keys WHERE dirty_since IS NOT NULL) AS dirtyKeys,
        (SELECT count(*) FROM buffer_keys WHERE poison_reason IS NOT NULL) AS poisonKeys,
        (SELECT min(dirty_since) FROM buffer_keys WHERE dirty_since IS NOT NULL) AS oldestDirtyAt`);
  }

  save(saves: readonly PositionSave[]): Promise<SaveOutcome[]> {
    return this.#write((now) => saves.map((save) => this.#saveAlone(save, now)));
  }

  read(key: ProgressKey): Promise<BufferedProgress> {
    return this.#read(() => ({
      positions: this.#saving.positionsOf(key),
      reset: this.#saving.resetOf(key),
      now: this.#clock.now(),
    }));
  }

  readEach(keys: readonly ProgressKey[]): Promise<BufferedProgress>[] {
    return keys.map((key) => this.read(key));
  }

  /** The store is in the same file: to leave something out would save nothing. */
  readUnflushed(keys: readonly ProgressKey[]): Promise<UnflushedProgress>[] {
    return keys.map(async (key) => ({ ...(await this.read(key)), flushedVersion: null }));
  }

  startedCourses(userId: UserId): Promise<Map<CourseId, Stamp | null>> {
    return this.#read(() => this.#flushing.startedCourses(userId));
  }

  startOver(key: ProgressKey, newest: Stamp | null): Promise<Stamp> {
    return this.#write((now) => this.#saving.startOver(key, newest, now));
  }

  claim(limit: number, leaseMs: number, { all = false }: { all?: boolean } = {}): Promise<Claim[]> {
    return this.#write((now) => {
      this.#flushing.prune(now);
      const claims = this.#flushing.claim(now, limit, leaseMs, all);
      return claims.map((claim) => ({ ...claim, positions: this.#saving.positionsOf(claim.key) }));
    });
  }

  acknowledge(claims: readonly Claim[]): Promise<Acknowledged[]> {
    return this.#write((now) => claims.map((claim) => this.#flushing.acknowledge(claim, now)));
  }

  postpone(claim: Claim, retryInMs: number, { reason, poison }: { reason: string; poison: boolean }): Promise<void> {
    return this.#write((now) => this.#flushing.postpone(claim, now + retryInMs, poison ? reason : null));
  }

  release(claims: readonly Claim[]): Promise<void> {
    return this.#write((now) => {
      for (const claim of claims) this.#flushing.release(claim, now);
    });
  }

  poisonKeys(limit: number): Promise<PoisonKey[]> {
    return this.#read(() =>
      this.#poison
        .all(limit)
        .map(({ userId, courseId, attempts, reason }) => ({ key: { userId, courseId }, attempts, reason })),
    );
  }

  retryPoison({ userId, courseId }: ProgressKey): Promise<boolean> {
    return this.#write((now) => this.#retryPoison.run(userId, courseId, now).changes !== 0);
  }

  stats(): Promise<BufferStats> {
    return this.#read(() => ({ dirtyKeys: 0, poisonKeys: 0, oldestDirtyAt: null, ...this.#stats.get() }));
  }

  /** The tables know all courses of a student by themselves. */
  erase(userId: UserId): Promise<void> {
    return this.#write(() => this.#saving.erase(userId));
  }

  async now(): Promise<number> {
    return this.#clock.now();
  }

  #saveAlone(save: PositionSave, now: number): SaveOutcome {
    try {
      return this.#database.savepoint(() => this.#saving.save(save, now));
    } catch (error) {
      if (!isRowFailure(error)) throw error;
      return { status: "failed", reason: reasonOf(error) };
    }
  }

  #read<Result>(work: () => Result): Promise<Result> {
    return this.#database.read("buffer_unavailable", work);
  }

  #write<Result>(work: (now: number) => Result): Promise<Result> {
    return this.#database.write("buffer_unavailable", () => work(this.#clock.now()));
  }
}
