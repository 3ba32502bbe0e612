import type { ProgressEvent } from "../../domain/event.ts";
import type { CourseId, LectureId, ProgressKey, UserId } from "../../domain/ids.ts";
import type { Played, PlayedRange } from "../../domain/played-ranges.ts";
import { joinPositions, type Position, type PositionState } from "../../domain/position.ts";
import type { Stamp } from "../../domain/stamp.ts";
import type {
  CompletionTotals,
  CourseProgress,
  StoredPlayed,
  StoredProgress,
  Unsettled,
} from "../../ports/progress-store.ts";
import type { EmbeddedDatabase, Statement } from "./database.ts";

interface ProgressRow {
  readonly rev: number;
  readonly reset: Stamp | null;
  readonly courseCompletedAt: number | null;
}

interface CompletionRow {
  readonly lectureId: LectureId;
  readonly times: number;
  readonly completedAt: number | null;
}

interface PlayedRow {
  readonly lectureId: LectureId;
  readonly ranges: string;
  readonly creditedAt: number;
  readonly spareSeconds: number;
  readonly sitting: string;
}

/** How progress is read from its tables. Every method runs inside the caller's transaction. */
export class StoreReading {
  readonly #progress: Statement<ProgressRow>;
  readonly #courses: Statement<{ courseId: CourseId }>;
  readonly #positions: Statement<Position & { lectureId: LectureId }>;
  readonly #completions: Statement<CompletionRow>;
  readonly #played: Statement<PlayedRow>;
  readonly #outbox: Statement<{ event: string }>;
  readonly #unsettled: Statement<ProgressKey & { since: number }>;
  readonly #courseProgress: Statement<CourseProgress>;
  readonly #totals: Statement<CompletionTotals>;

  constructor(database: EmbeddedDatabase) {
    const ofKey = "WHERE user_id = ? AND course_id = ?";
    this.#progress = database.prepare(`
      SELECT rev, reset_stamp AS reset, course_completed_at AS courseCompletedAt FROM progress ${ofKey}`);
    this.#courses = database.prepare(`
      SELECT course_id AS courseId FROM progress WHERE user_id = ? ORDER BY course_id`);
    this.#positions = database.prepare(`SELECT lecture_id AS lectureId, stamp, seconds FROM positions ${ofKey}`);
    this.#completions = database.prepare(`
      SELECT lecture_id AS lectureId, times, completed_at AS completedAt FROM completions ${ofKey}`);
    this.#played = database.prepare(`
      SELECT lecture_id AS lectureId, ranges, credited_at AS creditedAt, spare_seconds AS spareSeconds, sitting
      FROM played ${ofKey} AND lecture_id = coalesce(?, lecture_id)`);
    this.#outbox = database.prepare(`SELECT event FROM outbox ${ofKey} ORDER BY sequence`);
    this.#unsettled = database.prepare(`
      SELECT user_id AS userId, course_id AS courseId, min(occurred_at) AS since FROM outbox WHERE occurred_at < ?
      GROUP BY user_id, course_id ORDER BY since LIMIT ?`);
    this.#courseProgress = database.prepare(`
      WITH mine AS (
        SELECT course_id FROM progress WHERE user_id = ?1
        UNION SELECT value FROM json_each(?2)
      )
      SELECT
        courses.course_id AS courseId,
        (
          SELECT count(*) FROM completions AS done JOIN lectures USING (course_id, lecture_id)
          WHERE done.user_id = ?1 AND done.course_id = courses.course_id AND done.completed_at IS NOT NULL
        ) AS completed,
        total_lectures AS total,
        (
          SELECT max(stamp) FROM positions AS watched
          WHERE watched.user_id = ?1 AND watched.course_id = courses.course_id AND stamp > coalesce(reset_stamp, '')
        ) AS lastWatched
      FROM mine JOIN courses USING (course_id)
        LEFT JOIN progress ON progress.user_id = ?1 AND progress.course_id = courses.course_id
      ORDER BY courseId`);
    // Counted from an index that holds nothing else: a counter of its own could drift.
    this.#totals = database.prepare(`
      SELECT
        (SELECT count(*) FROM completions WHERE user_id = ?1 AND completed_at IS NOT NULL) AS lectures,
        (SELECT count(*) FROM progress WHERE user_id = ?1 AND course_completed_at IS NOT NULL) AS courses`);
  }

  progressOf({ userId, courseId }: ProgressKey): StoredProgress {
    const row = this.#progress.get(userId, courseId);
    const completions = this.#completions.all(userId, courseId);
    const completed = completions.filter((completion) => completion.completedAt !== null);
    return {
      ...this.#positionsOf(userId, courseId, row?.reset ?? null),
      rev: row?.rev ?? 0,
      flushedVersion: null,
      completedAt: new Map(completed.map(({ lectureId, completedAt }) => [lectureId, Number(completedAt)])),
      completions: new Map(completions.map(({ lectureId, times }) => [lectureId, times])),
      courseCompletedAt: row?.courseCompletedAt ?? null,
      outbox: this.#outbox.all(userId, courseId).map(({ event }) => JSON.parse(event) as ProgressEvent),
    };
  }

  playedOf({ userId, courseId }: ProgressKey, lectureId?: LectureId): StoredPlayed {
    const { rev = 0, reset = null } = this.#progress.get(userId, courseId) ?? {};
    const rows = this.#played.all(userId, courseId, lectureId ?? null);
    return { rev, reset, played: new Map(rows.map((row) => [row.lectureId, toPlayed(row)])) };
  }

  rev({ userId, courseId }: ProgressKey): number {
    return this.#progress.get(userId, courseId)?.rev ?? 0;
  }

  courses(userId: UserId): CourseId[] {
    return this.#courses.all(userId).map(({ courseId }) => courseId);
  }

  unsettled(before: number, limit: number): Unsettled[] {
    const rows = this.#unsettled.all(before, limit);
    return rows.map(({ userId, courseId, since }) => ({ key: { userId, courseId }, since }));
  }

  courseProgress(userId: UserId, started: readonly CourseId[]): CourseProgress[] {
    const rows = this.#courseProgress.all(userId, JSON.stringify(started));
    return rows.map(({ courseId, completed, total, lastWatched }) => ({ courseId, completed, total, lastWatched }));
  }

  totals(userId: UserId): CompletionTotals {
    const { lectures, courses } = this.#totals.get(userId) ?? { lectures: 0, courses: 0 };
    return { lectures, courses };
  }

  /** Positions before the reset stay in their table and are left out here: so the two can be written in either order. */
  #positionsOf(userId: UserId, courseId: CourseId, reset: Stamp | null): PositionState {
    const rows = this.#positions.all(userId, courseId);
    const all = new Map(rows.map(({ lectureId, stamp, seconds }) => [lectureId, { stamp, seconds }]));
    return joinPositions({ positions: all, reset: null }, { positions: new Map(), reset });
  }
}

function toPlayed({ ranges, sitting, creditedAt, spareSeconds }: PlayedRow): Played {
  return {
    ranges: JSON.parse(ranges) as PlayedRange[],
    sitting: JSON.parse(sitting) as Played["sitting"],
    creditedAt,
    spareSeconds,
  };
}
