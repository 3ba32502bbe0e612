import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Crowd, crowdCourses, crowdLectures } from "../support/crowd.ts";
import { Client } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { patiently, Production, storesAreMissing } from "../support/production.ts";
import { clockCannotBeSet, SkewedClock } from "../support/skewed-clock.ts";
import { Trial } from "../support/trial.ts";

const tenMinutesS = 600;

suite("Redis' clock", { skip: storesAreMissing() || clockCannotBeSet() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let service: ServiceProcess;
  let clock: SkewedClock;

  before(async () => {
    clock = resources.use(await SkewedClock.create());
    const redis = { env: clock.env };
    production = resources.use(await Production.start({ redis, settings: { FLUSH_INTERVAL_MS: "200" } }));
    service = await production.readyService();
    await production.teach(service, ...crowdCourses);
  });
  after(() => resources.disposeAsync());

  test("that is set back by ten minutes takes what sessions save from the time they are told", async () => {
    clock.set(tenMinutesS);
    const watcher = await Client.of(service.url, "session");
    const save = async (
      sessionStartedAt: number,
      watchTime: number,
    ): Promise<{ superseded: boolean; serverTime: number }> => {
      const session = { sessionId: "1".repeat(16), sessionStartedAt, elapsedMs: 0, seq: 0 };
      const body = { courseId: "watched", lectureId: "l-0", watchTime, ...session };
      return JSON.parse((await watcher.call("POST", "/api/v1/progress/save", body)).text) as Awaited<
        ReturnType<typeof save>
      >;
    };
    const start = await watcher.progress("watched");
    assert.equal((await save(start.serverTime, 10)).superseded, false);
    clock.set(0);
    const lost = await save(start.serverTime - tenMinutesS * 1_000, 20);
    assert.ok(lost.superseded && lost.serverTime > start.serverTime);
    assert.equal((await watcher.progress("watched")).serverTime, start.serverTime + 1);
    assert.equal((await save(lost.serverTime, 30)).superseded, false);
    assert.deepEqual((await watcher.progress("watched")).watchTimes, { "l-0": 30 });
  });

  test("that was a day ahead leaves nothing that is flushed a day late", async () => {
    clock.set(24 * 3_600);
    const student = await Client.of(service.url, "early");
    await student.save("watched", "l-1", 40);
    clock.set(0);
    const progress = (await production.database()).collection("progress");
    await until("what was saved under the old clock is in MongoDB", async () => {
      return (await progress.findOne({ userId: "early", "watchTimes.l-1.seconds": 40 })) !== null;
    });
  });

  for (const [direction, aheadBy] of [
    ["back", -tenMinutesS],
    ["forward", tenMinutesS],
  ] as const) {
    test(`that is set ${direction} by ten minutes under load loses nothing, and no position goes back`, async () => {
      clock.set(0);
      await using trial = await Trial.begin(production);
      const client = await Client.of(service.url, "clock");
      const first = (await client.progress("watched")).serverTime;
      await using crowd = new Crowd({ history: trial.history, urls: () => [service.url] });
      const hot = { userId: "hot", courseId: "watched", lectureId: "l-0" };
      const watcher = await Client.of(service.url, hot.userId);
      let seconds = 0;
      const goesOn = async (): Promise<void> => {
        const earlier = trial.history.acknowledged;
        await until(
          "saves are taken",
          async () => {
            await trial.history.save(watcher, hot, ++seconds);
            return trial.history.acknowledged > earlier + 50;
          },
          patiently,
        );
      };
      await goesOn();
      clock.set(aheadBy);
      await goesOn();
      const apart = (await client.progress("watched")).serverTime - first;
      assert.ok(Math.abs(apart - aheadBy * 1_000) < 100_000, `the clock is ${apart} ms apart`);
      assert.equal((await watcher.progress("watched")).watchTimes["l-0"], seconds);
      await crowd.stop();
      await trial.verdict(service, crowdLectures);
    });
  }
});
