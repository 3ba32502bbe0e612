import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedPositionBuffer } from "../../src/adapters/embedded/buffer.ts";
import { EmbeddedCatalog } from "../../src/adapters/embedded/catalog.ts";
import { EmbeddedDatabase } from "../../src/adapters/embedded/database.ts";
import { EmbeddedProgressStore } from "../../src/adapters/embedded/store.ts";
import { lectureCompleted } from "../../src/domain/event.ts";
import type { UserId } from "../../src/domain/ids.ts";
import { joinPositions } from "../../src/domain/position.ts";
import { lectures } from "../contracts/catalog.ts";
import { momentAt, positions, someTime } from "../contracts/store-fixture.ts";
import { course, lecture, someUser, stampAt } from "../support/ids.ts";
import { TempFolder } from "../support/temp-folder.ts";
import { TestClock } from "../support/test-clock.ts";

const key = { userId: someUser(), courseId: course("algebra") };

describe("Reopening a data file", () => {
  it("keeps dirty keys dirty, leases leased, and everything that was saved", async () => {
    await using folder = await TempFolder.create();
    const file = folder.file("progress.sqlite");
    const clock = new TestClock();
    const open = (): { database: EmbeddedDatabase; buffer: EmbeddedPositionBuffer } => {
      const database = EmbeddedDatabase.open(file);
      return { database, buffer: new EmbeddedPositionBuffer(database, { clock, flushIntervalMs: 1_000 }) };
    };
    const before = open();
    const leased = { ...key, courseId: course("leased") };
    await before.buffer.save([{ key: leased, lectureId: lecture("a"), seconds: 1 }]);
    const [claim] = await before.buffer.claim(9, 10_000, { all: true });
    assert.ok(claim !== undefined);
    await before.buffer.save([{ key, lectureId: lecture("a"), seconds: 2 }]);
    const held = [await before.buffer.read(key), await before.buffer.read(leased), await before.buffer.stats()];
    before.database[Symbol.dispose]();

    const after = open();
    assert.deepEqual([await after.buffer.read(key), await after.buffer.read(leased), await after.buffer.stats()], held);
    const claimed = await after.buffer.claim(9, 10_000, { all: true });
    assert.deepEqual(
      claimed.map((each) => each.key),
      [key],
    );
    assert.deepEqual(await after.buffer.acknowledge([claim]), ["clean"]);
    const [outcome] = await after.buffer.save([
      { key: leased, lectureId: lecture("a"), seconds: 3, stamp: stampAt(5) },
    ]);
    assert.ok(outcome?.status === "superseded" && outcome.persisted === claim.positions.get(lecture("a"))?.stamp);
    after.database[Symbol.dispose]();
  });

  it("gives a save another version than every one before", async () => {
    await using folder = await TempFolder.create();
    const versions = [];
    for (const clock of [new TestClock(), new TestClock(), new TestClock({ now: 0 })]) {
      using database = EmbeddedDatabase.open(folder.file("progress.sqlite"));
      const buffer = new EmbeddedPositionBuffer(database, { clock, flushIntervalMs: 1 });
      await buffer.save([{ key, lectureId: lecture("a"), seconds: 1 }]);
      const claims = await buffer.claim(9, 0, { all: true });
      await buffer.release(claims);
      versions.push(...claims.map(({ version }) => Number(version)));
    }
    assert.equal(versions.length, 3);
    assert.deepEqual(
      versions,
      [...new Set(versions)].toSorted((a, b) => a - b),
    );
  });

  it("keeps the store and the catalog", async () => {
    await using folder = await TempFolder.create();
    const file = folder.file("progress.sqlite");
    const read = async (database: EmbeddedDatabase): Promise<unknown[]> => {
      const store = new EmbeddedProgressStore(database);
      return [await store.read(key), await new EmbeddedCatalog(database).read(key.courseId)];
    };
    const database = EmbeddedDatabase.open(file);
    const store = new EmbeddedProgressStore(database);
    await store.join([{ key, positions: positions({ a: [1, 2.5] }), reset: null }]);
    const event = lectureCompleted(key, momentAt(someTime), lecture("a"), 1);
    await store.change(key, 0, { type: "complete", event });
    await new EmbeddedCatalog(database).replace({ courseId: key.courseId, title: "Algebra", lectures: lectures("a") });
    const before = await read(database);
    database[Symbol.dispose]();
    using again = EmbeddedDatabase.open(file);
    assert.deepEqual(await read(again), before);
  });
});

/** Lets a process save and flush for a while, kills it, and returns what it has acknowledged. */
async function saveUntilKilled(file: string, ms: number): Promise<string[][]> {
  const child = spawn(process.execPath, [new URL("saving-process.ts", import.meta.url).pathname, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child.stdout, "data");
  await delay(ms);
  child.kill("SIGKILL");
  assert.deepEqual(await ended, [null, "SIGKILL"]);
  return output
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" "));
}

describe("A process killed at any moment", () => {
  it("loses nothing that it has acknowledged", async () => {
    await using folder = await TempFolder.create();
    const file = folder.file("progress.sqlite");
    const acknowledged: string[][] = [];
    for (const ms of [20, 75, 130, 210, 333]) {
      acknowledged.push(...(await saveUntilKilled(file, ms)));
      using database = EmbeddedDatabase.open(file);
      await assertAllThere(database, acknowledged);
    }
    assert.ok(acknowledged.length > 500, `only ${acknowledged.length} saves`);
  });
});

/** Buffer and store together have every acknowledged save; what the store has not got yet is dirty. */
async function assertAllThere(database: EmbeddedDatabase, acknowledged: readonly string[][]): Promise<void> {
  const buffer = new EmbeddedPositionBuffer(database, { clock: new TestClock(), flushIntervalMs: 1_000 });
  const store = new EmbeddedProgressStore(database);
  for (const [userId, saves] of Map.groupBy(acknowledged, ([user]) => user as UserId)) {
    const student = { userId, courseId: course("algebra") };
    const [buffered, stored] = [await buffer.read(student), await store.read(student)];
    const { positions: joined } = joinPositions(buffered, stored);
    const isDirty = (await buffer.startedCourses(userId)).size === 1;
    for (const [, id = "", stamp] of saves) {
      assert.equal(joined.get(lecture(id))?.stamp, stamp, `${userId} ${id}`);
      assert.ok(
        isDirty || stored.positions.get(lecture(id))?.stamp === stamp,
        `${userId} ${id} would never be flushed`,
      );
    }
  }
}
