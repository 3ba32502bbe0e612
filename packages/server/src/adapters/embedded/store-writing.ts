import { erasedUntil } from "../../domain/erasure.ts";
import type { ProgressEvent } from "../../domain/event.ts";
import type { ProgressKey, UserId } from "../../domain/ids.ts";
import { type Stamp, stampTime } from "../../domain/stamp.ts";
import type { PositionWrite, ProgressChange } from "../../ports/progress-store.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

/** How progress is written to its tables. Every method runs inside the caller's transaction. */
export class StoreWriting {
  readonly #joinReset: Statement;
  readonly #joinPosition: Statement;
  readonly #raiseRev: Statement;
  readonly #complete: Statement;
  readonly #dateCompletion: Statement;
  readonly #undo: Statement;
  readonly #undoAll: Statement;
  readonly #setCourseCompleted: Statement;
  readonly #credit: Statement;
  readonly #forgetPlayed: Statement;
  readonly #push: Statement;
  readonly #settle: Statement;
  readonly #erase: Statement;
  readonly #eraseRevived: Statement;
  readonly #eraseOldPositions: Statement;
  readonly #eraseOldPlayed: Statement;

  constructor(database: EmbeddedDatabase) {
    this.#joinReset = database.prepare(`
      INSERT INTO progress (user_id, course_id, reset_stamp) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET reset_stamp = excluded.reset_stamp
      WHERE excluded.reset_stamp > coalesce(reset_stamp, '')`);
    this.#joinPosition = database.prepare(`
      INSERT INTO positions (user_id, course_id, lecture_id, stamp, seconds) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET stamp = excluded.stamp, seconds = excluded.seconds
      WHERE excluded.stamp > stamp`);
    this.#raiseRev = database.prepare(`
      INSERT INTO progress (user_id, course_id, rev) VALUES (?, ?, 1)
      ON CONFLICT DO UPDATE SET rev = rev + 1`);
    this.#complete = database.prepare(`
      INSERT INTO completions (user_id, course_id, lecture_id, times, completed_at) VALUES (?, ?, ?, 1, ?)
      ON CONFLICT DO UPDATE SET times = times + 1, completed_at = excluded.completed_at`);
    this.#dateCompletion = database.prepare(`
      UPDATE progress SET last_completed_at = max(coalesce(last_completed_at, 0), ?3) WHERE user_id = ?1 AND course_id = ?2`);
    const undo = "UPDATE completions SET completed_at = NULL WHERE user_id = ? AND course_id = ?";
    this.#undo = database.prepare(`${undo} AND lecture_id = ?`);
    this.#undoAll = database.prepare(undo);
    this.#setCourseCompleted = database.prepare(`
      UPDATE progress SET course_completed_at = ?3 WHERE user_id = ?1 AND course_id = ?2`);
    this.#credit = database.prepare(`
      INSERT INTO played (user_id, course_id, lecture_id, ranges, credited_at, spare_seconds, sitting) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET
        ranges = excluded.ranges, credited_at = excluded.credited_at, spare_seconds = excluded.spare_seconds,
        sitting = excluded.sitting`);
    this.#forgetPlayed = database.prepare("DELETE FROM played WHERE user_id = ? AND course_id = ?");
    this.#push = database.prepare(`
      INSERT INTO outbox (event_id, user_id, course_id, occurred_at, event) VALUES (?, ?, ?, ?, ?)`);
    this.#settle = database.prepare("DELETE FROM outbox WHERE user_id = ? AND course_id = ? AND event_id = ?");
    this.#erase = database.prepare("DELETE FROM progress WHERE user_id = ?");
    this.#eraseRevived = database.prepare(`
      DELETE FROM progress WHERE user_id = ?1 AND coalesce(reset_stamp, '') <= ?2
        AND (last_completed_at <= ?3
          OR NOT EXISTS (SELECT 1 FROM completions WHERE user_id = ?1 AND course_id = progress.course_id))
        AND NOT EXISTS (SELECT 1 FROM positions WHERE user_id = ?1 AND course_id = progress.course_id AND stamp > ?2)
        AND NOT EXISTS (SELECT 1 FROM played WHERE user_id = ?1 AND course_id = progress.course_id AND credited_at > ?4)`);
    this.#eraseOldPositions = database.prepare("DELETE FROM positions WHERE user_id = ? AND stamp <= ?");
    this.#eraseOldPlayed = database.prepare("DELETE FROM played WHERE user_id = ? AND credited_at <= ?");
  }

  join({ key: { userId, courseId }, positions, reset }: PositionWrite): void {
    if (positions.size === 0 && reset === null) return;
    this.#joinReset.run(userId, courseId, reset);
    for (const [lectureId, { stamp, seconds }] of positions) {
      this.#joinPosition.run(userId, courseId, lectureId, stamp, seconds);
    }
  }

  change({ userId, courseId }: ProgressKey, change: ProgressChange): void {
    this.#raiseRev.run(userId, courseId);
    switch (change.type) {
      case "complete":
        this.#complete.run(userId, courseId, change.event.lectureId, change.event.occurredAt);
        this.#dateCompletion.run(userId, courseId, change.event.occurredAt);
        this.#pushEvent(change.event);
        break;
      case "undo":
        this.#undo.run(userId, courseId, change.lectureId);
        this.#setCourseCompleted.run(userId, courseId, null);
        break;
      case "completeCourse":
        this.#setCourseCompleted.run(userId, courseId, change.event.occurredAt);
        this.#pushEvent(change.event);
        break;
      case "startOver":
        this.#joinReset.run(userId, courseId, change.reset);
        this.#undoAll.run(userId, courseId);
        this.#forgetPlayed.run(userId, courseId);
        this.#setCourseCompleted.run(userId, courseId, null);
        break;
      case "credit": {
        const { ranges, creditedAt, spareSeconds, sitting } = change.played;
        const [json, told] = [JSON.stringify(ranges), JSON.stringify(sitting)];
        this.#credit.run(userId, courseId, change.lectureId, json, creditedAt, spareSeconds, told);
        break;
      }
    }
  }

  settle({ userId, courseId }: ProgressKey, eventId: string): void {
    this.#settle.run(userId, courseId, eventId);
  }

  /** The rows that hang on a progress row go with it. */
  erase(userId: UserId): void {
    this.#erase.run(userId);
  }

  eraseRevived(userId: UserId, upTo: Stamp): void {
    this.#eraseRevived.run(userId, upTo, erasedUntil(upTo), stampTime(upTo));
    this.#eraseOldPositions.run(userId, upTo);
    this.#eraseOldPlayed.run(userId, stampTime(upTo));
  }

  #pushEvent(event: ProgressEvent): void {
    this.#push.run(event.id, event.userId, event.courseId, event.occurredAt, JSON.stringify(event));
  }
}
