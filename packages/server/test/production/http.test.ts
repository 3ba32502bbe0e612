import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type Db, ObjectId } from "mongodb";
import { Client, courseOf } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import type { ServiceProcess } from "../support/process.ts";
import { patiently, Production, storesAreMissing } from "../support/production.ts";

const day = /^\d{4}-\d\d-\d\d$/;
const hexCourse = "65A1B2C3D4E5F60718293A4B";
const hexLecture = "0123456789abcdef01234567";

suite("the API on two processes, one Redis and one MongoDB", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let services: ServiceProcess[] = [];
  let database: Db;

  before(async () => {
    const production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "300" } }));
    services = await Promise.all([production.readyService(), production.readyService()]);
    database = await production.database();
    const hex = { ...courseOf(hexCourse, 0), lectures: [{ lectureId: hexLecture, title: "Hex", durationSeconds: 60 }] };
    await production.teach(services[0]!, courseOf("algebra", 4), courseOf("race", 20), courseOf("other", 2), hex);
  });
  after(() => resources.disposeAsync());

  /** The same person at both processes. */
  async function both(userId: string, claims: { role?: string } = {}): Promise<[Client, Client]> {
    const [one, other] = await Promise.all(services.map(({ url }) => Client.of(url, userId, claims)));
    assert.ok(one !== undefined && other !== undefined);
    return [one, other];
  }

  const get = async (client: Client, path: string): Promise<unknown> =>
    JSON.parse((await client.call("GET", `/api/v1${path}`)).text);

  const percentages = async (client: Client): Promise<[courseId: string, progress: number][]> => {
    const rows = (await get(client, "/stats/course-progress")) as { courseId: string; progress: number }[];
    return rows.map(({ courseId, progress }) => [courseId, progress]);
  };

  /** Resolves when no position of the student waits in the buffer. */
  async function flushed(client: Client): Promise<void> {
    await until("everything is flushed", async () => (await client.metric("progress_dirty_keys")) === 0, patiently);
  }

  test("what one process takes, the other answers, before a flush and after it", async () => {
    const [one, other] = await both("reader");
    const save = { courseId: "algebra", lectureId: "l-0", watchTime: 12.3456 };
    assert.equal((await one.call("POST", "/api/v1/progress/save", save)).text, '{"message":"synced"}');
    for (const moment of ["before", "after"]) {
      if (moment === "after") await flushed(one);
      const { serverTime, ...view } = await other.progress("algebra");
      assert.ok(serverTime > Date.now() - 60_000);
      assert.deepEqual(view, {
        watchTimes: { "l-0": 12.346 },
        completionPercentage: 0,
        completedLectures: [],
        lastWatchedLecture: "l-0",
        totalLectures: 4,
      });
      assert.deepEqual(await percentages(other), [["algebra", 0]]);
    }
  });

  test("reads are counted by how often Redis was asked", async () => {
    const [one] = await both("counted");
    const reads = async (): Promise<number> => {
      const { text } = await one.call("GET", "/metrics");
      const counts = [...text.matchAll(/^progress_reads_total\{asked="(?:once|twice)"\} (\d+)$/gm)];
      return counts.reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const counted = await reads();
    await one.progress("algebra");
    assert.equal(await reads(), counted + 1);
  });

  test("completion, activity, streak and statistics are right at the other process at once", async () => {
    const [one, other] = await both("finisher");
    const complete = await one.call("POST", "/api/v1/progress/complete", { courseId: "algebra", lectureId: "l-1" });
    assert.equal(complete.text, '{"message":"completed"}');
    await other.complete("algebra", "l-1");
    assert.equal((await one.call("POST", "/api/v1/progress/heatmap/mark")).text, '{"message":"marked"}');
    const { lastActiveDate, ...stats } = (await get(other, "/stats/student")) as { lastActiveDate: string };
    assert.match(lastActiveDate, day);
    assert.deepEqual(stats, { currentStreak: 1, longestStreak: 1, activeToday: true, totalCompleted: 1 });
    assert.deepEqual(await other.heatmap(), [{ date: lastActiveDate, count: 2 }]);
    assert.equal(((await get(other, "/progress/heatmap/data?fill=zero")) as unknown[]).length, 365);
    assert.deepEqual(await percentages(other), [["algebra", 25]]);
    await other.undo("algebra", "l-1");
    assert.deepEqual((await one.progress("algebra")).completedLectures, []);
    assert.equal((await one.stats()).currentStreak, 1);
  });

  test("a session's late save moves nothing back, whichever process takes it", async () => {
    const [one, other] = await both("traveller");
    const { serverTime } = await one.progress("algebra");
    const session = { sessionId: "00000000000000aa", sessionStartedAt: serverTime };
    await one.save("algebra", "l-0", 50, { ...session, elapsedMs: 20, seq: 2 });
    const late = { courseId: "algebra", lectureId: "l-0", watchTime: 3, ...session, elapsedMs: 10, seq: 1 };
    const { text } = await other.call("POST", "/api/v1/progress/save", late);
    assert.equal((JSON.parse(text) as { superseded: boolean }).superseded, true);
    assert.deepEqual((await other.progress("algebra")).watchTimes, { "l-0": 50 });
    const ahead = await other.ask("POST", "/api/v1/progress/save", { ...late, elapsedMs: 3_600_000 });
    assert.deepEqual([ahead.status, (JSON.parse(ahead.text) as { code: string }).code], [409, "session_clock"]);
    const newest = { ...late, watchTime: 50, elapsedMs: 20, seq: 2 };
    const isPersisted = async (): Promise<boolean> => {
      const answer = await other.call("POST", "/api/v1/progress/save", newest);
      const { stamp, persisted } = JSON.parse(answer.text) as { stamp: string; persisted: string | null };
      return persisted === stamp;
    };
    await until("the other process tells that the position is in MongoDB", isPersisted, patiently);
  });

  test("starting over at one process is final at both, also for saves under way", async () => {
    const [one, other] = await both("repeater");
    await one.save("algebra", "l-0", 30);
    await one.complete("algebra", "l-0");
    const { serverTime } = await one.progress("algebra");
    await flushed(one);
    await other.startOver("algebra");
    const late = { sessionId: "00000000000000bb", sessionStartedAt: serverTime, elapsedMs: 1, seq: 0 };
    await one.save("algebra", "l-0", 40, late);
    for (const client of [one, other]) {
      const { watchTimes, completedLectures, completionPercentage } = await client.progress("algebra");
      assert.deepEqual({ watchTimes, completedLectures, completionPercentage }, empty);
      assert.deepEqual(await percentages(client), [["algebra", 0]]);
    }
    await one.save("algebra", "l-0", 41);
    assert.deepEqual((await other.progress("algebra")).watchTimes, { "l-0": 41 });
  });

  test("erasing forgets a student everywhere, events included", async () => {
    const [one, other] = await both("leaver");
    await one.save("algebra", "l-0", 30);
    await one.complete("algebra", "l-0");
    await flushed(one);
    await other.save("other", "l-0", 1);
    const told = await database.collection("events").distinct("type", { userId: "leaver" });
    assert.deepEqual(new Set(told), new Set(["achievement.earned", "lecture.completed"]));
    await other.call("DELETE", "/api/v1/me/data");
    for (const client of [one, other]) {
      assert.deepEqual((await client.progress("algebra")).watchTimes, {});
      assert.deepEqual(await percentages(client), []);
      assert.equal((await client.stats()).totalCompleted, 0);
    }
    for (const name of ["progress", "activities", "achievements", "events"]) {
      assert.equal(await database.collection(name).countDocuments({ userId: "leaver" }), 0, name);
    }
  });

  test("a catalog change at one process is seen at the other by its next request", async () => {
    const [one, other] = await both("teacher", { role: "instructor" });
    for (let round = 0; round < 4; round++) {
      const [writer, reader] = round % 2 === 0 ? [one, other] : [other, one];
      await writer.call("PUT", "/api/v1/courses/changing", { title: `Title ${round}` });
      const lecture = { lectureId: `n-${round}`, title: "New", durationSeconds: 60 };
      await writer.call("POST", "/api/v1/courses/changing/lectures", lecture);
      const { title, totalLectures } = (await get(reader, "/courses/changing")) as Record<string, unknown>;
      assert.deepEqual({ title, totalLectures }, { title: `Title ${round}`, totalLectures: 1 });
      await reader.complete("changing", lecture.lectureId);
      assert.equal((await writer.progress("changing")).completionPercentage, 100);
      await reader.call("DELETE", `/api/v1/courses/changing/lectures/${lecture.lectureId}`);
      assert.deepEqual((await writer.progress("changing")).completedLectures, []);
    }
  });

  test("completions that race over both processes happen exactly once", async () => {
    const clients = await both("racer");
    const lectures = Array.from({ length: 20 }, (_, index) => `l-${index}`);
    await Promise.all(lectures.flatMap((id) => clients.map((client) => client.complete("race", id))));
    for (const client of clients) {
      const { completedLectures, completionPercentage } = await client.progress("race");
      assert.deepEqual([completedLectures.toSorted(), completionPercentage], [lectures.toSorted(), 100]);
      const counted = (await client.heatmap()).reduce((sum, { count }) => sum + count, 0);
      assert.deepEqual([(await client.stats()).totalCompleted, counted], [20, 20]);
    }
    const events = await database.collection("events").find({ userId: "racer" }).toArray();
    assert.equal(events.filter(({ type }) => type === "lecture.completed").length, 20);
    assert.equal(events.filter(({ type }) => type === "course.completed").length, 1);
    const document = await database.collection("progress").findOne({ userId: "racer" });
    assert.deepEqual([document?.["rev"], document?.["completedCount"], document?.["outbox"]], [21, 20, []]);
  });

  test("documents are as they are told to be, with 24 hex digits as ObjectId", async () => {
    const [one, other] = await both("auth0|5f7c");
    await one.save(hexCourse, hexLecture.toUpperCase(), 7.5);
    await other.complete(hexCourse, hexLecture);
    await flushed(one);
    const courseId = ObjectId.createFromHexString(hexCourse.toLowerCase());
    const found = await database.collection("progress").findOne({ userId: "auth0|5f7c", courseId });
    assert.ok(found !== null);
    const { watchTimes, lastWatchedLecture, completedAt, courseCompletedAt } = found;
    const { stamp } = (watchTimes as Record<string, { stamp: string }>)[hexLecture] ?? {};
    assert.match(stamp ?? "", /^\d{21}[0-9a-f]{16}$/);
    const lectureId = ObjectId.createFromHexString(hexLecture);
    assert.deepEqual(watchTimes, { [hexLecture]: { stamp, seconds: 7.5 } });
    assert.deepEqual(lastWatchedLecture, { stamp, lectureId });
    const first = (completedAt as Record<string, Date>)[hexLecture];
    assert.ok(first instanceof Date && courseCompletedAt instanceof Date);
    const names =
      "_id completedAt completedCount completedLectures completions courseCompletedAt courseId flushedVersion";
    assert.deepEqual(Object.keys(found).toSorted(), [
      ...names.split(" "),
      ..."lastCompletedAt lastWatchedLecture outbox rev userId watchTimes".split(" "),
    ]);
    assert.deepEqual(found["completions"], { [hexLecture]: 1 });
    assert.deepEqual(found["completedLectures"], [lectureId]);
    const activity = await database.collection("activities").findOne({ userId: "auth0|5f7c" });
    assert.deepEqual(activity?.["sources"], [`${hexCourse.toLowerCase()}/${hexLecture}`]);
  });
});

const empty = { watchTimes: {}, completedLectures: [], completionPercentage: 0 };
