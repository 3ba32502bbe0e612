import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { readAchievements } from "../../src/achievements-file.ts";
import { type Core, createCore } from "../../src/core.ts";
import type { CourseId, LectureId, ProgressKey, UserId } from "../../src/domain/ids.ts";
import type { StreakCounts } from "../../src/ports/activity-store.ts";
import type { Stores } from "../../src/ports/stores.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { someUser } from "../support/ids.ts";
import { TestClock } from "../support/test-clock.ts";

export const courseId = "course" as CourseId;
/** Of every lecture. */
export const durationSeconds = 3600;
export const lectureIds = ["intro", "main", "outro"] as LectureId[];

export const silent: Telemetry = {
  positionsSaved: () => undefined,
  progressRead: () => undefined,
  flushed: () => undefined,
  keyPoisoned: () => undefined,
  claimedKeyMissing: () => undefined,
  storeUnreachable: () => undefined,
  storeReachable: () => undefined,
  eventPublished: () => undefined,
  deliveryAttempted: () => undefined,
  webhookDisabled: () => undefined,
  deliveriesExpired: () => undefined,
  oldestWaiting: () => undefined,
  oldestDelivery: () => undefined,
  backgroundFailed: (task, error) => {
    throw new Error(`${task} failed`, { cause: error });
  },
};

/** The use cases over a store in memory, with a course and a clock to turn. Every run of a property takes a new student. */
export class Workbench implements AsyncDisposable {
  readonly clock: TestClock = new TestClock({ now: Date.UTC(2024, 0, 1, 12) });
  readonly stores: Stores;
  readonly core: Core;

  private constructor() {
    const options = { clock: this.clock, flushIntervalMs: 60_000 };
    this.stores = openEmbeddedStores(":memory:", options);
    this.core = this.anotherProcess(this.stores);
  }

  /** The use cases once more, over the same stores or some in front of them. */
  anotherProcess(stores: Stores, { streakCounts = "completion" }: { streakCounts?: StreakCounts } = {}): Core {
    return createCore(stores, {
      clock: this.clock,
      flushIntervalMs: 60_000,
      telemetry: silent,
      defaultTimeZone: "UTC",
      streakCounts,
      achievements: readAchievements(),
    });
  }

  static async create(): Promise<Workbench> {
    const workbench = new Workbench();
    const lectures = lectureIds.map((lectureId) => ({ lectureId, title: lectureId, durationSeconds }));
    await workbench.core.editor.replace({ courseId, title: "A course", lectures });
    return workbench;
  }

  newStudent(): ProgressKey & { userId: UserId } {
    return { userId: someUser(), courseId };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stores[Symbol.asyncDispose]();
  }
}
