import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { suite, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { accept, answer, Receiver } from "../support/receiver.ts";
import { silent } from "../properties/workbench.ts";
import { DeliveryRig, webhookAt } from "./delivery-rig.ts";

const hour = 3_600_000;
const day = 24 * hour;

const sorted = (ids: readonly string[]): string[] => ids.toSorted();
const idsOf = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id);

suite("webhooks are told of events", () => {
  test("each once, each only of the types it wants", async () => {
    await using everything = await Receiver.start();
    await using courses = await Receiver.start();
    await using rig = new DeliveryRig([
      webhookAt(everything.url, "everything"),
      webhookAt(courses.url, "courses", { types: new Set(["course.completed"]) }),
    ]);
    const lectures = await rig.publish(3);
    const [course] = await rig.publish(1, "course.completed");
    for (const _ of [1, 2]) await rig.deliver();
    assert.deepEqual(sorted(everything.ids), sorted(idsOf([...lectures, course!])));
    assert.deepEqual(courses.ids, [course!.id]);
    assert.deepEqual([await rig.list("waiting"), await rig.list("dead")], [[], []]);
    assert.equal((await rig.list("done")).length, 5);
  });

  test("all of them, when there are far more than room for attempts, and never more at a time than there is room", async () => {
    await using receiver = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(receiver.url)]);
    const events = await rig.publish(60);
    let [now, most] = [0, 0];
    receiver.behave = (response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.writeHead(204).end();
      }, 20);
    };
    await rig.deliver();
    assert.deepEqual(sorted(receiver.ids), sorted(idsOf(events)));
    assert.ok(most > 1 && most <= 8, `${most} at a time`);
  });

  test("again after a failure, later each time, until they answer", async () => {
    await using receiver = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(receiver.url)]);
    receiver.behave = answer(500);
    const [event] = await rig.publish(1);
    const times = await rig.deliverUntil(rig.clock.now() + hour);
    assert.ok(times.length > 4, `${times.length} attempts`);
    assert.deepEqual(new Set(receiver.ids), new Set([event!.id]));
    assert.equal(receiver.ids.length, times.length);
    const [waiting] = await rig.list("waiting");
    assert.deepEqual([waiting?.attempts, waiting?.reason], [times.length, "Answered 500."]);
    receiver.behave = answer(204);
    await rig.deliverUntil(rig.clock.now() + 12 * hour);
    assert.equal(receiver.ids.length, times.length + 1);
    assert.equal((await rig.list("done")).length, 1);
  });

  test("no sooner than they ask for", async () => {
    await using receiver = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(receiver.url)]);
    receiver.behave = answer(429, { "retry-after": "3000" });
    await rig.publish(1);
    await rig.deliver();
    assert.equal((await rig.list("waiting"))[0]?.at, rig.clock.now() + 3_000_000);
    receiver.behave = answer(503, { "retry-after": String(10 * 365 * 24 * 3_600) });
    await rig.deliverUntil(rig.clock.now() + hour);
    const [waiting] = await rig.list("waiting");
    assert.equal(waiting?.attempts, 2);
    assert.ok(waiting.at - rig.clock.now() <= 12 * hour);
  });
});

