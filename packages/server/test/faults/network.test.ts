import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Crowd, crowdCourses, crowdLectures } from "../support/crowd.ts";
import { Client } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import { patiently, Production, type ProxiedService, storesAreMissing } from "../support/production.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { Trial } from "../support/trial.ts";

suite("The network", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let one: ProxiedService;

  before(async () => {
    production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "200" } }));
    one = await production.proxiedService();
    await production.teach(one.service, ...crowdCourses);
  });
  after(() => resources.disposeAsync());

  async function save({ history }: Trial, seconds: number, lectureId = "l-0"): Promise<string> {
    const client = await Client.of(one.service.url, "anna");
    return history.save(client, { userId: "anna", courseId: "watched", lectureId }, seconds);
  }

  async function saved({ history }: Trial, seconds: number, lectureId = "l-0"): Promise<void> {
    const client = await Client.of(one.service.url, "anna");
    await history.saved(client, { userId: "anna", courseId: "watched", lectureId }, seconds);
  }

  async function seen(): Promise<Record<string, number>> {
    return (await (await Client.of(one.service.url, "anna")).progress("watched")).watchTimes;
  }

  test("that holds up the script of a save past its deadline brings no old position in as the newest", async () => {
    await using trial = await Trial.begin(production);
    await saved(trial, 1);
    using held = one.redisProxy.holdRequest(/^save /);
    assert.equal(await save(trial, 2), "maybe");
    // By now its caller has been told 503; it goes on the same way as whatever comes after it.
    held.release();
    await saved(trial, 3, "l-1");
    assert.deepEqual(await seen(), { "l-0": 1, "l-1": 3 });
    await trial.verdict(one.service);
  });

  test("that swallows everything on the way to Redis makes saves be refused, and lets none of them in later", async () => {
    await using trial = await Trial.begin(production);
    await saved(trial, 1);
    const end = one.redisProxy.blackHole();
    assert.equal(await save(trial, 2), "maybe");
    end();
    await saved(trial, 3, "l-1");
    assert.deepEqual(await seen(), { "l-0": 1, "l-1": 3 });
    await trial.verdict(one.service);
  });

  test("that swallows everything on the way to MongoDB stops no save, and flushes go on when it is back", async () => {
    await using trial = await Trial.begin(production);
    await saved(trial, 1);
    const end = one.mongodbProxy.blackHole();
    await saved(trial, 2, "l-1");
    const operator = await Client.of(one.service.url, "operator");
    const isNoticed = async (): Promise<boolean> => (await operator.metric("progress_store_reachable")) === 0;
    await until("the flusher has noticed", isNoticed, patiently);
    await saved(trial, 3, "l-1");
    end();
    await trial.verdict(one.service);
  });

  const faults: Record<string, (proxy: TcpProxy) => void> = {
    "cuts connections": (proxy) => proxy.cut(),
    "resets connections": (proxy) => proxy.reset(),
    "is slow and slower": (proxy) => (proxy.distanceMs += 20),
  };
  for (const [what, fault] of Object.entries(faults)) {
    test(`that ${what} to both stores under load loses nothing`, async () => {
      await using trial = await Trial.begin(production);
      await using crowd = new Crowd({ history: trial.history, urls: () => [one.service.url] });
      for (let times = 0; times < 6; times++) {
        const earlier = trial.history.acknowledged;
        await until("the load is one", () => trial.history.acknowledged > earlier + 25, patiently);
        fault(one.redisProxy);
        fault(one.mongodbProxy);
      }
      await crowd.stop();
      for (const proxy of [one.redisProxy, one.mongodbProxy]) proxy.distanceMs = 0;
      await trial.verdict(one.service, crowdLectures);
    });
  }
});
