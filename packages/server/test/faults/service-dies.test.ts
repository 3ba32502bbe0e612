import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Crowd, crowdCourses, crowdLectures } from "../support/crowd.ts";
import { Client } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { patiently, Production, type Proxies, storesAreMissing } from "../support/production.ts";
import { bufferedPositions } from "../support/stored.ts";
import { Trial } from "../support/trial.ts";

const place = { userId: "anna", courseId: "watched", lectureId: "l-0" };
const enough = 200;

suite("A service that dies", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  /** Another process, which lives on. */
  let other: ServiceProcess;
  let proxies: Required<Proxies>;

  before(async () => {
    production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "200" } }));
    [other, proxies] = await Promise.all([production.readyService(), production.proxies()]);
    await production.teach(other, ...crowdCourses);
  });
  after(() => resources.disposeAsync());

  /** A process that will die in the middle of a save, warm: Redis knows its script. */
  async function victim(): Promise<{ service: ServiceProcess; client: Client }> {
    const service = await production.readyService({}, proxies);
    await (await Client.of(service.url, "warm")).save("watched", "l-0", 1);
    return { service, client: await Client.of(service.url, "anna") };
  }

  test("before the script of a save has not taken it; another process takes it", async () => {
    const { service, client } = await victim();
    await using trial = await Trial.begin(production);
    using held = proxies.redisProxy.holdRequest(/^save /);
    const saving = trial.history.save(client, place, 5);
    await held.reached();
    assert.equal((await service.kill()).signal, "SIGKILL");
    assert.equal(await saving, "maybe");
    assert.equal((await bufferedPositions(trial.masters)).size, 0);
    await trial.history.saved(await Client.of(other.url, "anna"), place, 5);
    await trial.verdict(other);
  });

  test("after the script of a save and before the answer has taken it; the same again changes nothing", async () => {
    const { service, client } = await victim();
    await using trial = await Trial.begin(production);
    const { serverTime } = await client.progress("watched");
    const session = { sessionId: "00000000000000aa", sessionStartedAt: serverTime, elapsedMs: 0, seq: 0 };
    using held = proxies.redisProxy.holdAnswer(/^save /);
    const saving = trial.history.save(client, place, 5, session);
    await held.reached();
    assert.equal((await service.kill()).signal, "SIGKILL");
    assert.equal(await saving, "maybe");
    const taken = await bufferedPositions(trial.masters);
    assert.equal(taken.get("anna watched l-0")?.seconds, 5);
    await trial.history.saved(await Client.of(other.url, "anna"), place, 5, session);
    assert.deepEqual(await bufferedPositions(trial.masters), taken);
    await trial.verdict(other);
  });

  test("with half of all processes, while the other half is told to stop, loses nothing under load", async () => {
    const [killed, stopped] = await Promise.all([production.readyService(), production.readyService()]);
    await using trial = await Trial.begin(production);
    const urls = [killed.url, stopped.url, other.url];
    await using crowd = new Crowd({ history: trial.history, urls: () => urls });
    await until("the load is one", () => trial.history.acknowledged > enough, patiently);
    stopped.signal("SIGTERM");
    assert.equal((await killed.kill()).signal, "SIGKILL");
    assert.deepEqual(await stopped.ended, { code: 0, signal: null }, stopped.output);
    await delay(200);
    await crowd.stop();
    await trial.verdict(other, crowdLectures);
  });

  test("is told to stop under load: it answers what it has begun, and ends within 15 s", async () => {
    const stopped = await production.readyService();
    await using trial = await Trial.begin(production);
    await using crowd = new Crowd({ history: trial.history, urls: () => [stopped.url] });
    await until("the load is one", () => trial.history.acknowledged > enough, patiently);
    stopped.signal("SIGTERM");
    const isOver = stopped.ended.then(() => true);
    assert.ok(await Promise.race([isOver, delay(15_000, false, { ref: false })]), stopped.output);
    await crowd.stop();
    assert.deepEqual(await stopped.ended, { code: 0, signal: null }, stopped.output);
    await trial.verdict(other, crowdLectures);
  });

  test("and is replaced by another version with scripts of its own loses nothing, and both work side by side", async () => {
    const old = await production.readyService();
    await using trial = await Trial.begin(production);
    const next = await production.readyService({}, proxies, import.meta.resolve("./next-version.ts"));
    const urls = [old.url, next.url];
    await using crowd = new Crowd({ history: trial.history, urls: () => urls });
    const isShared = (): boolean => proxies.redisProxy.count(/^script /) > 50 && trial.history.acknowledged > enough;
    await until("both versions take saves", isShared, patiently);
    old.signal("SIGTERM");
    urls.shift();
    assert.equal((await old.ended).code, 0);
    await delay(200);
    await crowd.stop();
    await trial.verdict(next, crowdLectures);
  });
});
