import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Redis } from "ioredis";
import { type Answer, Client } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { becomesReady, complains, patiently, Production, storesAreMissing } from "../support/production.ts";
import { courseDocument, type StoredCourse } from "./large-school.ts";

/** Of the API, as far as it is looked at here. */
interface Description {
  readonly paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
}

suite("a service whose Redis is away", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let service: ServiceProcess;
  let student: Client;

  before(async () => {
    const redis = { settings: { appendfsync: "always" } };
    production = resources.use(await Production.start({ redis, settings: { FLUSH_INTERVAL_MS: "200" } }));
    const courses = (await production.database()).collection<StoredCourse>("courses");
    await courses.insertOne(courseDocument({ courseId: "algebra", lectures: 2 }));
    await production.redis.kill();
    service = await production.service();
    student = await Client.of(service.url, "student");
  });
  after(() => resources.disposeAsync());

  const save = (watchTime: number): Promise<Answer> =>
    student.ask("POST", "/api/v1/progress/save", { courseId: "algebra", lectureId: "l-0", watchTime });

  /** Refused soon, and told when to come again. */
  async function isRefused(answering: Promise<Answer>): Promise<void> {
    const startedAt = performance.now();
    const { status, headers, text } = await answering;
    assert.deepEqual([status, (JSON.parse(text) as { code: string }).code], [503, "buffer_unavailable"], text);
    assert.match(String(headers["retry-after"]), /^[1-5]$/);
    // About a second, on a quiet machine.
    assert.ok(performance.now() - startedAt < 5_000);
  }

  test("refuses to change courses as the description of the API says", async () => {
    const instructor = await Client.of(service.url, "instructor", { role: "instructor" });
    const courses = "/api/v1/courses";
    const lecture = { title: "Sets", durationSeconds: 60 };
    await isRefused(instructor.ask("PUT", `${courses}/algebra`, { title: "Algebra" }));
    await isRefused(instructor.ask("POST", `${courses}/algebra/lectures`, lecture));
    await isRefused(instructor.ask("PATCH", `${courses}/algebra/lectures/l-0`, lecture));
    await isRefused(instructor.ask("DELETE", `${courses}/algebra/lectures/l-0`));
    const { paths } = (await (await fetch(`${service.url}/openapi.json`)).json()) as Description;
    const changes = [
      paths[`${courses}/{courseId}`]?.["put"],
      paths[`${courses}/{courseId}/lectures`]?.["post"],
      paths[`${courses}/{courseId}/lectures/{lectureId}`]?.["patch"],
      paths[`${courses}/{courseId}/lectures/{lectureId}`]?.["delete"],
    ];
    for (const change of changes) assert.match(change?.responses["503"]?.description ?? "", /`buffer_unavailable`/);
  });

  test("starts all the same, says what to do, refuses saves, and comes back by itself", async () => {
    await complains(service, "redis", /takes no connections: start it, or correct REDIS_URL/);
    await isRefused(save(1));
    assert.equal((await fetch(`${service.url}/health/live`)).status, 200);
    await production.redis.start();
    await becomesReady(service);
    assert.equal((await save(1)).status, 200);
  });

  test("after a kill refuses saves, keeps what it had acknowledged, and comes back by itself", async () => {
    assert.equal((await save(2)).status, 200);
    await production.redis.kill();
    await isRefused(save(3));
    await complains(service, "redis", /takes no connections/);
    await production.redis.start();
    await becomesReady(service);
    assert.deepEqual((await student.progress("algebra")).watchTimes, { "l-0": 2 });
    assert.equal((await save(4)).status, 200);
  });

  test("while it stands still refuses saves soon, and takes none of them later", async () => {
    assert.equal((await save(5)).status, 200);
    production.redis.pause();
    await isRefused(save(99));
    await complains(service, "redis", /./);
    production.redis.resume();
    await becomesReady(service);
    await until("saves are taken again", async () => (await save(6)).status === 200, patiently);
    assert.deepEqual((await student.progress("algebra")).watchTimes, { "l-0": 6 });
  });

  test("counts what it has refused", async () => {
    const { text } = await student.call("GET", "/metrics");
    assert.ok(Number(/^progress_saves_total\{outcome="refused"\} (\d+)$/m.exec(text)?.[1]) >= 3, text);
  });

  test("tells players to save less often while it fills up, and no longer when it has room", async () => {
    await using admin = {
      redis: new Redis(production.redis.url),
      [Symbol.asyncDispose]: async () => admin.redis.disconnect(),
    };
    const { serverTime } = await student.progress("algebra");
    const session = { sessionId: "00000000000000cc", sessionStartedAt: serverTime, elapsedMs: 1 };
    let seq = 0;
    const nextIntervalMs = async (): Promise<number | undefined> => {
      const body = { courseId: "algebra", lectureId: "l-1", watchTime: 1, ...session, seq: seq++ };
      const { text } = await student.call("POST", "/api/v1/progress/save", body);
      return (JSON.parse(text) as { nextIntervalMs?: number }).nextIntervalMs;
    };
    assert.equal(await nextIntervalMs(), undefined);
    const used = Number(/^used_memory:(\d+)/m.exec(await admin.redis.info("memory"))?.[1]);
    await admin.redis.config("SET", "maxmemory", Math.round(used / 0.8));
    await until("players are told", async () => (await nextIntervalMs()) === 15_000, patiently);
    await admin.redis.config("SET", "maxmemory", 0);
    await until("players are told no longer", async () => (await nextIntervalMs()) === undefined, patiently);
  });

  test("tells of each outage once, and that it is over", () => {
    const lines = service.output.split("\n").filter((line) => line.includes('"Redis answers"'));
    assert.ok(lines.length >= 2 && lines.length <= 6, `${lines.length} times`);
  });
});
