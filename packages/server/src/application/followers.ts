import { isCovered } from "../domain/completion.ts";
import { type CourseCompleted, courseCompleted, type Moment, type ProgressEvent } from "../domain/event.ts";
import type { ProgressKey } from "../domain/ids.ts";
import type { ActivityStore } from "../ports/activity-store.ts";
import type { Catalog } from "../ports/catalog.ts";
import type { ProgressStore } from "../ports/progress-store.ts";
import { retryWhileRaced } from "./compare-and-set.ts";
import type { EventPublisher } from "./event-publisher.ts";
import type { StreakKeeper } from "./streak-keeper.ts";

interface FollowersDeps {
  store: ProgressStore;
  activities: ActivityStore;
  catalog: Catalog;
  streaks: StreakKeeper;
  publisher: EventPublisher;
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

  async #follow(key: ProgressKey, event: ProgressEvent): Promise<CourseCompleted | null> {
    const { store, activities, streaks, publisher } = this.#deps;
    let added: CourseCompleted | null = null;
    if (event.type === "lecture.completed") {
      await activities.addCompletion(event.userId, event.day, event.courseId, event.lectureId);
      await streaks.count(event.userId, event.day);
      added = await this.completeCourse(key, event);
    }
    await publisher.publish(event);
    await store.settle(key, event.id);
    return added;
  }
}
