import { Achievements } from "../../src/application/achievements.ts";
import { EventPublisher } from "../../src/application/event-publisher.ts";
import { Followers } from "../../src/application/followers.ts";
import { OneAtATime } from "../../src/application/one-at-a-time.ts";
import { StreakKeeper } from "../../src/application/streak-keeper.ts";
import { type Achievement, streakMilestones } from "../../src/domain/achievement.ts";
import { addDays, type Day } from "../../src/domain/activity-day.ts";
import { type LearningEvent, type LectureCompleted, lectureCompleted, type Moment } from "../../src/domain/event.ts";
import type { CourseId, LectureId, UserId } from "../../src/domain/ids.ts";
import type { EventSink } from "../../src/ports/event-sink.ts";
import { silent, Workbench } from "./workbench.ts";

export const courses: readonly CourseId[] = ["one", "two"] as CourseId[];
export const lectures: readonly LectureId[] = ["a", "b", "c"] as LectureId[];

/** Small enough for a handful of completions to earn any of them. */
export const definitions: readonly Achievement[] = [
  { id: "lecture", title: "A lecture", fact: "lecturesCompleted", atLeast: 1 },
  { id: "lectures", title: "Four lectures", fact: "lecturesCompleted", atLeast: 4 },
  { id: "course", title: "A course", fact: "coursesCompleted", atLeast: 1 },
  { id: "courses", title: "Two courses", fact: "coursesCompleted", atLeast: 2 },
  { id: "streak", title: "Two days", fact: "longestStreak", atLeast: 2 },
  { id: "streaks", title: "Four days", fact: "longestStreak", atLeast: 4 },
  { id: "days", title: "Three days", fact: "activeDays", atLeast: 3 },
  { id: "comeback", title: "Back", fact: "comebackDays", atLeast: 4 },
];

export function dayOf(offset: number): Day {
  return addDays("2024-02-26" as Day, offset);
}

/** What follows from completions, in whatever order a test likes, with every event that leaves. */
export class Following implements AsyncDisposable {
  readonly bench: Workbench;
  readonly followers: Followers;
  readonly achievements: Achievements;
  readonly publisher: EventPublisher;
  readonly #published: LearningEvent[] = [];

  private constructor(bench: Workbench) {
    this.bench = bench;
    const sink: EventSink = {
      name: "stream",
      publish: async (event) => void this.#published.push(event),
      erase: async () => undefined,
    };
    const counts = "completion";
    const shared = { ...bench.stores, clock: bench.clock, telemetry: silent, counts } as const;
    this.publisher = new EventPublisher({ ...shared, queue: new OneAtATime(bench.clock), sinks: [sink] });
    const more = { ...shared, publisher: this.publisher };
    const streaks = new StreakKeeper({ ...more, milestones: streakMilestones(definitions) });
    this.achievements = new Achievements({ ...more, definitions });
    this.followers = new Followers({ ...more, streaks, achievements: this.achievements });
  }

  static async create(): Promise<Following> {
    const bench = await Workbench.create();
    const list = lectures.map((lectureId) => ({ lectureId, title: lectureId, durationSeconds: 60 }));
    for (const courseId of courses) await bench.core.editor.replace({ courseId, title: courseId, lectures: list });
    return new Following(bench);
  }

  /** A completion as its request leaves it behind when its process dies: in the store, with its event in the outbox. */
  async complete(
    userId: UserId,
    { course, lecture, day }: { course: number; lecture: number; day: number },
  ): Promise<LectureCompleted> {
    const { store } = this.bench.stores;
    const key = { userId, courseId: courses[course] as CourseId };
    const moment: Moment = { occurredAt: Date.parse(dayOf(day)), day: dayOf(day), zone: "UTC" };
    const event = lectureCompleted(key, moment, lectures[lecture] as LectureId, 1);
    const { rev } = await store.read(key);
    if (!(await store.change(key, rev, { type: "complete", event }))) throw new Error("Somebody else was there.");
    return event;
  }

  /** What has left of one student, in order. */
  async published(userId: UserId): Promise<LearningEvent[]> {
    await this.publisher[Symbol.asyncDispose]();
    return this.#published.filter((event) => event.userId === userId);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.bench[Symbol.asyncDispose]();
  }
}
