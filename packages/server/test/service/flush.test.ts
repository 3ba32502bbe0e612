import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Client, courseOf } from "../support/process-client.ts";
import { changeFile, dirtyKeys, dumpStore, rowsOf } from "../support/process-file.ts";
import { ServiceProcess } from "../support/process.ts";
import { until } from "../support/process-waiting.ts";
import { TempFolder } from "../support/temp-folder.ts";

const resources = new AsyncDisposableStack();
let file = "";
let service: ServiceProcess;

before(async () => {
  file = resources.use(await TempFolder.create()).file("progress.sqlite");
  service = resources.use(await ServiceProcess.start({ DATA_FILE: file, FLUSH_INTERVAL_MS: "300" }));
  const instructor = await Client.of(service.url, "instructor", { role: "instructor" });
  await instructor.importCourses([courseOf("one", 50), courseOf("two", 1)]);
});
after(() => resources.disposeAsync());

suite("with a flush interval of 300 ms", () => {
  test("positions are in the store soon after they were saved, and their keys are clean", async () => {
    const client = await Client.of(service.url, "reader");
    await Promise.all([client.save("one", "l-0", 1.001), client.save("one", "l-1", 2.5), client.save("two", "l-0", 0)]);
    await until("all are stored", () => storedSeconds("reader").length === 3);
    assert.deepEqual(storedSeconds("reader"), [1.001, 2.5, 0]);
    await until("all are clean", () => dirtyKeys(file) === 0);
  });

  test("a steady stream of heartbeats does not postpone its own flush", async () => {
    const client = await Client.of(service.url, "steady");
    const stream = new AbortController();
    const sent = new Set<number>();
    const streaming = (async () => {
      for (let beat = 1; !stream.signal.aborted; beat++) {
        sent.add(beat);
        await client.save("one", "l-0", beat);
        await delay(20);
      }
    })();
    const seen = new Set<number>();
    try {
      await until("the stream is stored again and again", () => {
        for (const seconds of storedSeconds("steady")) seen.add(seconds);
        return seen.size >= 4;
      });
    } finally {
      stream.abort();
      await streaming;
    }
    assert.ok(seen.isSubsetOf(sent));
    assert.deepEqual(
      [...seen],
      [...seen].toSorted((a, b) => a - b),
    );
  });
});

test("a save that comes in while its key is being flushed reaches the store as well", async () => {
  await using folder = await TempFolder.create();
  const data = folder.file("progress.sqlite");
  const settings = { DATA_FILE: data, FLUSH_INTERVAL_MS: "100", SLOW_CALLS: "join=800" };
  await using slow = await ServiceProcess.start(settings, { preload: import.meta.resolve("./slow-stores.ts") });
  const instructor = await Client.of(slow.url, "instructor", { role: "instructor" });
  await instructor.importCourses([courseOf("one", 2)]);
  const client = await Client.of(slow.url, "between");
  await client.save("one", "l-0", 1);
  const claimed = "SELECT 1 FROM buffer_keys WHERE claimed_at IS NOT NULL";
  await until("the flush has read the key", () => rowsOf(data, claimed).length === 1);
  await client.save("one", "l-1", 2);
  assert.equal(rowsOf(data, claimed).length, 1, "the flush is still under way");
  await until("the key is clean", () => dirtyKeys(data) === 0);
  assert.deepEqual(
    rowsOf(data, "SELECT seconds FROM positions ORDER BY lecture_id").map(({ seconds }) => seconds),
    [1, 2],
  );
});

test("flushing again changes nothing in the store", async () => {
  await using folder = await TempFolder.create();
  const data = folder.file("progress.sqlite");
  const settings = { DATA_FILE: data, FLUSH_INTERVAL_MS: "100" };
  {
    await using first = await ServiceProcess.start(settings);
    const instructor = await Client.of(first.url, "instructor", { role: "instructor" });
    await instructor.importCourses([courseOf("one", 50)]);
    for (const name of ["anna", "ben", "carla"]) {
      const client = await Client.of(first.url, name);
      await Promise.all(Array.from({ length: 20 }, (_, index) => client.save("one", `l-${index}`, index + 0.25)));
      await client.complete("one", "l-3");
      if (name !== "ben") continue;
      await client.startOver("one");
      await client.save("one", "l-7", 7);
    }
    await until("all keys are clean", () => dirtyKeys(data) === 0);
  }
  const once = dumpStore(data);
  changeFile(data, "UPDATE buffer_keys SET due_at = 1, dirty_since = 1, clean_until = NULL");
  assert.equal(dirtyKeys(data), 3);
  await using second = await ServiceProcess.start(settings);
  await until("all keys are clean again", () => dirtyKeys(data) === 0);
  assert.deepEqual(dumpStore(data), once, second.output);
});

test("metrics show how many keys are dirty and how long the oldest has waited", async () => {
  await using folder = await TempFolder.create();
  const settings = { DATA_FILE: folder.file("progress.sqlite"), FLUSH_INTERVAL_MS: "60000" };
  await using lazy = await ServiceProcess.start(settings);
  const instructor = await Client.of(lazy.url, "instructor", { role: "instructor" });
  await instructor.importCourses([courseOf("one", 2)]);
  assert.deepEqual(await dirtiness(instructor), { keys: 0, lag: 0 });
  const clients = await Promise.all(["anna", "ben", "carla"].map((name) => Client.of(lazy.url, name)));
  for (const client of [...clients, ...clients]) await client.save("one", "l-0", 1);
  const { keys, lag } = await dirtiness(instructor);
  assert.equal(keys, 3);
  await delay(300);
  const later = await dirtiness(instructor);
  assert.equal(later.keys, 3);
  assert.ok(lag > 0 && later.lag > lag + 0.25 && later.lag < 30, `${lag}, then ${later.lag}`);

  const eager = await Client.of(service.url, "counted");
  await eager.save("one", "l-0", 1);
  await until("nothing is dirty any more", async () => (await dirtiness(eager)).keys === 0);
  assert.equal((await dirtiness(eager)).lag, 0);
  assert.ok((await eager.metric("progress_flushed_keys_total")) > 0);
});

async function dirtiness(client: Client): Promise<{ keys: number; lag: number }> {
  const keys = await client.metric("progress_dirty_keys");
  return { keys, lag: await client.metric("progress_flush_lag_seconds") };
}

function storedSeconds(userId: string): number[] {
  const sql = "SELECT seconds FROM positions WHERE user_id = ? ORDER BY course_id, lecture_id";
  return rowsOf<{ seconds: number }>(file, sql, userId).map(({ seconds }) => seconds);
}
