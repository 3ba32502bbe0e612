import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CloudEvent, toCloudEvent } from "../../src/domain/cloud-event.ts";
import type { EventSink } from "../../src/ports/event-sink.ts";
import { lectureCompleted } from "../../src/domain/event.ts";
import { course, lecture, someUser } from "../support/ids.ts";
import { eventsOf } from "./event-log.ts";
import { momentAt, someTime } from "./store-fixture.ts";

export interface SinkHarness extends AsyncDisposable {
  readonly sink: EventSink;
  /** The envelopes that have left, in order. */
  published(): Promise<CloudEvent[]>;
}

/** What every event sink promises. */
export function eventSinkContract(name: string, open: () => Promise<SinkHarness>): void {
  describe(`${name} keeps the contract of an event sink`, () => {
    it("lets events of every type leave in their envelope, in order", async () => {
      await using harness = await open();
      const events = eventsOf(someUser());
      for (const event of events) await harness.sink.publish(event);
      assert.deepEqual(await harness.published(), events.map(toCloudEvent));
    });

    it("gives an event that is told again the same id and the same envelope", async () => {
      await using harness = await open();
      const [event] = eventsOf(someUser());
      for (const _ of [1, 2]) await harness.sink.publish(event!);
      const published = await harness.published();
      assert.ok(published.length >= 1);
      for (const envelope of published) assert.deepEqual(envelope, toCloudEvent(event!));
    });

    it("forgets a student's events and nobody else's", async () => {
      await using harness = await open();
      const [userId, other] = [someUser(), someUser()];
      const theirs = eventsOf(other);
      for (const event of [...eventsOf(userId), ...theirs]) await harness.sink.publish(event);
      for (const _ of [1, 2]) await harness.sink.erase(userId);
      assert.deepEqual(await harness.published(), theirs.map(toCloudEvent));
    });

    it("forgets a student's events up to an instant, and none that occurred later", async () => {
      await using harness = await open();
      const userId = someUser();
      const events = [-1, 0, 1].map((age, index) =>
        lectureCompleted({ userId, courseId: course("algebra") }, momentAt(someTime + age), lecture(`l${index}`), 1),
      );
      for (const event of events) await harness.sink.publish(event);
      await harness.sink.erase(userId, someTime);
      assert.deepEqual(await harness.published(), events.slice(2).map(toCloudEvent));
    });
  });
}
