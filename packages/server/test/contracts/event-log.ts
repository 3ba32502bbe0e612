import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Day } from "../../src/domain/activity-day.ts";
import {
  achievementEarned,
  courseCompleted,
  type LearningEvent,
  type LectureCompleted,
  lectureCompleted,
  streakReached,
} from "../../src/domain/event.ts";
import type { UserId } from "../../src/domain/ids.ts";
import type { EventLog } from "../../src/ports/event-log.ts";
import type { SinkName } from "../../src/ports/event-sink.ts";
import { course, lecture, someUser } from "../support/ids.ts";
import { momentAt, someTime } from "./store-fixture.ts";

export interface EventLogHarness extends AsyncDisposable {
  readonly log: EventLog;
  /** Everything that is kept, in the order it came. There may be other students' events. */
  kept(): Promise<LearningEvent[]>;
}

/** One event of each type. */
export function eventsOf(userId: UserId): LearningEvent[] {
  const key = { userId, courseId: course("507f1f77bcf86cd799439011") };
  const moment = momentAt(someTime);
  const completed = lectureCompleted(key, moment, lecture("b"), 1);
  return [
    completed,
    courseCompleted(key, moment, 3),
    streakReached(userId, moment, { days: 3, firstDay: "2026-02-27" as Day }),
    achievementEarned(userId, moment, { achievementId: "first-lecture", cause: completed.id }),
    achievementEarned(userId, moment, { achievementId: "comeback", cause: null }),
  ];
}

/** What every event log promises. */
export function eventLogContract(name: string, open: () => Promise<EventLogHarness>): void {
  function completed(userId: UserId, id: string, occurredAt: number = someTime): LectureCompleted {
    return lectureCompleted({ userId, courseId: course("algebra") }, momentAt(occurredAt), lecture(id), 1);
  }

  async function keptOf(harness: EventLogHarness, ...students: UserId[]): Promise<LearningEvent[]> {
    return (await harness.kept()).filter(({ userId }) => students.includes(userId));
  }

  /** Ids of what waits for a sink, of one student. */
  async function waitingOf({ log }: EventLogHarness, sink: SinkName, student: UserId, before = someTime + 1) {
    const waiting = await log.waiting(sink, before, 10_000);
    return waiting.filter(({ userId }) => userId === student);
  }

  describe(`${name} keeps the contract of an event log`, () => {
    it("keeps events of every type as they are, in order", async () => {
      await using harness = await open();
      const userId = someUser();
      const events = eventsOf(userId);
      for (const event of events) assert.equal(await harness.log.add(event, []), true);
      assert.deepEqual(await keptOf(harness, userId), events);
    });

    it("keeps an event once, also when it is told by several at once, and knows who was first", async () => {
      await using harness = await open();
      const userId = someUser();
      const [event, other] = [completed(userId, "a"), completed(userId, "b")];
      const first = await Promise.all(Array.from({ length: 5 }, () => harness.log.add(event, ["stream"])));
      assert.equal(first.filter(Boolean).length, 1);
      assert.equal(await harness.log.add(other, []), true);
      assert.equal(await harness.log.add(event, ["stream"]), false);
      assert.deepEqual(await keptOf(harness, userId), [event, other]);
    });

    it("knows which sinks wait for an event, until each of them has it", async () => {
      await using harness = await open();
      const userId = someUser();
      const [one, other, unwanted] = [completed(userId, "a"), completed(userId, "b"), completed(userId, "c")];
      await harness.log.add(one, ["stream", "webhooks"]);
      await harness.log.add(other, ["stream"]);
      await harness.log.add(unwanted, []);
      assert.deepEqual(await waitingOf(harness, "webhooks", userId), [one]);
      const ofStream = await waitingOf(harness, "stream", userId);
      assert.deepEqual(new Set(ofStream), new Set([one, other]));
      for (const _ of [1, 2]) await harness.log.delivered("stream", one);
      assert.deepEqual(await waitingOf(harness, "stream", userId), [other]);
      assert.deepEqual(await waitingOf(harness, "webhooks", userId), [one]);
      // Telling it again does not send it again.
      await harness.log.add(one, ["stream", "webhooks"]);
      assert.deepEqual(await waitingOf(harness, "stream", userId), [other]);
    });

    it("finds what waits by its age, oldest first, and no more than it is asked for", async () => {
      await using harness = await open();
      const userId = someUser();
      const ages = [2, 0, 1].map((age) => completed(userId, `l${age}`, someTime + age));
      for (const event of ages) await harness.log.add(event, ["webhooks"]);
      const [third, first, second] = ages;
      assert.deepEqual(await waitingOf(harness, "webhooks", userId, someTime), []);
      assert.deepEqual(await waitingOf(harness, "webhooks", userId, someTime + 2), [first, second]);
      assert.deepEqual(await waitingOf(harness, "webhooks", userId, someTime + 3), [first, second, third]);
      assert.equal((await harness.log.waiting("webhooks", someTime + 3, 2)).length, 2);
    });

    it("tells again what has happened since an instant, page by page, each event once", async () => {
      await using harness = await open();
      const userId = someUser();
      // Far ahead, where no other test has put anything.
      const since = Date.UTC(2999, 0, 1) + Math.floor(Math.random() * 1e9) * 10;
      const events = [0, 1, 1, 1, 2, 2, 3].map((age, index) => completed(userId, `l${index}`, since + age));
      for (const event of events) await harness.log.add(event, []);
      const found: LearningEvent[] = [];
      for (let last: LearningEvent | null = null, page; ; last = page.at(-1) ?? null) {
        page = await harness.log.since(since + 1, last, 2);
        found.push(...page.filter((event) => event.userId === userId));
        if (page.length < 2) break;
      }
      assert.deepEqual(found, events.slice(1));
    });

    it("forgets a student's events, what waits too, and nobody else's", async () => {
      await using harness = await open();
      const [userId, other] = [someUser(), someUser()];
      const theirs = completed(other, "a");
      await harness.log.add(theirs, ["stream"]);
      for (const event of eventsOf(userId)) await harness.log.add(event, ["stream"]);
      for (const _ of [1, 2]) await harness.log.erase(userId);
      assert.deepEqual(await keptOf(harness, userId, other), [theirs]);
      assert.deepEqual(await waitingOf(harness, "stream", userId), []);
      assert.deepEqual(await waitingOf(harness, "stream", other), [theirs]);
    });

    it("forgets a student's events up to an instant, and none that occurred later", async () => {
      await using harness = await open();
      const userId = someUser();
      const [before, at, after] = [-1, 0, 1].map((age) => completed(userId, `l${age + 1}`, someTime + age));
      for (const event of [before, at, after]) await harness.log.add(event!, ["stream"]);
      await harness.log.erase(userId, someTime);
      assert.deepEqual(await keptOf(harness, userId), [after]);
      assert.deepEqual(await waitingOf(harness, "stream", userId, someTime + 2), [after]);
    });
  });
}
