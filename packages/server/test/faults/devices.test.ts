import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Client, courseOf, type Session } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import { patiently, Production, type ProxiedService, storesAreMissing } from "../support/production.ts";
import { dirtyCount } from "../support/redis-invariants.ts";
import { Trial } from "../support/trial.ts";

const hourMs = 3_600_000;

suite("A student's devices", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let one: ProxiedService;
  let other: ProxiedService;

  before(async () => {
    production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "200" } }));
    [one, other] = await Promise.all([production.proxiedService(), production.proxiedService()]);
    const odd = ["v", "0", "constructor", "65a1b2c3d4e5f60718293a4b"];
    const lectures = odd.map((lectureId) => ({ lectureId, title: lectureId, durationSeconds: 3_600 }));
    await production.teach(one.service, courseOf("algebra", 2), { courseId: "odd", title: "Odd", lectures });
  });
  after(() => resources.disposeAsync());

  /** The same student at two processes. */
  async function devices(userId = "anna"): Promise<[Client, Client]> {
    return Promise.all([Client.of(one.service.url, userId), Client.of(other.service.url, userId)]);
  }

  async function isFlushed({ masters }: Trial): Promise<void> {
    await until("all is flushed", async () => (await dirtyCount(masters)) === 0, patiently);
  }

  const place = { userId: "anna", courseId: "algebra", lectureId: "l-0" };

  test("that save shuffled, repeated and delayed, through two processes, end at the newest position", async () => {
    await using trial = await Trial.begin(production);
    const [tablet, phone] = await devices();
    const { serverTime: sessionStartedAt } = await tablet.progress("algebra");
    const beats = ["0000000000000001", "0000000000000002"].flatMap((sessionId, device) =>
      Array.from({ length: 20 }, (_, seq) => ({
        session: { sessionId, sessionStartedAt, elapsedMs: seq * 50 + device * 7, seq },
        seconds: device * 1_000 + seq,
      })),
    );
    const delivered = [...beats, ...beats, ...beats.slice(10)].toSorted(() => Math.random() - 0.5);
    const half = delivered.length / 2;
    await Promise.all(
      delivered.map(async ({ session, seconds }, index) => {
        // The second half comes after a flush.
        if (index > half) await isFlushed(trial);
        await trial.history.saved(index % 2 === 0 ? tablet : phone, place, seconds, session);
      }),
    );
    assert.deepEqual((await phone.progress("algebra")).watchTimes, { "l-0": 1_019 });
    await trial.verdict(one.service);
  });

  test("of which one slept for eight hours: what it had before is not the newest, its new session is", async () => {
    await using trial = await Trial.begin(production);
    const [laptop, phone] = await devices();
    const { serverTime } = await laptop.progress("algebra");
    const session = (elapsedMs: number, seq: number, startedAt = serverTime): Session => ({
      sessionId: seq < 10 ? "00000000000000aa" : "00000000000000ab",
      sessionStartedAt: startedAt,
      elapsedMs,
      seq,
    });
    // Eight hours ago, by the service's clock; the laptop's own has stood still since.
    await trial.history.saved(laptop, place, 100, session(0, 1, serverTime - 8 * hourMs));
    await trial.history.saved(phone, place, 200);
    await trial.history.saved(laptop, place, 101, session(5_000, 2, serverTime - 8 * hourMs));
    assert.deepEqual((await phone.progress("algebra")).watchTimes, { "l-0": 200 });
    const woken = (await laptop.progress("algebra")).serverTime;
    await trial.history.saved(laptop, place, 102, session(0, 10, woken + 1));
    assert.deepEqual((await phone.progress("algebra")).watchTimes, { "l-0": 102 });
    await trial.verdict(other.service);
  });

  test("of which one began offline: its position fills an empty place and replaces none", async () => {
    await using trial = await Trial.begin(production);
    const [offline, online] = await devices();
    const session = (seq: number): Session => ({
      sessionId: "00000000000000ee",
      sessionStartedAt: 0,
      elapsedMs: seq,
      seq,
    });
    await trial.history.saved(online, place, 300);
    await trial.history.saved(offline, place, 10, session(0));
    await trial.history.saved(offline, { ...place, lectureId: "l-1" }, 20, session(1));
    assert.deepEqual((await online.progress("algebra")).watchTimes, { "l-0": 300, "l-1": 20 });
    await trial.verdict(one.service);
  });

  test("that save one lecture twice in the same moment, without sessions, leave the one that came last, everywhere", async () => {
    await using trial = await Trial.begin(production);
    const [first, second] = [await Client.of(one.service.url, "anna"), await Client.of(one.service.url, "anna")];
    await other.service.pause();
    using held = one.mongodbProxy.holdRequest(/^update progress: flush$/);
    for (let times = 0; times < 10; times++) {
      // While the process stands still both arrive; it finds them in one turn.
      await one.service.pause();
      const saving = [trial.history.saved(first, place, times * 2), trial.history.saved(second, place, times * 2 + 1)];
      one.service.signal("SIGCONT");
      await Promise.all(saving);
    }
    const seconds = (await first.progress("algebra")).watchTimes["l-0"];
    assert.ok(seconds === 18 || seconds === 19, String(seconds));
    await held.reached();
    held.release();
    other.service.signal("SIGCONT");
    await trial.verdict(one.service);
  });

  test("may watch lectures called v, 0 and constructor, and write hex ids in any case", async () => {
    await using trial = await Trial.begin(production);
    const [device] = await devices();
    const at = (lectureId: string) => ({ userId: "anna", courseId: "odd", lectureId });
    for (const [index, lectureId] of ["v", "0", "constructor"].entries()) {
      await trial.history.saved(device, at(lectureId), index + 1);
    }
    // The history knows it by the name it is found under.
    await trial.history.saved(device, at("65a1b2c3d4e5f60718293a4b"), 4);
    await device.save("odd", "65A1B2C3D4E5F60718293A4B", 4);
    const { watchTimes } = await device.progress("odd");
    assert.deepEqual(watchTimes, { "0": 2, constructor: 3, v: 1, "65a1b2c3d4e5f60718293a4b": 4 });
    await trial.verdict(other.service);
  });
});
