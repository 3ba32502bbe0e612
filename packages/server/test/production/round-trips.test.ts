import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Client, courseOf } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { mongodbNoise } from "../support/mongodb-requests.ts";
import { patiently, Production, storesAreMissing } from "../support/production.ts";
import { redisNoise } from "../support/redis-requests.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { manyCourses, oneCourse, stockSchool } from "./large-school.ts";
import { Burst } from "./burst.ts";

const byText = (one: string, other: string): number => one.localeCompare(other);
const never = "86400000";

suite("production, counted on the wire,", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let service: ServiceProcess;
  let redis: TcpProxy;
  let mongodb: TcpProxy;

  before(async () => {
    const production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: never } }));
    const proxies = await production.proxies({ distanceMs: 25 });
    ({ redisProxy: redis, mongodbProxy: mongodb } = proxies);
    service = await production.readyService({}, proxies);
    await production.teach(service, courseOf("algebra", 3), courseOf("biology", 3));
    await stockSchool(await production.database());
  });
  after(() => resources.disposeAsync());

  /** What the work waits for, of both stores. */
  async function tripsOf(work: () => Promise<unknown>): Promise<{ toRedis: string[][]; toMongodb: string[][] }> {
    let toMongodb: string[][] = [];
    const toRedis = await redis.tripsOf(async () => {
      toMongodb = await mongodb.tripsOf(work, mongodbNoise);
    }, redisNoise);
    return { toRedis, toMongodb };
  }

  test("50 saves of one turn share one round trip, and no database is asked", async () => {
    await using burst = await Burst.of(service, 50);
    // The first brings every student's token, the course and the script to where they are needed.
    await burst.save("algebra", 0);
    const { toRedis, toMongodb } = await tripsOf(() => burst.save("algebra", 1));
    const saves = toRedis.filter(([first]) => first?.startsWith("save"));
    assert.deepEqual(saves, [["save 50"]]);
    // A course that was not looked at for a second is looked up again, and no save waits for that.
    assert.ok(toRedis.length - saves.length <= 1, JSON.stringify(toRedis));
    assert.deepEqual(toMongodb, []);
  });

  test("a save waits for nothing but its own round trip, however long ago the course was seen", async () => {
    const student = await Client.of(service.url, "student");
    await student.save("algebra", "l-0", 1);
    await until("a save found the course more than a second old", async () => {
      await delay(300);
      const earlier = redis.count(/^course-version 1$/);
      const { toRedis } = await tripsOf(() => student.save("algebra", "l-0", 2));
      assert.equal(toRedis.filter(([first]) => first === "save 1").length, 1);
      return redis.count(/^course-version 1$/) > earlier;
    });
  });

  test("progress is read by one round trip to Redis and one to MongoDB, side by side", async () => {
    const student = await Client.of(service.url, "student");
    await student.progress("algebra");
    const { toRedis, toMongodb } = await tripsOf(() => student.progress("algebra"));
    assert.deepEqual(toRedis.flat(), ["read 1", "course-version 1"]);
    assert.deepEqual(toMongodb, [["find progress"]]);

    const counts = (): number[] => [redis.count(/^read 1$/), mongodb.count(/^find progress$/)];
    const earlier = counts();
    const releases = [redis.holdAnswers(), mongodb.holdAnswers()];
    const reading = student.progress("algebra");
    const areBothAsked = (): boolean => counts().every((count, index) => count > (earlier[index] ?? 0));
    await until("both are asked before either answers", areBothAsked, patiently);
    for (const release of releases) release();
    assert.equal((await reading).completionPercentage, 0);
  });

  // Few are found by their own keys, at once; more of them by one question.
  for (const [readers, finds] of [
    [20, 1],
    [3, 3],
  ] as const) {
    test(`${readers} reads of one turn share one round trip to Redis; finds of MongoDB: ${finds}`, async () => {
      await using burst = await Burst.of(service, readers);
      await burst.save("algebra", 1);
      await burst.read("algebra");
      const { toRedis, toMongodb } = await tripsOf(() => burst.read("algebra"));
      // On a busy machine the second may leave when the first is answered; it does not wait for that, as the test before shows.
      assert.deepEqual(toRedis.flat(), [`read ${readers}`, "course-version 1"]);
      assert.deepEqual(toMongodb.flat(), Array<string>(finds).fill("find progress"));
    });
  }

  for (const [path, most] of [
    ["/stats/course-progress", 3],
    ["/stats/student", 3],
    ["/stats/achievements", 3],
    ["/progress/heatmap/data", 3],
    ["/progress/heatmap/data?fill=zero", 3],
  ] as const) {
    test(`${path} takes the same round trips for 1 course and for 1,000, at most ${most}`, async () => {
      const shapes: string[] = [];
      for (const userId of [oneCourse, manyCourses]) {
        const student = await Client.of(service.url, userId);
        await student.call("GET", `/api/v1${path}`);
        const trips = await tripsOf(() => student.call("GET", `/api/v1${path}`));
        const all = [...trips.toRedis, ...trips.toMongodb];
        assert.ok(all.length >= 1 && all.length <= most, JSON.stringify(all));
        shapes.push(
          all
            .map((trip) => trip.join(" + "))
            .toSorted(byText)
            .join(" | "),
        );
      }
      assert.equal(shapes[0], shapes[1]);
    });
  }

  test("an export of 1,000 courses asks Redis for fifty of them at a time", async () => {
    const student = await Client.of(service.url, manyCourses);
    const { toRedis } = await tripsOf(() => student.call("GET", "/api/v1/me/data"));
    const reads = toRedis.flat().filter((request) => request.startsWith("read "));
    // One more course has been started since, and is not flushed.
    assert.ok(reads.length >= 20 && reads.length <= 21, reads.join(", "));
  });

  test("dashboards over 1,000 courses and 10,000 lectures are right", async () => {
    const student = await Client.of(service.url, manyCourses);
    const rows = JSON.parse((await student.call("GET", "/api/v1/stats/course-progress")).text) as {
      progress: number;
    }[];
    assert.equal(rows.length, 1_001);
    assert.equal(rows.filter(({ progress }) => progress === 50).length, 1_000);
    assert.equal(rows.filter(({ progress }) => progress === 1).length, 1);
    assert.equal((await student.stats()).totalCompleted, 1_100);
  });

  test("a course that was started a second ago is on the dashboard, though no database knows", async () => {
    const student = await Client.of(service.url, "newcomer");
    await student.save("biology", "l-0", 5);
    const trips = await tripsOf(async () => {
      const { text } = await student.call("GET", "/api/v1/stats/course-progress");
      const rows = JSON.parse(text) as { courseId: string; progress: number }[];
      assert.deepEqual(
        rows.map(({ courseId, progress }) => [courseId, progress]),
        [["biology", 0]],
      );
    });
    assert.equal(trips.toRedis.length, 1);
    assert.ok(trips.toMongodb.length <= 2);
  });
});
