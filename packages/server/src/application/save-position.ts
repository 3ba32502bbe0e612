import { ProgressError } from "../domain/errors.ts";
import type { CourseId, LectureId, ProgressKey } from "../domain/ids.ts";
import { roundToMillisecond } from "../domain/position.ts";
import { sessionStamp } from "../domain/stamp.ts";
import type { LectureDetails } from "../domain/course.ts";
import type { Clock } from "../ports/clock.ts";
import type { SaveOutcome } from "../ports/position-buffer.ts";
import type { CourseReader } from "./course-reader.ts";
import { existingCourse, existingLecture } from "./existing.ts";
import type { SaveBatch } from "./save-batch.ts";

export interface Heartbeat {
  readonly key: ProgressKey;
  readonly lectureId: LectureId;
  /** The playhead; clamped to the lecture's duration when that is known. */
  readonly seconds: number;
  /** Orders the save by its session; without it, by its arrival. */
  readonly session?: { sessionId: string; sessionStartedAt: number; elapsedMs: number; seq: number };
}

export type Saved = Extract<SaveOutcome, { status: "stored" | "superseded" }>;

/** A catalog that takes longer is treated as one that cannot be read. */
const patienceMs = 1_000;

/** Takes heartbeats: one call of the buffer for all that arrive together, and no database. */
export class PositionSaver {
  readonly #courses: CourseReader;
  readonly #batch: SaveBatch;
  readonly #clock: Clock;
  /** Of each lecture the last save by arrival whose bounds are being looked up: who comes behind it must not overtake it. */
  readonly #lookingUp = new Map<string, Promise<number>>();

  constructor(deps: { courses: CourseReader; batch: SaveBatch; clock: Clock }) {
    this.#courses = deps.courses;
    this.#batch = deps.batch;
    this.#clock = deps.clock;
  }

  /**
   * Resolves when the position, or a newer one, is as safe as the buffer makes it.
   * @throws ProgressError `unknown_course`, `unknown_lecture`, `session_clock`, `buffer_unavailable`
   */
  async save(heartbeat: Heartbeat): Promise<Saved> {
    const { key, lectureId, session } = heartbeat;
    const seconds = this.#bounded(heartbeat);
    const outcome = await this.#batch.add({
      key,
      lectureId,
      seconds: roundToMillisecond(typeof seconds === "number" ? seconds : await seconds),
      ...(session && { stamp: sessionStamp(session) }),
    });
    switch (outcome.status) {
      case "stored":
      case "superseded":
        return outcome;
      case "ahead":
        throw new ProgressError(
          "session_clock",
          "The session is ahead of the service's clock: start a new session from this serverTime and send the position again.",
          { facts: { serverTime: outcome.serverTime } },
        );
      case "full":
        throw new ProgressError(
          "buffer_full",
          "The service takes no new courses for a moment: send the position again later.",
        );
      case "failed":
        throw new ProgressError("buffer_unavailable", "This position could not be stored just now: send it again.", {
          cause: outcome.reason,
        });
    }
  }

  /** At once for nearly all: within a lecture that is remembered. */
  #bounded({ key: { userId, courseId }, lectureId, session, seconds }: Heartbeat): number | Promise<number> {
    const isWithin = seconds <= (this.#courses.remembered(courseId)?.lectures.get(lectureId)?.durationSeconds ?? -1);
    if (isWithin && (session !== undefined || this.#lookingUp.size === 0)) return seconds;
    const clamped = isWithin ? seconds : this.#clamp(courseId, lectureId, seconds);
    return session === undefined ? this.#inOrder(`${userId} ${courseId} ${lectureId}`, clamped) : clamped;
  }

  /** The seconds, once those of the save before it are known. */
  #inOrder(place: string, seconds: number | Promise<number>): number | Promise<number> {
    const before = this.#lookingUp.get(place);
    if (typeof seconds === "number" && before === undefined) return seconds;
    const known = Promise.allSettled([seconds, before]).then(() => seconds);
    this.#lookingUp.set(place, known);
    const done = (): void => void (this.#lookingUp.get(place) === known && this.#lookingUp.delete(place));
    known.then(done, done);
    return known;
  }

  /** Losing a position is worse than storing one too many: a catalog that does not answer refuses and clamps nothing. */
  async #clamp(courseId: CourseId, lectureId: LectureId, seconds: number): Promise<number> {
    const answered = new AbortController();
    try {
      const lecture = await Promise.race([
        this.#lookUp(courseId, lectureId, seconds),
        this.#clock.sleep(patienceMs, answered.signal),
      ]);
      return Math.min(seconds, lecture?.durationSeconds ?? seconds);
    } catch (error) {
      if (error instanceof ProgressError && error.code === "store_unavailable") return seconds;
      throw error;
    } finally {
      answered.abort();
    }
  }

  /** The lecture as the shared cache has it; before that refuses or clamps anything, as the catalog itself has it. */
  async #lookUp(courseId: CourseId, lectureId: LectureId, seconds: number): Promise<LectureDetails> {
    const cached = (await this.#courses.read(courseId))?.lectures.get(lectureId);
    if (cached !== undefined && seconds <= cached.durationSeconds) return cached;
    return existingLecture(existingCourse(await this.#courses.confirmed(courseId), courseId), lectureId);
  }
}