suite("a webhook that is away", () => {
  test("for a day is told of everything when it is back, each event once", async () => {
    await using away = await Receiver.start();
    await using other = await Receiver.start();
    const { port } = away;
    await using rig = new DeliveryRig([webhookAt(away.url, "away"), webhookAt(other.url, "other")]);
    await away[Symbol.asyncDispose]();
    const start = rig.clock.now();
    const events = [];
    for (let hours = 0; hours < 24; hours += 3) {
      events.push(...(await rig.publish(2)));
      await rig.deliverUntil(start + hours * hour);
    }
    assert.deepEqual(sorted(other.ids), sorted(idsOf(events)));
    assert.equal((await rig.list("waiting")).length, events.length);
    await rig.deliverUntil(start + day);
    await using back = await Receiver.start({ port });
    await rig.deliverUntil(start + 2 * day);
    assert.deepEqual(sorted(back.ids), sorted(idsOf(events)));
    assert.deepEqual([await rig.list("waiting"), await rig.list("dead")], [[], []]);
  });

  test("for three days leaves dead letters: a last attempt at the end, and none before it is given up", async () => {
    await using away = await Receiver.start();
    const { port } = away;
    await using rig = new DeliveryRig([webhookAt(away.url)]);
    await away[Symbol.asyncDispose]();
    const [event] = await rig.publish(1);
    const published = rig.clock.now();
    const times = await rig.deliverUntil(published + 3 * day - 1);
    assert.equal((await rig.list("dead")).length, 0);
    assert.deepEqual(await rig.deliverUntil(published + 4 * day), [published + 3 * day]);
    const [dead] = await rig.list("dead");
    assert.deepEqual([dead?.eventId, dead?.attempts, dead?.at], [event!.id, times.length + 1, published + 3 * day]);
    assert.match(dead?.reason ?? "", /ECONNREFUSED/);
    // It is not lost: an operator may send it again.
    await using back = await Receiver.start({ port });
    await rig.core.replay.run(rig.webhooks.all, published);
    await rig.deliver();
    assert.deepEqual(back.ids, [event!.id]);
    assert.deepEqual([(await rig.list("dead")).length, (await rig.list("done")).length], [0, 1]);
  });

  test("by answering 410 is told nothing more, and the others all, until it is enabled", async () => {
    await using gone = await Receiver.start();
    await using other = await Receiver.start();
    const disabled: string[] = [];
    const telemetry = { ...silent, webhookDisabled: (id: string) => void disabled.push(id) };
    await using rig = new DeliveryRig([webhookAt(gone.url, "gone"), webhookAt(other.url, "other")], telemetry);
    const before = rig.clock.now();
    gone.behave = answer(410);
    const first = await rig.publish(1);
    await rig.deliver();
    assert.deepEqual(disabled, ["gone"]);
    const [since] = await rig.stores.disabledWebhooks.all();
    assert.deepEqual(since, { webhookId: "gone", url: gone.url, at: before });
    const second = await rig.publish(2);
    await rig.deliverUntil(before + day);
    assert.equal(gone.ids.length, 1);
    assert.deepEqual(sorted(other.ids), sorted(idsOf([...first, ...second])));

    gone.behave = answer(204);
    await rig.stores.disabledWebhooks.remove(rig.webhooks.all[0]!.id);
    await rig.core.replay.run([rig.webhooks.all[0]!], before);
    await rig.deliver();
    assert.deepEqual(sorted(gone.ids.slice(1)), sorted(idsOf([...first, ...second])));
    assert.equal(other.ids.length, 3);
  });

  test("by answering 410 is not told what waits for it either", async () => {
    await using gone = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(gone.url)], { ...silent, webhookDisabled: () => undefined });
    gone.behave = answer(410);
    await rig.publish(40);
    await rig.deliver();
    assert.equal(gone.ids.length, 8);
    assert.equal((await rig.list("waiting")).length, 40);
  });

  test("by being taken off the list between a claim and its attempt gives it back, and is let alone", async () => {
    await using removed = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(removed.url)]);
    await rig.publish(12);
    const { deliveries } = rig.stores;
    const claim = deliveries.claim.bind(deliveries);
    let claims = 0;
    deliveries.claim = async (...args) => {
      if (++claims > 9) throw new Error("It is claimed again and again.");
      const claimed = await claim(...args);
      rig.webhooks.replace([]);
      return claimed;
    };
    await rig.deliver();
    assert.deepEqual([claims, removed.ids], [1, []]);
    const due = (await rig.list("waiting")).filter(({ at, attempts }) => at === rig.clock.now() && attempts === 0);
    assert.equal(due.length, 12);
  });

  test("is told again as soon as the file gives it another address, and what it left waiting too", async () => {
    await using gone = await Receiver.start();
    await using moved = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(gone.url)]);
    gone.behave = answer(410);
    const [first] = await rig.publish(1);
    await rig.deliver();
    rig.webhooks.replace([webhookAt(moved.url)]);
    const [second] = await rig.publish(1);
    await rig.deliverUntil(rig.clock.now() + hour);
    assert.deepEqual(sorted(moved.ids), sorted([first!.id, second!.id]));
    assert.equal(gone.ids.length, 1);
  });

  test("by hanging delays nobody else, and holds no more than its own room", async () => {
    await using hanging = await Receiver.start();
    await using healthy = await Receiver.start();
    const webhooks = [webhookAt(hanging.url, "hanging"), webhookAt(healthy.url, "healthy")];
    await using rig = new DeliveryRig(webhooks);
    const held: ServerResponse[] = [];
    hanging.behave = (response) => void held.push(response);
    const events = await rig.publish(40);
    await rig.deliverer.deliverDue();
    await eventually(async () => (healthy.ids.length === events.length ? true : undefined));
    // All of the others have theirs, while the first requests to this one are still open.
    assert.equal(held.length, 8);
    for (const _ of [1, 2]) await rig.deliverer.deliverDue();
    const more = await rig.publish(1);
    await rig.deliverer.deliverDue();
    await eventually(async () => (healthy.ids.length === events.length + 1 ? true : undefined));
    assert.equal(held.length, 8);
    hanging.behave = accept;
    for (const response of held) response.writeHead(204).end();
    await rig.deliver();
    for (const { ids } of [hanging, healthy]) assert.deepEqual(sorted(ids), sorted(idsOf([...events, ...more])));
  });

  test("by not being listed any more gets nothing, and what waited for it is given up in the end", async () => {
    await using removed = await Receiver.start();
    const expired: number[] = [];
    const telemetry = { ...silent, deliveriesExpired: (count: number) => void expired.push(count) };
    await using rig = new DeliveryRig([webhookAt(removed.url)], telemetry);
    removed.behave = answer(500);
    await rig.publish(2);
    await rig.deliver();
    rig.webhooks.replace([]);
    await rig.publish(1);
    rig.deliverer.start();
    rig.clock.advance(day);
    await eventually(async () => (rig.clock.sleeping > 0 ? true : undefined));
    assert.deepEqual([(await rig.list("waiting")).length, expired], [2, []]);
    rig.clock.advance(3 * day);
    await eventually(async () => (expired.length > 0 ? true : undefined));
    assert.equal(removed.ids.length, 2);
    assert.deepEqual([(await rig.list("dead")).length, expired], [2, [2]]);
    // Operators can see for a month what was never delivered, and then it is forgotten.
    await eventually(async () => (rig.clock.sleeping > 0 ? true : undefined));
    rig.clock.advance(29 * day);
    await eventually(async () => (rig.clock.sleeping > 0 ? true : undefined));
    assert.equal((await rig.list("dead")).length, 2);
    rig.clock.advance(2 * day);
    await eventually(async () => ((await rig.list("dead")).length === 0 ? true : undefined));
    await rig.deliverer[Symbol.asyncDispose]();
  });
});
