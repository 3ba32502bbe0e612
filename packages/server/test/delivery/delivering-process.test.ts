import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { hang, Receiver } from "../support/receiver.ts";
import { silent } from "../properties/workbench.ts";
import { DeliveryRig, webhookAt } from "./delivery-rig.ts";

const day = 24 * 3_600_000;

const sorted = (ids: readonly string[]): string[] => ids.toSorted();
const idsOf = (events: readonly { id: string }[]): string[] => events.map(({ id }) => id);

suite("a process that delivers", () => {
  test("gives what is under way a moment when it stops, and leaves the rest due", async () => {
    await using receiver = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(receiver.url)]);
    let release = (): void => undefined;
    receiver.behave = (response) => (release = () => void response.writeHead(204).end());
    await rig.publish(1);
    await rig.deliverer.deliverDue();
    await eventually(async () => (receiver.ids.length === 1 ? true : undefined));
    const stopping = rig.deliverer[Symbol.asyncDispose]();
    release();
    await stopping;
    assert.equal((await rig.list("done")).length, 1);
  });

  test("waits for nobody who hangs, and what it cut off is due at once and counted as no attempt", async () => {
    await using receiver = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(receiver.url)]);
    receiver.behave = hang;
    await rig.publish(3);
    await rig.deliverer.deliverDue();
    await eventually(async () => (receiver.ids.length === 3 ? true : undefined));
    const stopping = rig.deliverer[Symbol.asyncDispose]();
    await eventually(async () => (rig.clock.sleeping > 0 ? true : undefined));
    rig.clock.advance(3_000);
    await stopping;
    const waiting = await rig.list("waiting");
    assert.deepEqual(
      waiting.map(({ attempts, at }) => [attempts, at]),
      [1, 2, 3].map(() => [0, rig.clock.now()]),
    );
  });

  test("and dies leaves leases: whoever comes after makes those deliveries when they end", async () => {
    await using receiver = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(receiver.url)]);
    const events = await rig.publish(5);
    const { deliveries } = rig.stores;
    const dead = await deliveries.claim(rig.webhooks.all[0]!.id, 3, { now: rig.clock.now(), ms: 20_000 });
    assert.equal(dead.length, 3);
    await rig.deliver();
    assert.equal(receiver.ids.length, 2);
    rig.clock.advance(20_000);
    await rig.deliver();
    assert.deepEqual(sorted(receiver.ids), sorted(idsOf(events)));
  });

  test("tells again when the store has not heard of the answer", async () => {
    await using receiver = await Receiver.start();
    const failures: string[] = [];
    const telemetry = { ...silent, backgroundFailed: (task: string) => void failures.push(task) };
    await using rig = new DeliveryRig([webhookAt(receiver.url)], telemetry);
    const { deliveries } = rig.stores;
    const settle = deliveries.settle.bind(deliveries);
    deliveries.settle = () => Promise.reject(new Error("away"));
    const [event] = await rig.publish(1);
    await rig.deliver();
    assert.deepEqual(failures, ["deliver"]);
    deliveries.settle = settle;
    rig.clock.advance(20_000);
    await rig.deliver();
    assert.deepEqual(receiver.ids, [event!.id, event!.id]);
    assert.equal((await rig.list("done")).length, 1);
  });

  test("forgets after a week what it has delivered", async () => {
    await using receiver = await Receiver.start();
    await using rig = new DeliveryRig([webhookAt(receiver.url)]);
    await rig.publish(2);
    rig.deliverer.start();
    await eventually(async () => ((await rig.list("done")).length === 2 ? true : undefined));
    await eventually(async () => (rig.clock.sleeping > 0 ? true : undefined));
    rig.clock.advance(6 * day);
    await eventually(async () => (rig.clock.sleeping > 0 ? true : undefined));
    assert.equal((await rig.list("done")).length, 2);
    rig.clock.advance(2 * day);
    await eventually(async () => ((await rig.list("done")).length === 0 ? true : undefined));
    await rig.deliverer[Symbol.asyncDispose]();
  });
});
