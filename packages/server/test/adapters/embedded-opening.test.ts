import assert from "node:assert/strict";
import { chmod, mkdir, open, readFile, truncate, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { DatabaseError, EmbeddedDatabase } from "../../src/adapters/embedded/database.ts";
import { schemaSteps, schemaVersion } from "../../src/adapters/embedded/schema.ts";
import { TempFolder } from "../support/temp-folder.ts";

/** Opening fails with a sentence that names the file, says what is wrong, and says what to do. */
function assertRefused(file: string, complaint: RegExp): void {
  assert.throws(
    () => EmbeddedDatabase.open(file),
    (error: unknown) => {
      assert.ok(error instanceof DatabaseError);
      assert.equal(error.name, "DatabaseError");
      assert.ok(error.message.includes(file));
      assert.match(error.message, complaint);
      assert.match(error.message, /DATA_FILE/);
      return true;
    },
  );
}

function run(file: string, sql: string): void {
  const handle = new DatabaseSync(file);
  handle.exec(sql);
  handle.close();
}

/** A data file large enough to be damaged in its middle. */
async function filledFile(folder: TempFolder): Promise<string> {
  const file = folder.file("progress.sqlite");
  EmbeddedDatabase.open(file)[Symbol.dispose]();
  run(
    file,
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO users (user_id, time_zone) SELECT 'student-' || i, 'Europe/Paris' FROM n`,
  );
  return file;
}

const isRoot = process.getuid?.() === 0;

describe("Opening a data file", () => {
  it("makes the file and its folders", async () => {
    await using folder = await TempFolder.create();
    const file = folder.file("data", "of", "school", "progress.sqlite");
    using database = EmbeddedDatabase.open(file);
    const setting = (name: string): unknown => Object.values(database.prepare<object>(`PRAGMA ${name}`).get() ?? {})[0];
    assert.equal(setting("journal_mode"), "wal");
    assert.equal(setting("synchronous"), 2);
    assert.equal(setting("foreign_keys"), 1);
    assert.equal(setting("application_id"), 0x41_4c_50_72);
    assert.equal(setting("user_version"), schemaVersion);
  });

  it("takes an empty file, and a file it has made", async () => {
    await using folder = await TempFolder.create();
    const file = folder.file("progress.sqlite");
    await writeFile(file, "");
    for (let time = 0; time < 3; time++) EmbeddedDatabase.open(file)[Symbol.dispose]();
  });

  it("takes a file of every earlier version, with what is in it", async () => {
    await using folder = await TempFolder.create();
    using newest = EmbeddedDatabase.open(folder.file("newest.sqlite"));
    const tablesOf = (database: EmbeddedDatabase): object[] =>
      database.prepare<object>("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
    for (let version = 1; version < schemaVersion; version++) {
      const file = folder.file(`${version}.sqlite`);
      const steps = schemaSteps.slice(0, version).join("\n");
      run(file, `${steps} INSERT INTO users (user_id) VALUES ('a'); PRAGMA user_version = ${version};`);
      run(file, "PRAGMA application_id = 1095520370");
      using database = EmbeddedDatabase.open(file);
      assert.deepEqual({ ...database.prepare<object>("SELECT user_id FROM users").get() }, { user_id: "a" });
      assert.deepEqual(tablesOf(database), tablesOf(newest));
    }
  });

  it("lets a second process in", async () => {
    await using folder = await TempFolder.create();
    const file = folder.file("progress.sqlite");
    using one = EmbeddedDatabase.open(file);
    using two = EmbeddedDatabase.open(file);
    one.transaction(() => one.prepare("INSERT INTO users (user_id) VALUES ('a')").run());
    assert.deepEqual({ ...two.prepare<object>("SELECT user_id FROM users").get() }, { user_id: "a" });
  });

  it("can be closed twice", async () => {
    await using folder = await TempFolder.create();
    const database = EmbeddedDatabase.open(folder.file("progress.sqlite"));
    database[Symbol.dispose]();
    database[Symbol.dispose]();
  });
});

describe("Opening is refused", () => {
  it("when the path is a folder", async () => {
    await using folder = await TempFolder.create();
    await mkdir(folder.file("data"));
    assertRefused(folder.file("data"), /is a folder\. .*progress\.sqlite/);
  });

  it("when the folder cannot be made", async () => {
    await using folder = await TempFolder.create();
    await writeFile(folder.file("notes"), "a file where a folder should be");
    assertRefused(folder.file("notes", "progress.sqlite"), /cannot be made/);
    assertRefused(folder.file("notes", "deeper", "progress.sqlite"), /cannot be made/);
  });

  it(
    "when the system makes no folders there",
    { skip: process.platform !== "linux" && "Linux has such a place" },
    () => {
      assertRefused("/proc/no/such/folder/progress.sqlite", /cannot be made/);
    },
  );

  it("when the folder is read-only", { skip: isRoot && "root may write anywhere" }, async () => {
    await using folder = await TempFolder.create();
    await mkdir(folder.file("data"), { mode: 0o500 });
    assertRefused(folder.file("data", "progress.sqlite"), /cannot be written/);
  });

  it("when the file is read-only", { skip: isRoot && "root may write anywhere" }, async () => {
    await using folder = await TempFolder.create();
    const file = await filledFile(folder);
    await chmod(file, 0o400);
    assertRefused(file, /cannot be written/);
  });

  it("when the file is no database, which stays as it is", async () => {
    await using folder = await TempFolder.create();
    const file = folder.file("thesis.txt");
    const text = "The work of three years. ".repeat(1_000);
    await writeFile(file, text);
    assertRefused(file, /is not a database/);
    assert.equal(await readFile(file, "utf8"), text);
  });

  it("when the database is another program's, which stays as it is", async () => {
    await using folder = await TempFolder.create();
    const [unnamed, named] = [folder.file("contacts.sqlite"), folder.file("map.sqlite")];
    run(unnamed, "CREATE TABLE contacts (name TEXT)");
    run(named, "PRAGMA application_id = 1196444487");
    for (const file of [unnamed, named]) {
      const before = await readFile(file);
      assertRefused(file, /another program/);
      assert.deepEqual(await readFile(file), before);
    }
  });

  it("when a newer version of the service has written the file", async () => {
    await using folder = await TempFolder.create();
    const file = await filledFile(folder);
    run(file, "PRAGMA user_version = 99");
    assertRefused(file, /newer version.*format 99.*knows \d.*Update the service/);
  });

  it("when another process holds the file for itself", async () => {
    await using folder = await TempFolder.create();
    const file = await filledFile(folder);
    const other = new DatabaseSync(file);
    other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT");
    assertRefused(file, /held by another process/);
    other.close();
  });

  it("when the file is damaged in its middle", async () => {
    await using folder = await TempFolder.create();
    const file = await filledFile(folder);
    const handle = await open(file, "r+");
    const { size } = await handle.stat();
    await handle.write(Buffer.alloc(8_192, 0xa5), 0, 8_192, Math.floor(size / 8_192) * 4_096);
    await handle.close();
    assertRefused(file, /is damaged.*backup/);
  });

  it("when the end of the file is missing", async () => {
    await using folder = await TempFolder.create();
    const file = await filledFile(folder);
    await truncate(file, 20_480);
    assertRefused(file, /is damaged.*backup/);
  });
});
