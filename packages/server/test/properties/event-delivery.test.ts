import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventPublisher } from "../../src/application/event-publisher.ts";
import { OneAtATime } from "../../src/application/one-at-a-time.ts";
import type { LearningEvent } from "../../src/domain/event.ts";
import type { UserId } from "../../src/domain/ids.ts";
import type { EventSink, SinkName } from "../../src/ports/event-sink.ts";
import { someUser } from "../support/ids.ts";
import { eventually } from "../support/eventually.ts";
import { eventsOf } from "../contracts/event-log.ts";
import { someTime } from "../contracts/store-fixture.ts";
import { silent, Workbench } from "./workbench.ts";

/** A sink that can be away, or keep its caller waiting. */
class MoodySink implements EventSink {
  readonly taken: LearningEvent[] = [];
  readonly name: SinkName;
  isAway = false;
  answer: Promise<void> = Promise.resolve();

  constructor(name: SinkName) {
    this.name = name;
  }

  get ids(): string[] {
    return this.taken.map(({ id }) => id);
  }

  async publish(event: LearningEvent): Promise<void> {
    await this.answer;
    if (this.isAway) throw new Error("The sink is away.");
    this.taken.push(event);
  }

  async erase(userId: UserId): Promise<void> {
    this.taken.splice(0, Infinity, ...this.taken.filter((event) => event.userId !== userId));
  }
}

class Rig implements AsyncDisposable {
  readonly stream: MoodySink = new MoodySink("stream");
  readonly webhooks: MoodySink = new MoodySink("webhooks");
  readonly events: LearningEvent[] = eventsOf(someUser());
  readonly failures: string[] = [];
  readonly workbench: Workbench;

  private constructor(workbench: Workbench) {
    this.workbench = workbench;
    workbench.clock.set(someTime);
  }

  static async create(): Promise<Rig> {
    return new Rig(await Workbench.create());
  }

  get ids(): string[] {
    return this.events.map(({ id }) => id);
  }

  /** Another process over the same log and the same sinks. */
  publisher(): EventPublisher {
    const { stores, clock } = this.workbench;
    const telemetry = { ...silent, backgroundFailed: (task: string) => void this.failures.push(task) };
    return new EventPublisher({
      ...stores,
      queue: new OneAtATime(clock),
      clock,
      telemetry,
      sinks: [this.stream, this.webhooks],
    });
  }

  async waiting(): Promise<number> {
    const { log } = this.workbench.stores;
    const each = await Promise.all(
      [this.stream, this.webhooks].map(({ name }) => log.waiting(name, someTime + 1_000_000, 1_000)),
    );
    return each.flat().length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.workbench[Symbol.asyncDispose]();
  }
}

describe("an event that is published", () => {
  it("is brought to every sink, in order, and then waits for none", async () => {
    await using rig = await Rig.create();
    await using publisher = rig.publisher();
    for (const event of rig.events) await publisher.publish(event);
    await publisher[Symbol.asyncDispose]();
    for (const sink of [rig.stream, rig.webhooks]) assert.deepEqual(sink.taken, rig.events);
    assert.equal(await rig.waiting(), 0);
  });

  it("does not make its publisher wait for a sink", async () => {
    await using rig = await Rig.create();
    const publisher = rig.publisher();
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.webhooks.answer = promise;
    for (const event of rig.events) await publisher.publish(event);
    assert.deepEqual(rig.webhooks.taken, []);
    const isTaken = async (): Promise<true | undefined> =>
      rig.stream.ids.length === rig.ids.length ? true : undefined;
    assert.ok(await eventually(isTaken), "one sink does not wait for the other");
    resolve();
    await publisher[Symbol.asyncDispose]();
    assert.deepEqual(rig.webhooks.ids, rig.ids);
  });

  it("again is not delivered again", async () => {
    await using rig = await Rig.create();
    await using publisher = rig.publisher();
    for (const _ of [1, 2]) for (const event of rig.events) await publisher.publish(event);
    await publisher[Symbol.asyncDispose]();
    for (const sink of [rig.stream, rig.webhooks]) assert.deepEqual(sink.ids, rig.ids);
  });

  it("waits for a sink that is away, and is delivered when it is back; the other sink has it once", async () => {
    await using rig = await Rig.create();
    await using publisher = rig.publisher();
    rig.stream.isAway = true;
    for (const event of rig.events) await publisher.publish(event);
    await publisher[Symbol.asyncDispose]();
    rig.workbench.clock.set(someTime + 60_000);
    await publisher.deliverLeftBehind();
    assert.equal(await rig.waiting(), rig.events.length);
    assert.equal(rig.failures.length, rig.events.length + 1, "a sink that is away is asked once more, not for each");
    rig.stream.isAway = false;
    for (const _ of [1, 2]) await publisher.deliverLeftBehind();
    assert.deepEqual(new Set(rig.stream.ids), new Set(rig.ids));
    assert.equal(rig.stream.ids.length, rig.ids.length);
    assert.deepEqual(rig.webhooks.ids, rig.ids);
    assert.equal(await rig.waiting(), 0);
  });

  it("is delivered at once when it was left behind with hundreds of others", async () => {
    await using rig = await Rig.create();
    await using publisher = rig.publisher();
    const { log } = rig.workbench.stores;
    const many = Array.from({ length: 150 }, () => eventsOf(someUser())).flat();
    for (const event of many) await log.add(event, ["stream", "webhooks"]);
    rig.workbench.clock.set(someTime + 60_000);
    await publisher.deliverLeftBehind();
    assert.deepEqual(new Set(rig.stream.ids), new Set(many.map(({ id }) => id)));
    assert.equal(await rig.waiting(), 0);
  });

  it("is not delivered any more by who is told to stop", async () => {
    await using rig = await Rig.create();
    await using publisher = rig.publisher();
    for (const event of rig.events) await rig.workbench.stores.log.add(event, ["stream"]);
    rig.workbench.clock.set(someTime + 60_000);
    await publisher.deliverLeftBehind(AbortSignal.abort());
    assert.deepEqual(rig.stream.ids, []);
  });

  it("by a process that died before it delivered is delivered by another", async () => {
    await using rig = await Rig.create();
    const { log } = rig.workbench.stores;
    for (const event of rig.events) await log.add(event, ["stream", "webhooks"]);
    const other = rig.publisher();
    await other.deliverLeftBehind();
    assert.deepEqual(rig.stream.ids, [], "it may still be under way");
    rig.workbench.clock.set(someTime + 60_000);
    await other.deliverLeftBehind();
    for (const sink of [rig.stream, rig.webhooks]) assert.deepEqual(new Set(sink.ids), new Set(rig.ids));
    assert.equal(await rig.waiting(), 0);
  });

  it("is forgotten with its student, also where it waits", async () => {
    await using rig = await Rig.create();
    await using publisher = rig.publisher();
    rig.webhooks.isAway = true;
    const others = eventsOf(someUser());
    for (const event of [...rig.events, ...others]) await publisher.publish(event);
    await publisher[Symbol.asyncDispose]();
    await publisher.erase(rig.events[0]!.userId);
    rig.webhooks.isAway = false;
    rig.workbench.clock.set(someTime + 60_000);
    await publisher.deliverLeftBehind();
    for (const sink of [rig.stream, rig.webhooks]) {
      assert.deepEqual(new Set(sink.ids), new Set(others.map(({ id }) => id)));
    }
  });
});
