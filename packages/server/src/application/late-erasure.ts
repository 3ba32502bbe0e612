import { erasedUntil } from "../domain/erasure.ts";
import type { LectureId, ProgressKey } from "../domain/ids.ts";
import type { AchievementStore } from "../ports/achievement-store.ts";
import type { ActivityStore } from "../ports/activity-store.ts";
import type { DeliveryStore } from "../ports/delivery-store.ts";
import type { ProgressStore } from "../ports/progress-store.ts";
import type { Erasure, StudentStore } from "../ports/student-store.ts";
import type { Achievements } from "./achievements.ts";
import { retryWhileRaced } from "./compare-and-set.ts";
import type { EventPublisher } from "./event-publisher.ts";
import type { StreakKeeper } from "./streak-keeper.ts";
import type { StudentDay } from "./student-day.ts";

interface LateErasureDeps {
  store: ProgressStore;
  activities: ActivityStore;
  students: StudentStore;
  achievements: AchievementStore;
  deliveries: DeliveryStore;
  publisher: EventPublisher;
  streaks: StreakKeeper;
  awards: Achievements;
  days: StudentDay;
}

/**
 * Erases what work under way at an erasure has brought back, in this process or another, and nothing of what the student has
 * done since: what is newer than the erasure says so itself. Streak and achievements become what is left.
 */
export class LateErasure {
  readonly #deps: LateErasureDeps;

  constructor(deps: LateErasureDeps) {
    this.#deps = deps;
  }

  async repeat({ userId, upTo }: Erasure): Promise<void> {
    const { store, activities, students, achievements, deliveries, publisher, streaks, awards, days } = this.#deps;
    const until = erasedUntil(upTo);
    await store.eraseRevived(userId, upTo);
    for (const { courseId, completedAt } of await store.readAll(userId)) {
      for (const lectureId of completedAt.keys()) await this.#undo({ userId, courseId }, lectureId, until);
    }
    await Promise.all([activities.erase(userId, until), achievements.erase(userId, until)]);
    await publisher.erase(userId, until);
    await deliveries.erase(userId, until);
    await streaks.recount(userId);
    await students.eraseRevived(userId);
    // What is earned by what is left may have been taken for earned before.
    await awards.award(userId, await days.now({ userId, zone: null }), null);
  }

  async #undo(key: ProgressKey, lectureId: LectureId, until: number): Promise<void> {
    const { store } = this.#deps;
    await retryWhileRaced(async () => {
      const { completedAt, rev } = await store.read(key);
      const isErased = (completedAt.get(lectureId) ?? Infinity) <= until;
      return !isErased || store.change(key, rev, { type: "undo", lectureId });
    });
  }
}
