import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Finished, runProgram } from "../support/finished-program.ts";
import { Client, courseOf } from "../support/process-client.ts";
import { jwtSecret, type ServiceProcess } from "../support/process.ts";
import { Production, storesAreMissing } from "../support/production.ts";
import { TempFolder } from "../support/temp-folder.ts";

const ops = fileURLToPath(new URL("../../src/ops.ts", import.meta.url));
const first = { id: "first", title: "First", fact: "lecturesCompleted", atLeast: 1 };
const newer = { id: "two", title: "Two", fact: "lecturesCompleted", atLeast: 2 };

suite("achievements that were declared later", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let service: ServiceProcess;
  let file = "";

  before(async () => {
    file = resources.use(await TempFolder.create()).file("achievements.json");
    await writeFile(file, JSON.stringify([first]));
    production = resources.use(await Production.start({ settings: { ACHIEVEMENTS_FILE: file } }));
    service = await production.readyService();
    await production.teach(service, courseOf("algebra", 2));
    // Student n has completed n lectures.
    for (const [index, name] of ["zero", "one", "two", "two-more"].entries()) {
      const client = await Client.of(service.url, name);
      for (let done = 0; done < Math.min(index, 2); done++) await client.complete("algebra", `l-${done}`);
    }
    await writeFile(file, JSON.stringify([newer, first]));
  });
  after(() => resources.disposeAsync());

  function run(...args: string[]): Promise<Finished> {
    return runProgram(ops, ["achievements", ...args], { ...production.settings(), JWT_SECRET: jwtSecret });
  }

  async function told(): Promise<[id: string, cause: unknown][]> {
    const events = (await production.database()).collection<{ _id: string; cause: unknown }>("events");
    const found = await events
      .find({ type: "achievement.earned", achievementId: "two" }, { sort: { _id: 1 } })
      .toArray();
    return found.map(({ _id, cause }) => [_id, cause]);
  }

  test("are awarded to those who qualify, once, with progress, beside the running service", async () => {
    const { code, output, errors } = await run("backfill", "--json");
    assert.equal(code, 0, errors);
    assert.deepEqual(JSON.parse(output), { students: 3, awarded: 2, last: "two-more" });
    assert.match(errors, /100 % of 3 students, 2 awarded; to go on from here: --after two-more/);
    const expected = ["two-more", "two"].map((name) => [`achievement.earned/${name}/two`, null]);
    assert.deepEqual(await told(), expected);
    const again = await run("backfill", "--json");
    assert.deepEqual(JSON.parse(again.output), { students: 3, awarded: 0, last: "two-more" });
    assert.deepEqual(await told(), expected);
    const { earned } = await (await Client.of(service.url, "two")).achievements();
    assert.deepEqual(
      earned.map(({ achievementId }) => achievementId),
      ["two", "first"],
    );
  });

  test("are told by the next run when the first was killed in between", async () => {
    const achievements = (await production.database()).collection("achievements");
    const events = (await production.database()).collection<{ _id: string }>("events");
    await achievements.updateOne({ userId: "two", achievementId: "two" }, { $set: { isUntold: true } });
    await events.deleteOne({ _id: "achievement.earned/two/two" });
    assert.equal((await run("backfill")).code, 0);
    assert.equal(await events.countDocuments({ _id: "achievement.earned/two/two" }), 1);
    assert.equal(await achievements.countDocuments({ isUntold: true }), 0);
  });

  test("go on after a student, and refuse one that is none", async () => {
    const { output } = await run("backfill", "--after", "two", "--json");
    assert.deepEqual(JSON.parse(output), { students: 1, awarded: 0, last: "two-more" });
    const refused = await run("backfill", "--after", "no student");
    assert.equal(refused.code, 2);
    assert.match(refused.errors, /--after names no student/);
  });
});
