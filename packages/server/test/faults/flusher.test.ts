import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { progressKey, shardOf } from "../../src/adapters/redis/keys.ts";
import { Crowd, crowdCourses, crowdLectures } from "../support/crowd.ts";
import { course, user } from "../support/ids.ts";
import { Client } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import { patiently, Production, type ProxiedService, storesAreMissing } from "../support/production.ts";
import { dirtyCount, endWaiting } from "../support/redis-invariants.ts";
import type { Held } from "../support/tcp-proxy.ts";
import { Trial } from "../support/trial.ts";

const anna = { userId: "anna", courseId: "watched", lectureId: "l-0" };
const key = progressKey({ userId: user("anna"), courseId: course("watched") });
const flush = /^update progress: flush$/;

suite("A flusher", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  /** Stands still but when it is asked to take over. */
  let other: ProxiedService;

  before(async () => {
    production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "200" } }));
    other = await production.proxiedService();
    await production.teach(other.service, ...crowdCourses);
    // So that Redis knows the scripts, and the next of each is the one that matters.
    await (await Client.of(other.service.url, "warm")).save("watched", "l-0", 1);
  });
  after(() => resources.disposeAsync());

  /** A flusher alone with one key, which it is about to claim. */
  async function alone(flusher: ProxiedService): Promise<{ trial: Trial; client: Client }> {
    const trial = await Trial.begin(production);
    await other.service.pause();
    return { trial, client: await Client.of(flusher.service.url, anna.userId) };
  }

  /** The other process goes on; every lease is over. */
  async function takeOver({ masters }: Trial): Promise<void> {
    other.service.signal("SIGCONT");
    await endWaiting(masters);
  }

  async function isStored(trial: Trial, seconds: number): Promise<boolean> {
    return (await trial.stored()).get("anna watched l-0")?.seconds === seconds;
  }

  const isClean = async ({ masters }: Trial): Promise<boolean> => (await dirtyCount(masters)) === 0;

  const moments: Record<string, { hold: (flusher: ProxiedService) => Held; stored: boolean; clean: boolean }> = {
    "after the claim": { hold: ({ mongodbProxy }) => mongodbProxy.holdRequest(flush), stored: false, clean: false },
    "after the write": { hold: ({ mongodbProxy }) => mongodbProxy.holdAnswer(flush), stored: true, clean: false },
    "before its acknowledgement": {
      hold: ({ redisProxy }) => redisProxy.holdRequest(/^acknowledge /),
      stored: true,
      clean: false,
    },
    "after its acknowledgement": {
      hold: ({ redisProxy }) => redisProxy.holdAnswer(/^acknowledge /),
      stored: true,
      clean: true,
    },
  };
  for (const [moment, { hold, stored, clean }] of Object.entries(moments)) {
    test(`killed ${moment} loses nothing: another finishes its work`, async () => {
      const flusher = await production.proxiedService();
      const { trial, client } = await alone(flusher);
      await using _ = trial;
      using held = hold(flusher);
      await trial.history.saved(client, anna, 5);
      await held.reached();
      assert.equal((await flusher.service.kill()).signal, "SIGKILL");
      assert.deepEqual([await isStored(trial, 5), await isClean(trial)], [stored, clean]);
      await takeOver(trial);
      await trial.verdict(other.service);
    });
  }

  suite("among others", () => {
    let flusher: ProxiedService;
    before(async () => {
      flusher = await production.proxiedService();
    });

    test("stopped until its lease is over, whose write and acknowledgement then come late, changes nothing", async () => {
      const { trial, client } = await alone(flusher);
      await using _ = trial;
      using held = flusher.mongodbProxy.holdRequest(flush);
      await trial.history.saved(client, anna, 5);
      await held.reached();
      await flusher.service.pause();
      await takeOver(trial);
      await until("the other has flushed", () => isClean(trial), patiently);
      const later = await Client.of(other.service.url, anna.userId);
      await trial.history.saved(later, anna, 7);
      await endWaiting(trial.masters);
      await until("and what came later", () => isClean(trial), patiently);
      held.release();
      flusher.service.signal("SIGCONT");
      await until("it works again", async () => (await client.progress("watched")).watchTimes["l-0"] === 7, patiently);
      await trial.verdict(flusher.service);
    });

    test("that is late with its acknowledgement does not make clean what another is about to flush", async () => {
      const { trial, client } = await alone(flusher);
      await using _ = trial;
      using acknowledgement = flusher.redisProxy.holdRequest(/^acknowledge /);
      await trial.history.saved(client, anna, 5);
      await acknowledgement.reached();
      await trial.history.saved(client, anna, 6);
      using write = other.mongodbProxy.holdRequest(flush);
      await takeOver(trial);
      await write.reached();
      const claims = flusher.redisProxy.count(/^claim /);
      acknowledgement.release();
      await until("it was answered", () => flusher.redisProxy.count(/^claim /) > claims, patiently);
      assert.equal(await isClean(trial), false);
      write.release();
      await trial.verdict(other.service);
    });

    test("keeps a key dirty that was saved to between its read and its acknowledgement", async () => {
      const { trial, client } = await alone(flusher);
      await using _ = trial;
      using held = flusher.mongodbProxy.holdRequest(flush);
      await trial.history.saved(client, anna, 5);
      await held.reached();
      await trial.history.saved(client, anna, 6);
      held.release();
      await until("the newer position is stored as well", () => isStored(trial, 6), patiently);
      other.service.signal("SIGCONT");
      await trial.verdict(flusher.service);
    });

    test("flushes a clean key again that is saved to, which has no time to live from then on", async () => {
      const { trial, client } = await alone(flusher);
      await using _ = trial;
      const [redis] = trial.masters;
      await trial.history.saved(client, anna, 5);
      await until("it is clean", () => isClean(trial), patiently);
      assert.ok((await redis!.pttl(key)) > 0);
      using held = flusher.mongodbProxy.holdRequest(flush);
      await trial.history.saved(client, anna, 6);
      assert.equal(await redis!.pttl(key), -1);
      await held.reached();
      held.release();
      await until("it is stored", () => isStored(trial, 6), patiently);
      other.service.signal("SIGCONT");
      await trial.verdict(flusher.service);
    });

    test("that writes a key for the first time together with another makes one document of it", async () => {
      const { trial, client } = await alone(flusher);
      await using _ = trial;
      using one = flusher.mongodbProxy.holdRequest(flush);
      await trial.history.saved(client, anna, 5);
      await one.reached();
      using second = other.mongodbProxy.holdRequest(flush);
      await takeOver(trial);
      await second.reached();
      one.release();
      second.release();
      await until("it is clean", () => isClean(trial), patiently);
      assert.equal(await trial.database.collection("progress").countDocuments({ userId: "anna" }), 1);
      await trial.verdict(other.service);
    });

    test("shares one shard with two more under load, and nothing is lost or goes back", async () => {
      other.service.signal("SIGCONT");
      const third = await production.readyService();
      await using trial = await Trial.begin(production);
      const urls = [flusher.service.url, other.service.url, third.url];
      const names = studentsOfOneShard(2_000);
      await using crowd = new Crowd({
        history: trial.history,
        urls: () => urls,
        nameOf: (n) => names[n]!,
        finishers: 0,
      });
      await until("the load is one", () => trial.history.acknowledged > 200, patiently);
      await endWaiting(trial.masters);
      await crowd.stop();
      await trial.verdict(third, crowdLectures);
      await third.kill();
    });

    test("writes nothing of a course that was started over between its read and its write, nor do late saves come back", async () => {
      const { client, trial } = await alone(flusher);
      await using _ = trial;
      const { serverTime } = await client.progress("watched");
      using held = flusher.mongodbProxy.holdRequest(flush);
      await client.save("watched", "l-0", 5);
      await held.reached();
      await client.startOver("watched");
      held.release();
      const late = { sessionId: "00000000000000bb", sessionStartedAt: serverTime, elapsedMs: 0, seq: 0 };
      await client.save("watched", "l-1", 6, late);
      other.service.signal("SIGCONT");
      await endWaiting(trial.masters);
      await until("all is flushed", () => isClean(trial), patiently);
      for (const { url } of [flusher.service, other.service]) {
        assert.deepEqual((await (await Client.of(url, "anna")).progress("watched")).watchTimes, {});
      }
      await client.save("watched", "l-0", 7);
      assert.deepEqual((await client.progress("watched")).watchTimes, { "l-0": 7 });
    });
  });
});

function studentsOfOneShard(count: number): string[] {
  const names: string[] = [];
  for (let number = 0; names.length < count; number++) {
    const name = `student-${number}`;
    if (shardOf(user(name)) === 7) names.push(name);
  }
  return names;
}
