import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { Db } from "mongodb";
import { Client, courseOf } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { becomesReady, complains, patiently, Production, storesAreMissing } from "../support/production.ts";

suite("a service whose MongoDB is away", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let service: ServiceProcess;
  let student: Client;
  let database: Db;

  before(async () => {
    production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "200" } }));
    await production.mongodb.kill();
    service = await production.service();
    student = await Client.of(service.url, "student");
    database = await production.database();
  });
  after(() => resources.disposeAsync());

  /** Resolves when MongoDB has the position. */
  async function isStored(lectureId: string, seconds: number): Promise<void> {
    const has = async (): Promise<boolean> =>
      (await database
        .collection("progress")
        .countDocuments({ userId: "student", [`watchTimes.${lectureId}.seconds`]: seconds })) === 1;
    await until("the position is in MongoDB", has, patiently);
  }

  async function isRefused(method: string, path: string, body?: object): Promise<void> {
    const { status, headers, text } = await student.ask(method, `/api/v1${path}`, body);
    assert.deepEqual([status, (JSON.parse(text) as { code: string }).code], [503, "store_unavailable"], text);
    assert.match(String(headers["retry-after"]), /^[1-5]$/);
  }

  test("ends when it is told to, also when nobody reads its log any more", async () => {
    const unheard = await production.service();
    await complains(unheard, "mongodb", /MongoDB does not answer/);
    unheard.closeOutput();
    // Stopping gives up what waits for MongoDB, which is logged.
    unheard.signal("SIGTERM");
    const stillRunning = setTimeout(() => unheard.signal("SIGKILL"), 20_000);
    assert.deepEqual(await unheard.ended, { code: 0, signal: null });
    clearTimeout(stillRunning);
  });

  test("starts all the same, says what to do, takes saves of courses it cannot know, and comes back by itself", async () => {
    await complains(service, "mongodb", /MongoDB does not answer.*MONGODB_URL/);
    await Promise.all([
      student.save("algebra", "l-0", 1),
      isRefused("POST", "/progress/complete", { courseId: "algebra", lectureId: "l-0" }),
    ]);
    await production.mongodb.restart();
    await becomesReady(service);
    await production.teach(service, courseOf("algebra", 3));
    assert.deepEqual((await student.progress("algebra")).watchTimes, { "l-0": 1 });
  });

  test("after a kill takes saves, and flushes them when it is back", async () => {
    await production.mongodb.kill();
    await Promise.all([
      student.save("algebra", "l-1", 2),
      isRefused("GET", "/progress/algebra"),
      complains(service, "mongodb", /MongoDB does not answer/),
    ]);
    await student.save("algebra", "l-2", 3);
    const closed = async (): Promise<boolean> => (await student.metric("progress_store_reachable")) === 0;
    await until("the flusher has noticed", closed, patiently);
    await production.mongodb.restart();
    await becomesReady(service);
    await isStored("l-1", 2);
    await isStored("l-2", 3);
    const open = async (): Promise<boolean> => (await student.metric("progress_store_reachable")) === 1;
    await until("the flusher has noticed that, too", open, patiently);
  });

  test("while it stands still answers probes and saves soon, ends in time, and loses nothing", async () => {
    production.mongodb.pause();
    await complains(service, "mongodb", /MongoDB does not answer/);
    const startedAt = performance.now();
    await student.save("algebra", "l-1", 20);
    const { status } = await fetch(`${service.url}/health/ready`);
    assert.equal(status, 503);
    assert.ok(performance.now() - startedAt < 4_500);
    const stoppedAt = performance.now();
    service.signal("SIGTERM");
    assert.equal((await service.ended).code, 0);
    assert.ok(performance.now() - stoppedAt < 15_000);
    production.mongodb.resume();
    await production.readyService();
    await isStored("l-1", 20);
  });
});
