import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Client, courseOf } from "../support/process-client.ts";
import { dirtyKeys, eventIds, rowsOf, unsettledEvents } from "../support/process-file.ts";
import { ServiceProcess } from "../support/process.ts";
import { until } from "../support/process-waiting.ts";
import { TempFolder } from "../support/temp-folder.ts";

const resources = new AsyncDisposableStack();
let file = "";
const urls: string[] = [];

before(async () => {
  file = resources.use(await TempFolder.create()).file("progress.sqlite");
  // Between the read and the write of either there is time for the other.
  const settings = { DATA_FILE: file, FLUSH_INTERVAL_MS: "50", SLOW_CALLS: "read=6" };
  for (const _ of [1, 2]) {
    const service = await ServiceProcess.start(settings, { preload: import.meta.resolve("./slow-stores.ts") });
    urls.push(resources.use(service).url);
  }
  const instructor = await Client.of(urls[0]!, "instructor", { role: "instructor" });
  await instructor.importCourses([courseOf("long", 40), courseOf("short", 1)]);
});
after(() => resources.disposeAsync());

suite("two processes on one data file", () => {
  test("keep every position that either of them acknowledged, while both flush", async () => {
    const students = Array.from({ length: 6 }, (_, index) => `saver-${index}`);
    await Promise.all(
      students.map(async (name) => {
        const clients = await bothFor(name);
        for (let index = 0; index < 30; index++) {
          await patiently(() => clients[index % 2]!.save("long", `l-${index}`, index + 0.125));
          await patiently(() => clients[(index + 1) % 2]!.save("short", "l-0", index));
        }
      }),
    );
    await until("all keys are clean", () => dirtyKeys(file) === 0, { withinMs: 20_000 });
    const expected = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`l-${index}`, index + 0.125]));
    for (const name of students) {
      for (const client of await bothFor(name)) {
        assert.deepEqual((await client.progress("long")).watchTimes, expected);
        assert.deepEqual((await client.progress("short")).watchTimes, { "l-0": 29 });
      }
      const sql = "SELECT lecture_id AS id, seconds FROM positions WHERE user_id = ? AND course_id = 'long'";
      const stored = rowsOf<{ id: string; seconds: number }>(file, sql, name);
      assert.deepEqual(Object.fromEntries(stored.map(({ id, seconds }) => [id, seconds])), expected);
    }
  });

  test("complete the same lectures at once, each of them counted and told once", async () => {
    const clients = await bothFor("finisher");
    const completions = Array.from({ length: 40 }, (_, index) =>
      clients.map((client) => patiently(() => client.complete("long", `l-${index}`))),
    );
    await Promise.all(completions.flat());
    for (const client of clients) {
      const { completedLectures, completionPercentage } = await client.progress("long");
      assert.deepEqual(
        [new Set(completedLectures).size, completedLectures.length, completionPercentage],
        [40, 40, 100],
      );
      const { totalCompleted } = await client.stats();
      const counted = (await client.heatmap()).reduce((sum, { count }) => sum + count, 0);
      assert.deepEqual([totalCompleted, counted], [40, 40]);
    }
    const again = "SELECT lecture_id FROM completions WHERE user_id = 'finisher' AND times > 1";
    assert.deepEqual(rowsOf(file, again), []);
    const ids = eventIds(file, "finisher");
    assert.equal(ids.filter((id) => id.startsWith("lecture.completed/finisher/long/")).length, 40);
    assert.equal(ids.filter((id) => id.startsWith("course.completed/")).length, 1);
    assert.equal(unsettledEvents(file, "finisher"), 0);
  });

  test("see each other's catalog changes at once", async () => {
    const [one, other] = await bothFor("instructor", { role: "instructor" });
    await one!.call("PUT", "/api/v1/courses/fresh", { title: "Fresh" });
    assert.equal((await other!.progress("fresh")).completionPercentage, 0);
    await one!.call("POST", "/api/v1/courses/fresh/lectures", {
      lectureId: "l-0",
      title: "First",
      durationSeconds: 10,
    });
    await other!.save("fresh", "l-0", 9);
    await other!.complete("fresh", "l-0");
    assert.equal((await one!.progress("fresh")).completionPercentage, 100);
    await other!.call("DELETE", "/api/v1/courses/fresh/lectures/l-0");
    assert.deepEqual((await one!.progress("fresh")).watchTimes, {});
    const late = { courseId: "fresh", lectureId: "l-0", watchTime: 1 };
    const isRefused = async (): Promise<boolean> =>
      (await one!.ask("POST", "/api/v1/progress/save", late)).status === 404;
    await until("saves, which may believe a second-old catalog, are refused", isRefused, { withinMs: 2_000 });
  });
});

async function bothFor(userId: string, claims: { role?: string } = {}): Promise<Client[]> {
  return Promise.all(urls.map((url) => Client.of(url, userId, claims)));
}

/** Two writers on a slow disk may have to be asked again: they said 503, and nothing was acknowledged. */
async function patiently(send: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await send();
      return;
    } catch (error) {
      if (tries === 10 || !String(error).includes("503")) throw error;
    }
  }
}
