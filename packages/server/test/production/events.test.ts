import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import type { Db } from "mongodb";
import { Client, courseOf } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { patiently, Production, storesAreMissing } from "../support/production.ts";

const documentation = new URL("../../../../docs/events.md", import.meta.url);
const server = fileURLToPath(new URL("../..", import.meta.url));
const stream = "progress-events";

/** The consumer of the documentation, as it is printed there. */
class Consumer implements AsyncDisposable {
  readonly #process: ChildProcess;
  #output = "";

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
  }

  static async start(redisUrl: string, consumer: string): Promise<Consumer> {
    const blocks = (await readFile(documentation, "utf8")).matchAll(/```js\n(.*?)```/gs).map(([, code = ""]) => code);
    const code = blocks.find((block) => block.includes("xreadgroup")) ?? "";
    const env = { ...process.env, REDIS_URL: redisUrl, EVENT_STREAM: stream, CONSUMER: consumer, ABANDONED_MS: "200" };
    const stdio = ["ignore", "pipe", "inherit"] as const;
    return new Consumer(
      spawn(process.execPath, ["--input-type=module", "--eval", code], { cwd: server, env, stdio: [...stdio] }),
    );
  }

  /** The ids it has handled, in order. */
  get handled(): string[] {
    return this.#output.split("\n").flatMap((line) => line.split(" ").slice(1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }
}

suite("events in production", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let redis: Redis;
  let database: Db;
  let service: ServiceProcess;

  before(async () => {
    production = resources.use(await Production.start({ settings: { EVENT_STREAM: stream } }));
    redis = resources.adopt(new Redis(production.redis.url), (client) => client.disconnect());
    redis.on("error", () => undefined);
    database = await production.database();
    service = await production.readyService();
    await production.teach(service, courseOf("short", 1), courseOf("long", 30));
  });
  after(() => resources.disposeAsync());

  async function inStream(student: string): Promise<string[]> {
    const entries = await redis.xrange(stream, "-", "+");
    return entries.flatMap(([, fields]) => (fields[5] === student ? [fields[1] ?? ""] : []));
  }

  async function kept(student: string): Promise<string[]> {
    const documents = await database
      .collection<{ _id: string; userId: string }>("events")
      .find({ userId: student })
      .toArray();
    return documents.map(({ _id }) => _id).toSorted();
  }

  const waiting = (): Promise<number> =>
    database.collection("events").countDocuments({ "waiting.stream": { $exists: true } });

  const ofFirstCourse = (student: string): string[] =>
    [
      `achievement.earned/${student}/first-course`,
      `achievement.earned/${student}/first-lecture`,
      `course.completed/${student}/short/2`,
      `lecture.completed/${student}/short/l-0/1`,
    ].toSorted();

  test("are in the stream soon after a completion, once each, also when it is completed again", async () => {
    const client = await Client.of(service.url, "learner");
    for (const _ of [1, 2, 3]) await client.complete("short", "l-0");
    assert.deepEqual(await kept("learner"), ofFirstCourse("learner"));
    await until("the stream has them", async () => (await inStream("learner")).length >= 4, patiently);
    await until("nothing waits", async () => (await waiting()) === 0, patiently);
    assert.deepEqual((await inStream("learner")).toSorted(), ofFirstCourse("learner"));
  });

  test("are handled once each by the documented consumer, when one of two is killed", async () => {
    await using first = await Consumer.start(production.redis.url, "first");
    const client = await Client.of(service.url, "audience");
    for (let index = 0; index < 15; index++) await client.complete("long", `l-${index}`);
    await until("the first has begun", () => first.handled.length > 0, patiently);
    await first[Symbol.asyncDispose]();
    await using second = await Consumer.start(production.redis.url, "second");
    for (let index = 15; index < 30; index++) await client.complete("long", `l-${index}`);
    const all = new Set([...(await kept("audience")), ...(await kept("learner"))]);
    await until(
      "every event is handled",
      () => all.isSubsetOf(new Set([...first.handled, ...second.handled])),
      patiently,
    );
    assert.equal(new Set(second.handled).size, second.handled.length);
  });

  test("wait in the database while Redis is away, and no completion waits for them", async () => {
    const client = await Client.of(service.url, "patient");
    await client.progress("short");
    await production.redis.kill();
    await client.complete("short", "l-0");
    assert.deepEqual(await kept("patient"), ofFirstCourse("patient"));
    assert.ok((await waiting()) > 0);
    await production.redis.start();
    await until("the stream has them", async () => (await inStream("patient")).length >= 4, { withinMs: 60_000 });
    assert.deepEqual([...new Set(await inStream("patient"))].toSorted(), ofFirstCourse("patient"));
  });

  test("are found by another process when the first is killed before it could deliver them", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `orphan-${index}`);
    const dying = await production.readyService();
    const clients = await Promise.all(names.map((name) => Client.of(dying.url, name)));
    const answers = clients.map((client) => client.complete("short", "l-0").catch(() => undefined));
    await Promise.race(answers);
    assert.deepEqual(await dying.kill(), { code: null, signal: "SIGKILL" });
    await Promise.all(answers);
    await until(
      "nothing is left behind",
      async () => {
        const left = await database.collection("progress").countDocuments({ "outbox.0": { $exists: true } });
        return left === 0 && (await waiting()) === 0;
      },
      { withinMs: 60_000 },
    );
    for (const name of names) {
      const ids = await kept(name);
      // A completion that never reached the database told nothing; any other told everything, once.
      if (ids.length > 0) assert.deepEqual(ids, ofFirstCourse(name));
      assert.deepEqual([...new Set(await inStream(name))].toSorted(), ids);
    }
  });

  test("leave the stream with their student", async () => {
    const client = await Client.of(service.url, "learner");
    await client.call("DELETE", "/api/v1/me/data");
    assert.deepEqual([await inStream("learner"), await kept("learner")], [[], []]);
    assert.equal(await database.collection("achievements").countDocuments({ userId: "learner" }), 0);
  });
});
