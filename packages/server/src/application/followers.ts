import { courseCompleted, isCovered, type LearningEvent, type Moment } from "../domain/completion.ts";
import type { ProgressKey } from "../domain/ids.ts";
import type { ActivityStore } from "../ports/activity-store.ts";
import type { Catalog } from "../ports/catalog.ts";
import type { EventSink } from "../ports/event-sink.ts";
import type { ProgressStore } from "../ports/progress-store.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { retryWhileRaced } from "./compare-and-set.ts";
import type { StreakKeeper } from "./streak-keeper.ts";

interface FollowersDeps {
  store: ProgressStore;
  activities: ActivityStore;
  catalog: Catalog;
  streaks: StreakKeeper;
  sink: EventSink;
  telemetry: Telemetry;
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

  /** Follows everything in the outbox of this progress, also what following adds to it. */
  async settle(key: ProgressKey): Promise<void> {
    for (;;) {
      const { outbox } = await this.#deps.store.read(key);
      if (outbox.length === 0) return;
      for (const event of outbox) await this.#follow(key, event);
    }
  }

  /** Records that the course is complete, once, if the store's own catalog says so. */
  async completeCourse(key: ProgressKey, moment: Moment): Promise<void> {
    await retryWhileRaced(async () => {
      const [progress, course] = await Promise.all([this.#deps.store.read(key), this.#deps.catalog.read(key.courseId)]);
      if (progress.courseCompletedAt !== null || course === null || !isCovered(course, progress.completedAt))
        return true;
      const event = courseCompleted(key, moment, progress.rev + 1);
      return this.#deps.store.change(key, progress.rev, { type: "completeCourse", event });
    });
  }

  async #follow(key: ProgressKey, event: LearningEvent): Promise<void> {
    const { store, activities, streaks, sink, telemetry } = this.#deps;
    if (event.type === "lecture.completed") {
      await activities.addCompletion(event.userId, event.day, event.courseId, event.lectureId);
      await streaks.count(event.userId, event.day);
      await this.completeCourse(key, event);
    }
    await sink.publish(event);
    await store.settle(key, event.id);
    telemetry.eventSettled(event);
  }
}
