import type { CourseId, UserId } from "../domain/ids.ts";
import { joinPositions } from "../domain/position.ts";
import { makeStamp } from "../domain/stamp.ts";
import type { AchievementStore, EarnedAchievement } from "../ports/achievement-store.ts";
import type { ActivityDay, ActivityStore } from "../ports/activity-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { DeliveryStore } from "../ports/delivery-store.ts";
import type { BufferedProgress, PositionBuffer } from "../ports/position-buffer.ts";
import type { ProgressStore, StoredPlayed, StoredProgress } from "../ports/progress-store.ts";
import type { Erasure, Student, StudentStore } from "../ports/student-store.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { BackgroundWork } from "./background-work.ts";
import type { EventPublisher } from "./event-publisher.ts";
import type { LateErasure } from "./late-erasure.ts";
import type { OneAtATime } from "./one-at-a-time.ts";

export interface StudentData {
  readonly student: Student;
  readonly courses: readonly (Pick<StoredProgress, "positions" | "completedAt" | "courseCompletedAt"> &
    Pick<StoredPlayed, "played"> & { courseId: CourseId })[];
  readonly activities: readonly (ActivityDay & { completions: string[] })[];
  readonly achievements: readonly EarnedAchievement[];
}

interface StudentDataDeps {
  buffer: PositionBuffer;
  store: ProgressStore;
  activities: ActivityStore;
  students: StudentStore;
  achievements: AchievementStore;
  publisher: EventPublisher;
  deliveries: DeliveryStore;
  lateErasure: LateErasure;
  queue: OneAtATime;
  clock: Clock;
  telemetry: Telemetry;
}

/** Longer than what began before the erasure can last; for a flush: its lease plus the store's timeout, twice. */
const lateWriteMs = 40_000;
const pollMs = 10_000;
const batchSize = 100;

/** Everything the service holds about one student, to hand out or to forget. */
export class StudentDataKeeper {
  readonly #deps: StudentDataDeps;
  readonly #erasing: BackgroundWork;

  constructor(deps: StudentDataDeps) {
    this.#deps = deps;
    this.#erasing = new BackgroundWork({
      ...deps,
      task: "erase again",
      everyMs: pollMs,
      work: (signal) => this.eraseAgain(signal),
    });
  }

  async export(userId: UserId): Promise<StudentData> {
    const { activities, students, achievements } = this.#deps;
    const [student, stored, days, earned] = await Promise.all([
      students.read(userId),
      this.#allProgress(userId),
      activities.readAll(userId),
      achievements.earned(userId),
    ]);
    return { student, courses: stored, activities: days, achievements: earned };
  }

  /** Forgets the student; what work under way brings back is forgotten again a little later. */
  erase(userId: UserId): Promise<void> {
    return this.#deps.queue.run(userId, () => this.#eraseNow(userId));
  }

  start(): void {
    this.#erasing.start();
  }

  /**
   * Erases what late writes have brought back since the erasures that are old enough, until the signal is aborted. One that
   * fails is tried again the next time, and holds up no other.
   */
  async eraseAgain(signal?: AbortSignal): Promise<void> {
    const { students, clock, telemetry } = this.#deps;
    for (const erasure of await students.erasuresBefore(clock.now() - lateWriteMs, batchSize)) {
      if (signal?.aborted === true) return;
      await this.#complete(erasure).catch((error: unknown) => telemetry.backgroundFailed("erase again", error));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#erasing[Symbol.asyncDispose]();
  }

  async #complete(erasure: Erasure): Promise<void> {
    const { students, queue, lateErasure } = this.#deps;
    await queue.run(erasure.userId, () => lateErasure.repeat(erasure));
    await students.forgetErasure(erasure);
  }

  async #eraseNow(userId: UserId): Promise<void> {
    const { buffer, store, activities, students, achievements, publisher, deliveries } = this.#deps;
    const known = (await store.readAll(userId)).map(({ courseId }) => courseId);
    await buffer.erase(userId, known);
    await Promise.all([store.erase(userId), activities.erase(userId), achievements.erase(userId)]);
    // When no outbox has any left.
    await publisher.erase(userId);
    await deliveries.erase(userId);
    // At the very end: whoever sees the erasure is touched by none of this, everybody else is dated within it.
    await students.erase({ userId, upTo: makeStamp(await buffer.now()) });
  }

  async #allProgress(userId: UserId): Promise<StudentData["courses"]> {
    const { buffer, store } = this.#deps;
    const [stored, played, started] = await Promise.all([
      store.readAll(userId),
      store.readAllPlayed(userId),
      buffer.startedCourses(userId),
    ]);
    const byCourse = new Map(stored.map((progress) => [progress.courseId, progress]));
    const keys = Array.from(new Set([...byCourse.keys(), ...started.keys()]), (courseId) => ({ userId, courseId }));
    const positions = buffer.readEach(keys);
    return Promise.all(
      keys.map(async (key, index) => {
        const { courseId } = key;
        const [progress, buffered] = await Promise.all([
          byCourse.get(courseId) ?? store.read(key),
          positions[index] as Promise<BufferedProgress>,
        ]);
        const { positions: joined } = joinPositions(buffered, progress);
        return { ...progress, courseId, played: played.get(courseId) ?? new Map(), positions: joined };
      }),
    );
  }
}
