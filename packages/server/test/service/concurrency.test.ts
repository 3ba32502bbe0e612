import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Client, courseOf } from "../support/process-client.ts";
import { eventIds, rowsOf, unsettledEvents } from "../support/process-file.ts";
import { ServiceProcess } from "../support/process.ts";
import { TempFolder } from "../support/temp-folder.ts";

const resources = new AsyncDisposableStack();
let file = "";
let service: ServiceProcess;

before(async () => {
  file = resources.use(await TempFolder.create()).file("progress.sqlite");
  service = resources.use(await ServiceProcess.start({ DATA_FILE: file }));
  const instructor = await Client.of(service.url, "instructor", { role: "instructor" });
  await instructor.importCourses([courseOf("long", 200), courseOf("short", 2)]);
});
after(() => resources.disposeAsync());

suite("requests of one student that arrive together", () => {
  test("200 completions of 200 lectures are all in, counted once each, and complete the course once", async () => {
    const client = await Client.of(service.url, "sprinter");
    await Promise.all(Array.from({ length: 200 }, (_, index) => client.complete("long", `l-${index}`)));
    const { completedLectures, completionPercentage } = await client.progress("long");
    assert.equal(new Set(completedLectures).size, 200);
    assert.equal(completedLectures.length, 200);
    assert.equal(completionPercentage, 100);
    const ids = eventIds(file, "sprinter");
    assert.equal(ids.filter((id) => id.startsWith("course.completed/sprinter/long/")).length, 1);
    assert.equal(ids.filter((id) => /^lecture\.completed\/sprinter\/long\/l-\d+\/1$/.test(id)).length, 200);
    await assertActivity(client, "sprinter", 200);
  });

  test("50 completions of the same lecture are one", async () => {
    const client = await Client.of(service.url, "hasty");
    await Promise.all(Array.from({ length: 50 }, () => client.complete("long", "l-9")));
    assert.deepEqual((await client.progress("long")).completedLectures, ["l-9"]);
    assert.deepEqual(eventIds(file, "hasty", "lecture.completed"), ["lecture.completed/hasty/long/l-9/1"]);
    await assertActivity(client, "hasty", 1);
  });

  test("a completion that was undone and made again is a second event, and no second activity that day", async () => {
    const client = await Client.of(service.url, "doubter");
    await client.complete("long", "l-0");
    await client.undo("long", "l-0");
    assert.deepEqual((await client.progress("long")).completedLectures, []);
    await client.complete("long", "l-0");
    const id = "lecture.completed/doubter/long/l-0";
    assert.deepEqual(eventIds(file, "doubter", "lecture.completed"), [`${id}/1`, `${id}/2`]);
    await assertActivity(client, "doubter", 1);
  });

  test("completions and undos in any order end in one of their states, with an event for each time", async () => {
    const client = await Client.of(service.url, "torn");
    const requests = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? client.complete("short", "l-0") : client.undo("short", "l-0"),
    );
    await Promise.all(requests);
    const { completedLectures } = await client.progress("short");
    assert.ok(completedLectures.length <= 1);
    const times = rowsOf<{ times: number }>(file, "SELECT times FROM completions WHERE user_id = 'torn'")[0]!.times;
    const expected = Array.from({ length: times }, (_, index) => `lecture.completed/torn/short/l-0/${index + 1}`);
    assert.deepEqual(eventIds(file, "torn", "lecture.completed"), expected.toSorted());
    await assertActivity(client, "torn", completedLectures.length);
  });

  test("saves with one session, sent shuffled and twice, end at the last position", async () => {
    const client = await Client.of(service.url, "shuffled");
    const { serverTime } = await client.progress("long");
    const session = { sessionId: "00112233aabbccdd", sessionStartedAt: serverTime };
    const beats = Array.from({ length: 100 }, (_, seq) => ({ seconds: (seq * 37) % 101, seq, elapsedMs: seq * 10 }));
    const shuffled = [...beats, ...beats].toSorted((a, b) => ((a.seq * 7919) % 211) - ((b.seq * 7919) % 211));
    await Promise.all(
      shuffled.map(({ seconds, ...order }) => client.save("long", "l-5", seconds, { ...session, ...order })),
    );
    assert.deepEqual((await client.progress("long")).watchTimes, { "l-5": beats[99]!.seconds });
  });
});

/** The day has this many activities, if any; total, streak and outbox agree. */
async function assertActivity(client: Client, userId: string, completed: number): Promise<void> {
  const counts = (await client.heatmap()).map(({ count }) => count);
  const { currentStreak, totalCompleted } = await client.stats();
  assert.equal(totalCompleted, completed);
  // Two days, should it be midnight.
  assert.equal(currentStreak, counts.length);
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    Math.max(1, completed),
  );
  assert.equal(unsettledEvents(file, userId), 0);
}
