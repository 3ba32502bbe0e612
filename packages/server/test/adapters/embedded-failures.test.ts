import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { EmbeddedPositionBuffer } from "../../src/adapters/embedded/buffer.ts";
import { EmbeddedCatalog } from "../../src/adapters/embedded/catalog.ts";
import { EmbeddedDatabase } from "../../src/adapters/embedded/database.ts";
import { EmbeddedProgressStore } from "../../src/adapters/embedded/store.ts";
import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { ProgressError } from "../../src/domain/errors.ts";
import { positions } from "../contracts/store-fixture.ts";
import { course, lecture, someUser, stampAt } from "../support/ids.ts";
import { TempFolder } from "../support/temp-folder.ts";

interface Opened extends AsyncDisposable {
  readonly file: string;
  readonly database: EmbeddedDatabase;
  readonly buffer: EmbeddedPositionBuffer;
  readonly store: EmbeddedProgressStore;
}

async function openAll(): Promise<Opened> {
  const folder = await TempFolder.create();
  const file = folder.file("progress.sqlite");
  const database = EmbeddedDatabase.open(file);
  return {
    file,
    database,
    buffer: new EmbeddedPositionBuffer(database, { clock: systemClock, flushIntervalMs: 1_000 }),
    store: new EmbeddedProgressStore(database),
    [Symbol.asyncDispose]: async () => {
      database[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const key = { userId: someUser(), courseId: course("algebra") };
const write = { key, positions: positions({ a: [1, 1] }), reset: null };

function save(id: string, seconds = 1): { key: typeof key; lectureId: ReturnType<typeof lecture>; seconds: number } {
  return { key, lectureId: lecture(id), seconds };
}

/** The caller is told that it is not their fault and nothing of how the service works. */
async function assertUnavailable(answer: Promise<unknown>, code: ProgressError["code"]): Promise<void> {
  await assert.rejects(answer, (error: unknown) => {
    assert.ok(error instanceof ProgressError);
    assert.equal(error.code, code);
    assert.match(error.message, /Try again/);
    assert.doesNotMatch(error.message, /sqlite|database|disk/i);
    assert.ok(error.cause instanceof Error);
    return true;
  });
}

describe("When the data file cannot be written", () => {
  it("answers that it is unavailable while another process writes, and goes on afterwards", async () => {
    await using opened = await openAll();
    const other = new DatabaseSync(opened.file);
    other.exec("BEGIN IMMEDIATE");
    await assertUnavailable(opened.buffer.save([save("a")]), "buffer_unavailable");
    const [outcome] = await opened.store.join([write]);
    assert.equal(outcome?.status, "unknown");
    assert.deepEqual((await opened.buffer.read(key)).positions, new Map());
    other.close();
    assert.equal((await opened.buffer.save([save("a")]))[0]?.status, "stored");
    assert.deepEqual(await opened.store.join([write]), [{ status: "written" }]);
  });

  it("stores nothing of a batch that fills the disk, and goes on when there is room", async () => {
    await using opened = await openAll();
    const pages = opened.database.prepare<{ page_count: number }>("PRAGMA page_count").get()?.page_count ?? 0;
    const limitPages = (limit: number): unknown => opened.database.prepare(`PRAGMA max_page_count = ${limit}`).get();
    limitPages(pages);
    const batch = Array.from({ length: 3_000 }, (_, index) => save(`l${index}`));
    await assertUnavailable(opened.buffer.save(batch), "buffer_unavailable");
    assert.equal((await opened.buffer.read(key)).positions.size, 0);
    const large = {
      key,
      positions: new Map(batch.map(({ lectureId }) => [lectureId, { stamp: stampAt(1), seconds: 1 }])),
      reset: null,
    };
    const outcomes = await opened.store.join([write, large]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["unknown", "unknown"],
    );
    assert.equal((await opened.store.read(key)).positions.size, 0);
    limitPages(1_000_000);
    await opened.buffer.save(batch);
    assert.equal((await opened.buffer.read(key)).positions.size, 3_000);
  });

  it("keeps nothing in a file that was moved away, deleted or replaced, and goes on when it is back", async () => {
    await using opened = await openAll();
    const { file, buffer, store } = opened;
    await buffer.save([save("a", 1)]);
    const isGone = async (): Promise<void> => {
      await assertUnavailable(buffer.save([save("a", 2)]), "buffer_unavailable");
      await assertUnavailable(buffer.read(key), "buffer_unavailable");
      await assertUnavailable(store.read(key), "store_unavailable");
      assert.equal((await store.join([write]))[0]?.status, "unknown");
    };
    renameSync(file, `${file}-elsewhere`);
    await isGone();
    writeFileSync(file, "");
    await isGone();
    renameSync(`${file}-elsewhere`, file);
    assert.equal((await buffer.read(key)).positions.get(lecture("a"))?.seconds, 1);
    assert.equal((await buffer.save([save("a", 3)]))[0]?.status, "stored");
    rmSync(file);
    await isGone();
  });

  it("is not ready without its file, and says what to do", async () => {
    await using folder = await TempFolder.create();
    const file = folder.file("progress.sqlite");
    await using stores = openEmbeddedStores(file, { clock: systemClock, flushIntervalMs: 1_000 });
    assert.deepEqual(await stores.health(), { database: { status: "ok" } });
    rmSync(file);
    const { database } = await stores.health();
    assert.equal(database?.status, "unavailable");
    assert.match(database.detail ?? "", /data file was moved, deleted or replaced.*: put it back, or restart/);
  });

  it("answers that it is unavailable when it is closed", async () => {
    await using opened = await openAll();
    const catalog = new EmbeddedCatalog(opened.database);
    opened.database[Symbol.dispose]();
    await assertUnavailable(opened.buffer.save([save("a")]), "buffer_unavailable");
    await assertUnavailable(opened.buffer.read(key), "buffer_unavailable");
    await assertUnavailable(opened.store.read(key), "store_unavailable");
    await assertUnavailable(catalog.read(key.courseId), "store_unavailable");
    assert.equal((await opened.store.join([write]))[0]?.status, "unknown");
  });
});

describe("A row that cannot be stored", () => {
  it("fails alone in a batch of saves, whatever is wrong with it", async () => {
    await using opened = await openAll();
    const notNumbers = [Number.NaN, "twelve", null, {}] as number[];
    const outcomes = await opened.buffer.save([save("a"), ...notNumbers.map((bad) => save("b", bad)), save("c")]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["stored", "failed", "failed", "failed", "failed", "stored"],
    );
    const { positions: stored } = await opened.buffer.read(key);
    assert.deepEqual([...stored.keys()], ["a", "c"]);
  });

  it("does not even make its key dirty", async () => {
    await using opened = await openAll();
    await opened.buffer.save([save("a", Number.NaN)]);
    assert.deepEqual(await opened.buffer.startedCourses(key.userId), new Map());
  });

  it("is refused alone in a batch of writes, all of it", async () => {
    await using opened = await openAll();
    const bad = { stamp: stampAt(2), seconds: Number.NaN };
    const other = { userId: someUser(), courseId: key.courseId };
    const outcomes = await opened.store.join([
      {
        key: other,
        positions: new Map([
          [lecture("a"), { ...bad, seconds: 1 }],
          [lecture("b"), bad],
        ]),
        reset: stampAt(1),
      },
      write,
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["refused", "written"],
    );
    assert.deepEqual(await opened.store.readAll(other.userId), []);
    assert.deepEqual((await opened.store.read(key)).positions, write.positions);
  });
});
