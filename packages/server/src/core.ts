import { randomUUID } from "node:crypto";
import { AchievementBackfill } from "./application/achievement-backfill.ts";
import { Achievements } from "./application/achievements.ts";
import { Completions } from "./application/completions.ts";
import { CoverageKeeper } from "./application/coverage-keeper.ts";
import { CourseEditor } from "./application/course-editor.ts";
import { CourseReader } from "./application/course-reader.ts";
import { Dashboard } from "./application/dashboard.ts";
import { EventPublisher } from "./application/event-publisher.ts";
import { Deliverer } from "./delivery/deliverer.ts";
import { Replay } from "./delivery/replay.ts";
import type { WebhookList } from "./delivery/webhook-list.ts";
import { WebhookSink } from "./delivery/webhook-sink.ts";
import { Followers } from "./application/followers.ts";
import { LateErasure } from "./application/late-erasure.ts";
import { OneAtATime } from "./application/one-at-a-time.ts";
import { OutboxRelay } from "./application/outbox-relay.ts";
import { ProgressReader } from "./application/progress-reader.ts";
import { SaveBatch } from "./application/save-batch.ts";
import { PositionSaver } from "./application/save-position.ts";
import { StreakKeeper } from "./application/streak-keeper.ts";
import { StudentDataKeeper } from "./application/student-data.ts";
import { StudentDay } from "./application/student-day.ts";
import { Students } from "./application/students.ts";
import { flushPolicy } from "./flush/flush-policy.ts";
import { Flusher } from "./flush/flusher.ts";
import { type Achievement, streakMilestones } from "./domain/achievement.ts";
import type { StreakCounts } from "./ports/activity-store.ts";
import type { Clock } from "./ports/clock.ts";
import type { Stores } from "./ports/stores.ts";
import type { Telemetry } from "./ports/telemetry.ts";
import type { WebhookSender } from "./ports/webhook-sender.ts";

/** The use cases, wired to whatever storage and time they are given. */
export interface Core {
  readonly saver: PositionSaver;
  readonly completions: Completions;
  readonly coverage: CoverageKeeper;
  readonly progress: ProgressReader;
  readonly dashboard: Dashboard;
  readonly students: Students;
  readonly achievements: Achievements;
  readonly achievementBackfill: AchievementBackfill;
  readonly studentData: StudentDataKeeper;
  readonly editor: CourseEditor;
  readonly courses: CourseReader;
  readonly flusher: Flusher;
  readonly relay: OutboxRelay;
  readonly publisher: EventPublisher;
  /** Tells webhooks, if there may be any. */
  readonly deliverer: Deliverer | undefined;
  readonly replay: Replay;
}

export interface CoreOptions {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly flushIntervalMs: number;
  readonly defaultTimeZone: string;
  readonly streakCounts: StreakCounts;
  /** Left out where there are no webhooks and will be none. */
  readonly delivery?: { readonly webhooks: WebhookList; readonly sender: WebhookSender } | undefined;
  /** What can be earned. */
  readonly achievements: readonly Achievement[];
}

export function createCore(stores: Stores, options: CoreOptions): Core {
  const { clock, telemetry } = options;
  const shared = { ...stores, clock, telemetry };
  const courses = new CourseReader(shared);
  const queue = new OneAtATime(clock);
  const days = new StudentDay({ ...shared, defaultZone: options.defaultTimeZone });
  const delivery = options.delivery && { ...shared, ...options.delivery };
  const deliverer = delivery && new Deliverer(delivery);
  const sinks = deliverer ? [...stores.sinks, new WebhookSink({ ...delivery, deliverer })] : stores.sinks;
  const publisher = new EventPublisher({ ...shared, queue, sinks });
  const counts = options.streakCounts;
  const streaks = new StreakKeeper({
    ...shared,
    publisher,
    counts,
    milestones: streakMilestones(options.achievements),
  });
  const achievements = new Achievements({ ...shared, publisher, counts, definitions: options.achievements });
  const lateErasure = new LateErasure({ ...shared, publisher, streaks, days, awards: achievements });
  const followers = new Followers({ ...shared, streaks, publisher, achievements, counts });
  return {
    saver: new PositionSaver({ ...shared, courses, batch: new SaveBatch(shared) }),
    completions: new Completions({ ...shared, courses, followers, lateErasure, days, queue }),
    coverage: new CoverageKeeper({ ...shared, courses, queue }),
    progress: new ProgressReader({ ...shared, courses, followers, days }),
    dashboard: new Dashboard({ ...shared, followers, days }),
    achievements,
    achievementBackfill: new AchievementBackfill({ ...shared, achievements, days }),
    students: new Students({ ...shared, days }),
    studentData: new StudentDataKeeper({ ...shared, publisher, lateErasure, queue }),
    editor: new CourseEditor({ ...shared, courses, newId: randomUUID }),
    courses,
    flusher: new Flusher({ ...shared, policy: flushPolicy(options.flushIntervalMs) }),
    relay: new OutboxRelay({ ...shared, followers, streaks, queue }),
    publisher,
    deliverer,
    replay: new Replay(shared),
  };
}
