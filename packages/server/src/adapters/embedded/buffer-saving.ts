import type { LectureId, ProgressKey, UserId } from "../../domain/ids.ts";
import type { Position } from "../../domain/position.ts";
import {
  arrivalStamp,
  greatestStamp,
  maxSessionLeadMs,
  resetStamp,
  serverTimeAfter,
  sessionFloor,
  type Stamp,
  stampTime,
} from "../../domain/stamp.ts";
import type { PositionSave, SaveOutcome } from "../../ports/position-buffer.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

interface KeyRow {
  readonly version: number;
  /** The greatest of all positions and the reset: what is ordered by arrival comes after it. */
  readonly newest: Stamp;
  readonly reset: Stamp | null;
}

interface PositionRow extends Position {
  readonly lectureId: LectureId;
}

/** When a key that becomes dirty at `now` is to be flushed. */
export type DueDate = (now: number) => number;

/** How saves enter the buffer's tables. Every method runs inside the caller's transaction; no save prepares a statement. */
export class BufferSaving {
  readonly #dueDate: DueDate;
  readonly #key: Statement<KeyRow>;
  readonly #putKey: Statement;
  readonly #position: Statement<{ stamp: Stamp; persisted: Stamp | null }>;
  readonly #putPosition: Statement;
  readonly #positions: Statement<PositionRow>;
  readonly #forgetPositions: Statement;
  readonly #erase: Statement;
  /** No version is given twice, not even to a key that was erased and came back within the same microsecond. */
  #lastVersion = 0;

  constructor(database: EmbeddedDatabase, dueDate: DueDate) {
    this.#dueDate = dueDate;
    this.#key = database.prepare(`
      SELECT version, newest_stamp AS newest, reset_stamp AS reset FROM buffer_keys
      WHERE user_id = ? AND course_id = ?`);
    // A key that is dirty already keeps its due date: a steady stream must not postpone its own flush.
    this.#putKey = database.prepare(`
      INSERT INTO buffer_keys (user_id, course_id, version, newest_stamp, reset_stamp, dirty_since, due_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET
        version = excluded.version,
        newest_stamp = excluded.newest_stamp,
        reset_stamp = excluded.reset_stamp,
        dirty_since = coalesce(dirty_since, excluded.dirty_since),
        due_at = coalesce(due_at, excluded.due_at),
        clean_until = NULL`);
    this.#position = database.prepare(`
      SELECT stamp, persisted_stamp AS persisted FROM buffer_positions
      WHERE user_id = ? AND course_id = ? AND lecture_id = ?`);
    this.#putPosition = database.prepare(`
      INSERT INTO buffer_positions (user_id, course_id, lecture_id, stamp, seconds) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET stamp = excluded.stamp, seconds = excluded.seconds`);
    this.#positions = database.prepare(`
      SELECT lecture_id AS lectureId, stamp, seconds FROM buffer_positions WHERE user_id = ? AND course_id = ?`);
    this.#forgetPositions = database.prepare("DELETE FROM buffer_positions WHERE user_id = ? AND course_id = ?");
    this.#erase = database.prepare("DELETE FROM buffer_keys WHERE user_id = ?");
  }

  save({ key, lectureId, seconds, stamp: given }: PositionSave, now: number): SaveOutcome {
    const row = this.#key.get(key.userId, key.courseId);
    const stored = this.#position.get(key.userId, key.courseId, lectureId);
    const reset = row?.reset ?? null;
    const serverTime = serverTimeAfter(now, sessionFloor(now, row?.newest ?? null, reset));
    const persisted = given === undefined ? null : (stored?.persisted ?? null);
    if (given !== undefined) {
      if (stampTime(given) > serverTime + maxSessionLeadMs) return { status: "ahead", serverTime };
      const winner = greatestStamp(stored?.stamp ?? null, reset);
      if (winner !== null && given <= winner) {
        // The stored stamp again is the same save repeated: it is in place, and there is nothing new to flush.
        const status = given === stored?.stamp ? "stored" : "superseded";
        return { status, stamp: winner, persisted, serverTime };
      }
    }
    const stamp = given ?? arrivalStamp(now, row?.newest ?? null);
    const newest = row === undefined || stamp > row.newest ? stamp : row.newest;
    this.#touch(key, now, { version: row?.version, newest, reset });
    this.#putPosition.run(key.userId, key.courseId, lectureId, stamp, seconds);
    return { status: "stored", stamp, persisted, serverTime };
  }

  startOver(key: ProgressKey, newest: Stamp | null, now: number): Stamp {
    const row = this.#key.get(key.userId, key.courseId);
    const reset = resetStamp(now, greatestStamp(newest, row?.newest ?? null));
    this.#touch(key, now, { version: row?.version, newest: reset, reset });
    this.#forgetPositions.run(key.userId, key.courseId);
    return reset;
  }

  resetOf(key: ProgressKey): Stamp | null {
    return this.#key.get(key.userId, key.courseId)?.reset ?? null;
  }

  positionsOf(key: ProgressKey): Map<LectureId, Position> {
    const rows = this.#positions.all(key.userId, key.courseId);
    return new Map(rows.map(({ lectureId, stamp, seconds }) => [lectureId, { stamp, seconds }]));
  }

  /** A key takes its positions along. */
  erase(userId: UserId): void {
    this.#erase.run(userId);
  }

  /** Raises the version and makes the key dirty if it is not. */
  #touch(key: ProgressKey, now: number, to: { version: number | undefined; newest: Stamp; reset: Stamp | null }): void {
    this.#lastVersion = Math.max((to.version ?? 0) + 1, this.#lastVersion + 1, now * 1000);
    this.#putKey.run(key.userId, key.courseId, this.#lastVersion, to.newest, to.reset, now, this.#dueDate(now));
  }
}
