import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { progressKey } from "../../src/adapters/redis/keys.ts";
import { Crowd, crowdCourses, crowdLectures } from "../support/crowd.ts";
import { course, user } from "../support/ids.ts";
import type { CommandFault } from "../support/mongodb-server.ts";
import { Client } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import { patiently, Production, type ProxiedService, storesAreMissing } from "../support/production.ts";
import { dirtyCount, endWaiting } from "../support/redis-invariants.ts";
import { Trial } from "../support/trial.ts";

const flush = /^update progress: flush$/;
const keyOf = (name: string): string => progressKey({ userId: user(name), courseId: course("watched") });
const majority = { writeConcernError: { code: 64, errmsg: "waiting for replication timed out" } };

suite("MongoDB", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let flusher: ProxiedService;
  let other: ProxiedService;

  before(async () => {
    production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "200" } }));
    [flusher, other] = await Promise.all([production.proxiedService(), production.proxiedService()]);
    await production.teach(other.service, ...crowdCourses);
  });
  after(() => resources.disposeAsync());

  /** Students whose keys come into one batch. */
  async function saveAll(trial: Trial, names: readonly string[], seconds = 5): Promise<void> {
    const saving = names.map(async (userId) => {
      const client = await Client.of(flusher.service.url, userId);
      await trial.history.saved(client, { userId, courseId: "watched", lectureId: "l-0" }, seconds);
    });
    await Promise.all(saving);
  }

  const isClean = async ({ masters }: Trial): Promise<boolean> => (await dirtyCount(masters)) === 0;
  const metric = async (name: string): Promise<number> => (await Client.of(flusher.service.url, "op")).metric(name);

  test("that applies a write whose answer is lost gets it again, and changes nothing", async () => {
    await using trial = await Trial.begin(production);
    await other.service.pause();
    const lost = flusher.mongodbProxy.loseAnswer(flush);
    await saveAll(trial, ["anna"]);
    await lost;
    assert.equal((await trial.stored()).get("anna watched l-0")?.seconds, 5);
    assert.equal(await isClean(trial), false);
    await endWaiting(trial.masters);
    await until("it is acknowledged", () => isClean(trial), patiently);
    other.service.signal("SIGCONT");
    await trial.verdict(flusher.service);
  });

  test("that gets a write only after its sender has given it up, and after a newer one, does not go back", async () => {
    await using trial = await Trial.begin(production);
    await other.service.pause();
    using held = flusher.mongodbProxy.holdRequest(flush);
    await saveAll(trial, ["anna"], 5);
    await held.reached();
    const isDoubtful = async (): Promise<boolean> => (await metric("progress_store_reachable")) === 0;
    await until("the flusher has given up", isDoubtful, patiently);
    await saveAll(trial, ["anna"], 6);
    other.service.signal("SIGCONT");
    await endWaiting(trial.masters);
    await until("the newer one is written", () => isClean(trial), patiently);
    held.release();
    await trial.verdict(other.service);
  });

  const faults: Record<string, Omit<CommandFault, "failCommands">> = {
    "is not primary": { errorCode: 10_107 },
    "steps down": { errorCode: 189 },
    "shuts down": { errorCode: 91 },
    "is interrupted by an election": { errorCode: 11_602 },
    "drops the connection": { closeConnection: true },
    "reaches no majority in time": majority,
  };
  for (const [what, fault] of Object.entries(faults)) {
    test(`that ${what} during a flush proves nothing: every key stays dirty, is flushed again, and none counts as refused`, async () => {
      await using trial = await Trial.begin(production);
      await other.service.pause();
      const names = Array.from({ length: 20 }, (_, index) => `student-${index}`);
      {
        const failCommands = ["update"];
        await using _ = await production.mongodb.fail(
          { failCommands, namespace: "progress.progress", ...fault },
          "alwaysOn",
        );
        await saveAll(trial, names);
        const isDoubtful = async (): Promise<boolean> => (await metric("progress_store_reachable")) === 0;
        await until("the flusher is in doubt", isDoubtful, patiently);
        const [redis] = trial.masters;
        const attempts = await Promise.all(names.map(async (name) => redis?.hget(keyOf(name), ":attempts")));
        assert.deepEqual(new Set(attempts), new Set([null]));
        assert.equal(await dirtyCount(trial.masters), names.length);
      }
      other.service.signal("SIGCONT");
      await trial.verdict(other.service);
    });
  }

  for (const [what, fault] of [
    ["refuses one document of 200", undefined],
    ["refuses one document of 200 and reaches no majority", majority],
  ] as const) {
    test(`that ${what} gets all others, and that one as soon as it takes it`, async () => {
      await using trial = await Trial.begin(production);
      const names = Array.from({ length: 200 }, (_, index) => `student-${index}`);
      const refused = { userId: "student-77", courseId: "watched" };
      const documents = trial.database.collection("progress");
      // No lecture can be set in a list.
      await documents.insertOne({ ...refused, watchTimes: [] });
      const failCommands = ["update"];
      const times = fault === undefined ? undefined : { times: 1 };
      await using _ =
        fault && (await production.mongodb.fail({ failCommands, namespace: "progress.progress", ...fault }, times));
      await saveAll(trial, names);
      const isAlone = async (): Promise<boolean> => {
        await endWaiting(trial.masters);
        return (await dirtyCount(trial.masters)) === 1;
      };
      await until("all others are flushed", isAlone, { withinMs: 60_000 });
      const client = await Client.of(flusher.service.url, refused.userId);
      assert.deepEqual((await client.progress("watched")).watchTimes, { "l-0": 5 });
      await documents.updateOne(refused, { $unset: { watchTimes: "" } });
      await trial.verdict(flusher.service);
    });
  }

  test("that is away for longer than a clean key lives loses nothing that is saved meanwhile", async () => {
    await using trial = await Trial.begin(production);
    const [redis] = trial.masters;
    const key = keyOf("anna");
    await saveAll(trial, ["anna"], 5);
    await until("it is clean", () => isClean(trial), patiently);
    await production.mongodb.kill();
    // A day in half a second.
    await redis?.pexpire(key, 500);
    await saveAll(trial, ["anna", "ben"], 6);
    await delay(700);
    assert.equal(await redis?.pttl(key), -1);
    assert.equal(await dirtyCount(trial.masters), 2);
    await production.mongodb.restart();
    await trial.verdict(flusher.service);
  });

  test("that is killed and restarted under load loses nothing, nor does anybody who is told 200", async () => {
    await using trial = await Trial.begin(production);
    const urls = [flusher.service.url, other.service.url];
    await using crowd = new Crowd({ history: trial.history, urls: () => urls });
    await until("the load is one", () => trial.history.acknowledged > 100, patiently);
    await production.mongodb.kill();
    const during = trial.history.acknowledged;
    await until("saves go on", () => trial.history.acknowledged > during + 50, patiently);
    await production.mongodb.restart();
    await crowd.stop();
    await trial.verdict(other.service, crowdLectures);
  });
});
