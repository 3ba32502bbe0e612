import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { courseCompleted, type LearningEvent, lectureCompleted } from "../../src/domain/completion.ts";
import type { EventSink } from "../../src/ports/event-sink.ts";
import { course, lecture, someUser } from "../support/ids.ts";
import { momentAt, someTime } from "./store-fixture.ts";

export interface SinkHarness extends AsyncDisposable {
  readonly sink: EventSink;
  /** What has left the service, in the order it left. There may be other students' events. */
  published(): Promise<LearningEvent[]>;
}

/** What every event sink promises. */
export function eventSinkContract(name: string, open: () => Promise<SinkHarness>): void {
  describe(`${name} keeps the contract of an event sink`, () => {
    it("keeps events as they are, in order", async () => {
      await using harness = await open();
      const key = { userId: someUser(), courseId: course("algebra") };
      const moment = momentAt(someTime);
      const events = [
        lectureCompleted(key, moment, lecture("b"), 1),
        lectureCompleted(key, moment, lecture("a"), 1),
        courseCompleted(key, moment, 3),
      ];
      for (const event of events) await harness.sink.publish(event);
      const published = (await harness.published()).filter(({ userId }) => userId === key.userId);
      assert.deepEqual(published, events);
    });

    it("keeps an event once, also when it is told by several at once", async () => {
      await using harness = await open();
      const key = { userId: someUser(), courseId: course("algebra") };
      const event = lectureCompleted(key, momentAt(someTime), lecture("a"), 1);
      await harness.sink.publish(event);
      await Promise.all(Array.from({ length: 5 }, () => harness.sink.publish(event)));
      const again = lectureCompleted(key, momentAt(someTime), lecture("a"), 2);
      await harness.sink.publish(again);
      const published = (await harness.published()).filter(({ userId }) => userId === key.userId);
      assert.deepEqual(published, [event, again]);
    });

    it("forgets a student's events and nobody else's", async () => {
      await using harness = await open();
      const [key, other] = [someUser(), someUser()].map((userId) => ({ userId, courseId: course("algebra") }));
      assert.ok(key !== undefined && other !== undefined);
      const theirs = lectureCompleted(other, momentAt(someTime), lecture("a"), 1);
      const events = [theirs, lectureCompleted(key, momentAt(someTime), lecture("a"), 1)];
      for (const event of [...events, courseCompleted(key, momentAt(someTime), 2)]) await harness.sink.publish(event);
      await harness.sink.erase(key.userId);
      await harness.sink.erase(key.userId);
      const students = new Set([key.userId, other.userId]);
      assert.deepEqual(
        (await harness.published()).filter(({ userId }) => students.has(userId)),
        [theirs],
      );
    });
  });
}
