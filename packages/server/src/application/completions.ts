import { lectureCompleted, type ProgressEvent } from "../domain/event.ts";
import type { LectureId, ProgressKey } from "../domain/ids.ts";
import { greatestStamp, serverTimeAfter, type Stamp } from "../domain/stamp.ts";
import type { PositionBuffer } from "../ports/position-buffer.ts";
import type { ProgressChange, ProgressStore, StoredProgress } from "../ports/progress-store.ts";
import { retryWhileRaced } from "./compare-and-set.ts";
import type { CourseReader } from "./course-reader.ts";
import { existingCourse, existingLecture } from "./existing.ts";
import type { Followers } from "./followers.ts";
import type { LateErasure } from "./late-erasure.ts";
import type { OneAtATime } from "./one-at-a-time.ts";
import type { Identity, StudentDay } from "./student-day.ts";

interface CompletionsDeps {
  store: ProgressStore;
  buffer: PositionBuffer;
  courses: CourseReader;
  followers: Followers;
  lateErasure: LateErasure;
  days: StudentDay;
  queue: OneAtATime;
}

/** Completes lectures, takes completions back, starts courses over. Rejects with `store_unavailable` when in doubt. */
export class Completions {
  readonly #deps: CompletionsDeps;
  readonly #queue: OneAtATime;

  constructor(deps: CompletionsDeps) {
    this.#deps = deps;
    this.#queue = deps.queue;
  }

  /**
   * Completes a lecture. The first time is kept; every further time only finishes what a dead process may have left undone.
   * Resolves when everything that follows has been done.
   * @throws ProgressError `unknown_course`, `unknown_lecture`
   */
  async complete(identity: Identity, key: ProgressKey, lectureId: LectureId): Promise<void> {
    const { courses, days, followers, lateErasure } = this.#deps;
    existingLecture(existingCourse(await courses.read(key.courseId), key.courseId), lectureId);
    await this.#queue.run(key.userId, async () => {
      const { upTo, ...moment } = await days.now(identity);
      // What was brought back since the erasure is not taken for what the student does now.
      if (upTo !== undefined) await lateErasure.repeat({ userId: key.userId, upTo });
      let outbox: readonly ProgressEvent[] = [];
      await this.#changeWhile(key, (progress) => {
        outbox = progress.outbox;
        if (progress.completedAt.has(lectureId)) return null;
        const time = (progress.completions.get(lectureId) ?? 0) + 1;
        const event = lectureCompleted(key, moment, lectureId, time);
        outbox = [...outbox, event];
        return { type: "complete", event };
      });
      await followers.settle(key, outbox);
    });
  }

  /** Takes a completion away, but not the day's activity. Nothing to take away is fine. */
  async undo(key: ProgressKey, lectureId: LectureId): Promise<void> {
    await this.#queue.run(key.userId, () =>
      this.#changeWhile(key, (progress) => (progress.completedAt.has(lectureId) ? { type: "undo", lectureId } : null)),
    );
  }

  /**
   * Forgets positions and completions of a course, also what sessions that began before still send.
   * @returns a server time after the start over: sessions that start from it count
   * @throws ProgressError `unknown_course`
   */
  async startOver(key: ProgressKey): Promise<number> {
    const { store, buffer, courses } = this.#deps;
    existingCourse(await courses.read(key.courseId), key.courseId);
    return this.#queue.run(key.userId, async () => {
      const stored = await store.read(key);
      const reset = await buffer.startOver(key, newestStamp(stored));
      await this.#changeWhile(key, () => ({ type: "startOver", reset }));
      return serverTimeAfter(await buffer.now(), reset);
    });
  }

  /** @param decide the change that what is stored calls for; null when there is nothing left to do */
  async #changeWhile(key: ProgressKey, decide: (progress: StoredProgress) => ProgressChange | null): Promise<void> {
    const { store } = this.#deps;
    await retryWhileRaced(async () => {
      const progress = await store.read(key);
      const change = decide(progress);
      return change === null || store.change(key, progress.rev, change);
    });
  }
}

function newestStamp({ positions, reset }: StoredProgress): Stamp | null {
  return greatestStamp(reset, ...[...positions.values()].map(({ stamp }) => stamp));
}
