import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client, courseOf } from "../support/process-client.ts";
import { changeFile, dirtyKeys, eventIds, rowsOf, unsettledEvents } from "../support/process-file.ts";
import { ServiceProcess } from "../support/process.ts";
import { until } from "../support/process-waiting.ts";
import { TempFolder } from "../support/temp-folder.ts";

const dyingProcess = fileURLToPath(import.meta.resolve("./dying-process.ts"));

const completionSteps = {
  "after the completion itself": "store.change",
  "after the day's activity": "activities.addCompletion",
  "after the streak": "students.replaceStreak",
  "after the lecture's event was published": "log.add",
  "after the streak's event was published": "log.add#2",
  "after the streak's event was settled": "students.settle",
  "after an achievement was earned": "achievements.earn",
  "after two achievements were earned": "achievements.earn#2",
  "after an achievement's event was published": "log.add#3",
  "after an achievement was told": "achievements.told",
  "after the other achievement's event was published": "log.add#4",
  "after the course was completed": "store.change#2",
  "after the lecture's event was settled": "store.settle",
  "after the course's event was published": "log.add#5",
  "after the course's achievement was earned": "achievements.earn#3",
  "after the course's achievement was published": "log.add#6",
  "after the course's achievement was told": "achievements.told#3",
  "after the course's event was settled": "store.settle#2",
};
const flushSteps = {
  "after the claim": "buffer.claim",
  "after the write": "store.join",
  "after the acknowledgement": "buffer.acknowledge",
};

/** What the first lecture of a course of one earns, all at once. */
const achievements = [
  { id: "lecture", title: "A lecture", fact: "lecturesCompleted", atLeast: 1 },
  { id: "day", title: "A day", fact: "longestStreak", atLeast: 1 },
  { id: "course", title: "A course", fact: "coursesCompleted", atLeast: 1 },
];

const resources = new AsyncDisposableStack();
let file = "";
let service: ServiceProcess;

before(async () => {
  const folder = resources.use(await TempFolder.create());
  file = folder.file("progress.sqlite");
  const achievementsFile = folder.file("achievements.json");
  await writeFile(achievementsFile, JSON.stringify(achievements));
  const settings = { DATA_FILE: file, ACHIEVEMENTS_FILE: achievementsFile };
  {
    await using first = await ServiceProcess.start({ DATA_FILE: file });
    const instructor = await Client.of(first.url, "instructor", { role: "instructor" });
    await instructor.importCourses([courseOf("short", 1)]);
  }
  for (const call of [...Object.values(completionSteps), ...Object.values(flushSteps)]) {
    const child = spawn(process.execPath, [dyingProcess, file, call, call, achievementsFile], {
      stdio: "inherit",
      timeout: 20_000,
    });
    assert.deepEqual(await once(child, "exit"), [null, "SIGKILL"], call);
  }
  assert.equal(dirtyKeys(file), completionStudents.length + 2, "the last flush was acknowledged, nothing else");
  assert.deepEqual(
    completionStudents.map((student) => unsettledEvents(file, student)),
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 0],
  );
  // The leases of the dead end, and the flush interval of what they saved.
  changeFile(file, "UPDATE buffer_keys SET due_at = 1 WHERE due_at IS NOT NULL");
  service = resources.use(await ServiceProcess.start(settings));
});
after(() => resources.disposeAsync());

const completionStudents = Object.values(completionSteps);

suite("a completion whose process dies is followed within ten seconds by another", { concurrency: true }, () => {
  for (const [title, student] of Object.entries(completionSteps)) {
    test(title, async () => {
      const followed = (): boolean => unsettledEvents(file, student) === 0;
      await until("the relay has followed", followed, { withinMs: 10_000 });
      await checkCompletion(await Client.of(service.url, student), student);
    });
  }
});

suite("a position whose flusher dies stays readable and reaches the store", () => {
  for (const [title, student] of Object.entries(flushSteps)) {
    test(title, async () => {
      const client = await Client.of(service.url, student);
      assert.deepEqual((await client.progress("short")).watchTimes, { "l-0": 12.345 });
      const due = "SELECT 1 FROM buffer_keys WHERE user_id = ? AND due_at IS NOT NULL";
      await until("it is clean", () => rowsOf(file, due, student).length === 0);
      const stored = rowsOf<{ seconds: number }>(file, "SELECT seconds FROM positions WHERE user_id = ?", student);
      assert.deepEqual(
        stored.map(({ seconds }) => seconds),
        [12.345],
      );
    });
  }
});

async function checkCompletion(client: Client, student: string): Promise<void> {
  const { completedLectures, completionPercentage } = await client.progress("short");
  assert.deepEqual([completedLectures, completionPercentage], [["l-0"], 100]);
  const { currentStreak, longestStreak, totalCompleted } = await client.stats();
  assert.deepEqual([currentStreak, longestStreak, totalCompleted], [1, 1, 1]);
  const counts = (await client.heatmap()).map(({ count }) => count);
  assert.deepEqual(counts, [1]);
  const [{ day } = {}] = rowsOf<{ day: string }>(file, "SELECT day FROM activities WHERE user_id = ?", student);
  assert.deepEqual(eventIds(file, student), [
    ...achievements.map(({ id }) => `achievement.earned/${student}/${id}`).toSorted(),
    `course.completed/${student}/short/2`,
    `lecture.completed/${student}/short/l-0/1`,
    `streak.reached/${student}/${day}/1`,
  ]);
  const left =
    "SELECT user_id FROM streak_outbox WHERE user_id = ?1 UNION SELECT user_id FROM achievements WHERE user_id = ?1 AND is_told = 0";
  assert.deepEqual(rowsOf(file, left, student), []);
  const { earned, locked } = await client.achievements();
  assert.deepEqual([earned.length, locked], [achievements.length, []]);
}
