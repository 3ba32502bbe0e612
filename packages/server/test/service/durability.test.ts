import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Client, courseOf } from "../support/process-client.ts";
import { eventIds, unsettledEvents } from "../support/process-file.ts";
import { ServiceProcess } from "../support/process.ts";
import { until } from "../support/process-waiting.ts";
import { TempFolder } from "../support/temp-folder.ts";
import { StudentsAtWork } from "./students-at-work.ts";

const rounds = 3;

test("what was acknowledged before a kill -9 is there after a restart, round after round", async () => {
  await using folder = await TempFolder.create();
  const file = folder.file("progress.sqlite");
  const settings = { DATA_FILE: file, FLUSH_INTERVAL_MS: "150" };
  const school = new StudentsAtWork();

  for (let round = 0; round < rounds; round++) {
    await using service = await ServiceProcess.start(settings);
    if (round === 0) {
      const instructor = await Client.of(service.url, "instructor", { role: "instructor" });
      await instructor.importCourses(StudentsAtWork.courses());
    }
    await school.connect(service.url);
    await school.check();
    const before = school.acknowledged;
    const working = school.work(new AbortController().signal);
    await until("the load is one", () => school.acknowledged >= before + 50, { withinMs: 20_000 });
    await delay(Math.random() * 600);
    assert.deepEqual(await service.kill(), { code: null, signal: "SIGKILL" });
    await working;
  }

  await using service = await ServiceProcess.start(settings);
  await school.connect(service.url);
  await school.check();
  await Promise.all(
    school.finishers.map(async ({ client, userId }) => {
      const followed = (): boolean => unsettledEvents(file, userId) === 0;
      await until("every completion has been followed", followed, { withinMs: 10_000 });
      await checkFollowers(client, file, userId);
    }),
  );
});

test("a data file whose name means something to SQLite is a file all the same", async () => {
  await using folder = await TempFolder.create();
  const DATA_FILE = ":memory:";
  const options = { folder: folder.path };
  {
    await using service = await ServiceProcess.start({ DATA_FILE }, options);
    const instructor = await Client.of(service.url, "instructor", { role: "instructor" });
    await instructor.importCourses([courseOf("one", 1)]);
    await service.kill();
  }
  await using service = await ServiceProcess.start({ DATA_FILE }, options);
  assert.deepEqual((await (await Client.of(service.url, "student")).progress("one")).watchTimes, {});
});

/** Day count, streak, total and events are those of the completed lectures, each exactly once. */
async function checkFollowers(client: Client, file: string, userId: string): Promise<void> {
  const { completedLectures } = await client.progress("long");
  const days = await client.heatmap();
  const stats = await client.stats();
  assert.equal(new Set(completedLectures).size, completedLectures.length);
  assert.equal(
    days.reduce((sum, { count }) => sum + count, 0),
    completedLectures.length,
  );
  // Two days, should it be midnight.
  assert.equal(stats.currentStreak, days.length);
  assert.equal(stats.totalCompleted, completedLectures.length);
  const expected = completedLectures.map((lectureId) => `lecture.completed/${userId}/long/${lectureId}/1`);
  assert.deepEqual(eventIds(file, userId, "lecture.completed"), expected.toSorted());
}
