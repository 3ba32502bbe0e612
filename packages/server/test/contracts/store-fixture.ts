import assert from "node:assert/strict";
import type { Day } from "../../src/domain/activity-day.ts";
import {
  type CourseCompleted,
  courseCompleted,
  type LectureCompleted,
  lectureCompleted,
  type Moment,
} from "../../src/domain/event.ts";
import type { LectureId, ProgressKey } from "../../src/domain/ids.ts";
import type { Positions } from "../../src/domain/position.ts";
import type { Stamp } from "../../src/domain/stamp.ts";
import type { Catalog } from "../../src/ports/catalog.ts";
import type { ProgressChange, ProgressStore, StoredProgress, WriteOutcome } from "../../src/ports/progress-store.ts";
import { lecture, someCourse, someUser, stampAt } from "../support/ids.ts";

/** A store for one test, and the catalog beside it. What other students left in them does no harm. */
export interface StoreHarness extends AsyncDisposable {
  readonly store: ProgressStore;
  readonly catalog: Catalog;
  /** From now on the store refuses positions for this key, and for no other. */
  spoil(key: ProgressKey): Promise<void>;
}

export type OpenStore = () => Promise<StoreHarness>;

export const someTime: number = Date.UTC(2026, 2, 1, 9, 30);

/** A store for one test, one student in it, and short words for what tests do with it. */
export class StoreFixture implements AsyncDisposable {
  readonly store: ProgressStore;
  readonly catalog: Catalog;
  readonly key: ProgressKey = { userId: someUser(), courseId: someCourse() };
  readonly #harness: StoreHarness;

  private constructor(harness: StoreHarness) {
    this.#harness = harness;
    this.store = harness.store;
    this.catalog = harness.catalog;
  }

  static async open(open: OpenStore): Promise<StoreFixture> {
    return new StoreFixture(await open());
  }

  otherCourse(name?: string): ProgressKey {
    return { userId: this.key.userId, courseId: someCourse(name) };
  }

  otherStudent(): ProgressKey {
    return { userId: someUser(), courseId: this.key.courseId };
  }

  spoil(key: ProgressKey): Promise<void> {
    return this.#harness.spoil(key);
  }

  /** Puts a course with these lectures into the catalog. */
  async teach(lectures: readonly string[], { courseId }: ProgressKey = this.key): Promise<void> {
    const details = lectures.map((id, order) => [lecture(id), { title: id, durationSeconds: 60, order }] as const);
    await this.catalog.replace({ courseId, title: "A course", lectures: new Map(details) });
  }

  read(key: ProgressKey = this.key): Promise<StoredProgress> {
    return this.store.read(key);
  }

  async join(given: Positions, reset: Stamp | null = null, key: ProgressKey = this.key): Promise<WriteOutcome> {
    const [outcome] = await this.store.join([{ key, positions: given, reset }]);
    assert.ok(outcome !== undefined);
    return outcome;
  }

  /** Applies a change to what is stored now. */
  async change(change: ProgressChange, key: ProgressKey = this.key): Promise<void> {
    const { rev } = await this.store.read(key);
    assert.equal(await this.store.change(key, rev, change), true);
  }

  async complete(id: string, key: ProgressKey = this.key, occurredAt: number = someTime): Promise<LectureCompleted> {
    const time = ((await this.store.read(key)).completions.get(lecture(id)) ?? 0) + 1;
    const event = lectureCompleted(key, momentAt(occurredAt), lecture(id), time);
    await this.change({ type: "complete", event }, key);
    return event;
  }

  async completeCourse(key: ProgressKey = this.key, occurredAt: number = someTime): Promise<CourseCompleted> {
    const { rev } = await this.store.read(key);
    const event = courseCompleted(key, momentAt(occurredAt), rev + 1);
    await this.change({ type: "completeCourse", event }, key);
    return event;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#harness[Symbol.asyncDispose]();
  }
}

export function momentAt(occurredAt: number): Moment {
  return { occurredAt, day: new Date(occurredAt).toISOString().slice(0, 10) as Day, zone: "UTC" };
}

/** Positions by lecture: `[time of the stamp, seconds]`. */
export function positions(entries: Record<string, readonly [t: number, seconds: number]>): Positions {
  const list = Object.entries(entries).map(([id, [t, seconds]]): [LectureId, { stamp: Stamp; seconds: number }] => [
    lecture(id),
    { stamp: stampAt(t), seconds },
  ]);
  return new Map(list);
}
