import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { dirtyKey, shardOf } from "../../src/adapters/redis/keys.ts";
import { Crowd, crowdCourses, crowdLectures } from "../support/crowd.ts";
import { user } from "../support/ids.ts";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { patiently, Production, storesAreMissing } from "../support/production.ts";
import { RedisCluster } from "../support/redis-cluster.ts";
import { Trial } from "../support/trial.ts";

suite("A Redis Cluster", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let cluster: RedisCluster;
  let service: ServiceProcess;

  before(async () => {
    cluster = resources.use(await RedisCluster.start());
    production = resources.use(
      await Production.start({ settings: { REDIS_URL: cluster.url, FLUSH_INTERVAL_MS: "300" } }),
    );
    service = await production.readyService();
    await production.teach(service, ...crowdCourses);
  });
  after(() => resources.disposeAsync());

  async function underLoad(fault: () => Promise<void>): Promise<void> {
    await using trial = await Trial.begin({ redis: cluster, mongodb: production.mongodb });
    await using crowd = new Crowd({ history: trial.history, urls: () => [service.url] });
    const goesOn = async (): Promise<void> => {
      const earlier = trial.history.acknowledged;
      await until("the load is one", () => trial.history.acknowledged > earlier + 100, patiently);
    };
    await goesOn();
    await fault();
    await goesOn();
    await crowd.stop();
    await trial.verdict(service, crowdLectures);
  }

  test("whose slots move under load loses nothing on the way", async () => {
    await underLoad(async () => {
      for (const name of ["student-1", "student-2", "student-3"]) await cluster.moveSlot(dirtyKey(shardOf(user(name))));
    });
  });

  test("whose masters forget their scripts and are killed one after the other loses nothing", async () => {
    await underLoad(async () => {
      for (const master of cluster.masters) {
        await master.client().script("FLUSH");
        await master.kill();
        await master.start();
      }
      const client = cluster.masters[0]!.client();
      const isWhole = async (): Promise<boolean> => (await client.cluster("INFO")).includes("cluster_state:ok");
      await until("the Cluster is whole", isWhole, patiently);
    });
    assert.match(service.output, /Redis answers/);
  });
});
