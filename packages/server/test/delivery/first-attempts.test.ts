import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { suite, test } from "node:test";
import type { NewDelivery } from "../../src/ports/delivery-store.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { silent } from "../properties/workbench.ts";
import { course, lecture, someUser } from "../support/ids.ts";
import { eventually } from "../support/eventually.ts";
import { accept, Receiver } from "../support/receiver.ts";
import { DeliveryRig, webhookAt } from "./delivery-rig.ts";

/** Delivers, and has just looked for what is due: the next look is a turn of the clock away, and nobody turns it. */
async function delivering(url: string, telemetry: Telemetry = silent): Promise<DeliveryRig> {
  const rig = new DeliveryRig([webhookAt(url)], telemetry);
  rig.deliverer.start();
  await hasLooked(rig);
  return rig;
}

async function hasLooked(rig: DeliveryRig): Promise<void> {
  await eventually(async () => (rig.clock.sleeping > 0 ? true : undefined));
}

/** Requests of a receiver that answers none of them until it is told to, at the latest when the test ends. */
class Held implements Disposable {
  readonly responses: ServerResponse[] = [];
  readonly #receiver: Receiver;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
    receiver.behave = (response) => void this.responses.push(response);
  }

  releaseOne(): void {
    this.responses.shift()?.writeHead(204).end();
  }

  release(): void {
    this.#receiver.behave = accept;
    while (this.responses.length > 0) this.releaseOne();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

const received = (receiver: Receiver, count: number): Promise<true> =>
  eventually(async () => (receiver.ids.length === count ? true : undefined));

suite("a process that delivers tells webhooks of a new event at once", () => {
  test("without a look for it, and nobody else gets it meanwhile", async () => {
    await using receiver = await Receiver.start();
    await using rig = await delivering(receiver.url);
    using held = new Held(receiver);
    await rig.publish(1);
    await received(receiver, 1);
    const [webhook] = rig.webhooks.all;
    assert.deepEqual(await rig.stores.deliveries.claim(webhook!.id, 8, { now: rig.clock.now(), ms: 1 }), []);
    held.release();
    await rig.deliverer.idle();
    assert.equal((await rig.list("done")).length, 1);
    assert.equal(receiver.ids.length, 1);
  });

  test("but not before the student has been answered", async () => {
    await using receiver = await Receiver.start();
    await using rig = await delivering(receiver.url);
    const [courseId, lectureId] = [course("algebra"), lecture("intro")];
    const lectures = new Map([[lectureId, { title: "Introduction", durationSeconds: 60, order: 0 }]]);
    await rig.stores.catalog.replace({ courseId, title: "Algebra", lectures });
    const { deliveries } = rig.stores;
    const add = deliveries.add.bind(deliveries);
    let isAnswered = false;
    const wereAnswered: boolean[] = [];
    deliveries.add = (wanted: readonly NewDelivery[]) => {
      wereAnswered.push(isAnswered);
      return add(wanted);
    };
    const userId = someUser();
    await rig.core.completions.complete({ userId, zone: null }, { userId, courseId }, lectureId);
    isAnswered = true;
    await received(receiver, 2);
    // The lecture and its course.
    assert.deepEqual(wereAnswered, [true, true]);
  });

  test("as many as there is room for, and the others as soon as there is", async () => {
    await using receiver = await Receiver.start();
    await using rig = await delivering(receiver.url);
    using held = new Held(receiver);
    const events = await rig.publish(20);
    await received(receiver, 8);
    const waiting = await rig.list("waiting");
    assert.equal(waiting.filter(({ at }) => at === rig.clock.now()).length, 12);
    assert.equal(held.responses.length, 8);
    held.release();
    await received(receiver, 20);
    assert.deepEqual(new Set(receiver.ids), new Set(events.map(({ id }) => id)));
  });

  test("but not before what waits already", async () => {
    await using receiver = await Receiver.start();
    await using rig = await delivering(receiver.url);
    using held = new Held(receiver);
    await rig.publish(11);
    await received(receiver, 8);
    held.releaseOne();
    await eventually(async () => ((await rig.list("done")).length === 1 ? true : undefined));
    const [event] = await rig.publish(1);
    const due = (await rig.list("waiting")).filter(({ at }) => at === rig.clock.now());
    assert.equal(due.length, 4);
    assert.ok(due.some(({ eventId }) => eventId === event?.id));
    held.release();
    await received(receiver, 12);
  });

  test("and not beside what is just being claimed: never more than there is room for", async () => {
    await using receiver = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(receiver.url)]);
    using held = new Held(receiver);
    await rig.publish(8);
    const { deliveries } = rig.stores;
    const claim = deliveries.claim.bind(deliveries);
    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    using _ = { [Symbol.dispose]: goOn };
    let claiming = 0;
    deliveries.claim = async (...args) => {
      claiming++;
      await goesOn;
      return claim(...args);
    };
    rig.deliverer.start();
    await eventually(async () => (claiming === 1 ? true : undefined));
    await rig.publish(3);
    goOn();
    await received(receiver, 8);
    assert.equal((await rig.list("waiting")).filter(({ at }) => at === rig.clock.now()).length, 3);
    held.release();
    await received(receiver, 11);
  });

  test("unless it has a delivery already: that one is somebody's, or is done", async () => {
    await using receiver = await Receiver.start();
    await using rig = await delivering(receiver.url);
    const [event] = await rig.publish(1);
    await rig.deliverer.idle();
    await Promise.all([1, 2, 3].map(() => rig.deliverer.tell(rig.webhooks.all, event!)));
    await rig.deliverer.idle();
    assert.equal(receiver.ids.length, 1);
    assert.equal((await rig.list("done")).length, 1);
  });

  test("but attempts nothing that may not be kept, and has room again", async () => {
    await using receiver = await Receiver.start();
    const failed: string[] = [];
    const telemetry = { ...silent, backgroundFailed: (task: string) => void failed.push(task) };
    await using rig = await delivering(receiver.url, telemetry);
    const { deliveries } = rig.stores;
    const add = deliveries.add.bind(deliveries);
    // It was done, and nobody was told.
    deliveries.add = async (wanted: readonly NewDelivery[]) => {
      await add(wanted);
      throw new Error("The connection was lost.");
    };
    const events = await rig.publish(8, "lecture.completed", { areTaken: false });
    await rig.deliverer.idle();
    assert.deepEqual([receiver.ids, new Set(failed)], [[], new Set(["deliver to webhooks"])]);
    deliveries.add = add;
    events.push(...(await rig.publish(1, "lecture.completed", { areTaken: false })));
    await received(receiver, 1);
    // The log brings the events again; what was kept after all is leased, and the leases end by themselves.
    rig.clock.advance(5_000);
    await rig.core.publisher.deliverLeftBehind();
    await rig.deliverer.idle();
    assert.equal(receiver.ids.length, 1);
    await hasLooked(rig);
    rig.clock.advance(15_000);
    await received(receiver, 9);
    assert.deepEqual(new Set(receiver.ids), new Set(events.map(({ id }) => id)));
  });

  for (const count of [1, 12]) {
    test(`no more once it stops, ${count} being told: what is new is due at once for whoever comes after`, async () => {
      await using receiver = await Receiver.start();
      await using rig = await delivering(receiver.url);
      using held = new Held(receiver);
      await rig.publish(count);
      await received(receiver, Math.min(count, 8));
      const stopping = rig.deliverer[Symbol.asyncDispose]();
      const [event] = await rig.publish(1);
      held.release();
      await stopping;
      assert.equal(receiver.ids.length, Math.min(count, 8));
      const due = (await rig.list("waiting")).filter(({ at, attempts }) => at === rig.clock.now() && attempts === 0);
      assert.equal(due.length, count + 1 - receiver.ids.length);
      assert.ok(due.some(({ eventId }) => eventId === event?.id));
    });
  }
});
