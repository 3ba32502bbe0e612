import { isCovered } from "../domain/completion.ts";
import {
  type CourseCompleted,
  courseCompleted,
  type LectureCompleted,
  type Moment,
  type ProgressEvent,
} from "../domain/event.ts";
import type { ProgressKey, UserId } from "../domain/ids.ts";
import type { ActivityStore, StreakCounts } from "../ports/activity-store.ts";
import type { Catalog } from "../ports/catalog.ts";
import type { ProgressStore } from "../ports/progress-store.ts";
import type { Achievements } from "./achievements.ts";
import { retryWhileRaced } from "./compare-and-set.ts";
import type { EventPublisher } from "./event-publisher.ts";
import type { StreakKeeper } from "./streak-keeper.ts";

interface FollowersDeps {
  store: ProgressStore;
  activities: ActivityStore;
  catalog: Catalog;
  streaks: StreakKeeper;
  publisher: EventPublisher;
  achievements: Achievements;
  counts: StreakCounts;
}

/**
 * What follows from an event. Every step is idempotent, so a request, a relay and a second process may all follow the same
 * event; it leaves the outbox only when each step has been done.
 */
export class Followers {
  readonly #deps: FollowersDeps;

  constructor(deps: FollowersDeps) {
    this.#deps = deps;
  }

  /** Follows these events of the outbox, and what following them adds to it. */
  async settle(key: ProgressKey, outbox: readonly ProgressEvent[]): Promise<void> {
    const waiting = [...outbox];
    for (const event of waiting) {
      const added = await this.#follow(key, event);
      if (added !== null) waiting.push(added);
    }
  }

  /** Records that the course is complete, once, if the store's own catalog says so. Returns the event if it has just become so. */
  async completeCourse(key: ProgressKey, moment: Moment): Promise<CourseCompleted | null> {
    const { store, catalog } = this.#deps;
    let added: CourseCompleted | null = null;
    await retryWhileRaced(async () => {
      const [progress, course] = await Promise.all([store.read(key), catalog.read(key.courseId)]);
      const isComplete = course !== null && isCovered(course, progress.completedAt);
      added = isComplete && progress.courseCompletedAt === null ? courseCompleted(key, moment, progress.rev + 1) : null;
      return added === null || store.change(key, progress.rev, { type: "completeCourse", event: added });
    });
    return added;
  }

  /** An activity that is no completion; it counts for the streak only where any activity does. */
  async followMark(userId: UserId, moment: Moment): Promise<void> {
    const { streaks, achievements, counts } = this.#deps;
    if (counts !== "activity") return;
    const { streak, untold } = await streaks.count(userId, moment);
    await streaks.tell(userId, untold);
    await achievements.award(userId, moment, null, streak);
  }

  async #follow(key: ProgressKey, event: ProgressEvent): Promise<CourseCompleted | null> {
    const { store, publisher, achievements } = this.#deps;
    let added: CourseCompleted | null = null;
    if (event.type === "lecture.completed") added = await this.#followLecture(key, event);
    else {
      await publisher.publish(event);
      await achievements.award(event.userId, event, event.id);
    }
    await store.settle(key, event.id);
    return added;
  }

  async #followLecture(key: ProgressKey, event: LectureCompleted): Promise<CourseCompleted | null> {
    const { activities, streaks, publisher, achievements } = this.#deps;
    const { id, userId } = event;
    await activities.addCompletion(event);
    const { streak, untold } = await streaks.count(userId, event);
    await publisher.publish(event);
    await streaks.tell(userId, untold);
    await achievements.award(userId, event, id, streak);
    // Last, so that what the course earns is earned by the course's own event.
    return this.completeCourse(key, event);
  }
}
