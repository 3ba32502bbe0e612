import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { progressKey } from "../../src/adapters/redis/keys.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { type Finished, runProgram } from "../support/finished-program.ts";
import { Client, courseOf } from "../support/process-client.ts";
import { jwtSecret, type ServiceProcess, type Settings } from "../support/process.ts";
import { Production, storesAreMissing } from "../support/production.ts";

const ops = fileURLToPath(new URL("../../src/ops.ts", import.meta.url));

suite("operator commands in production", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let service: ServiceProcess;
  let redis: Redis;

  before(async () => {
    production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "86400000" } }));
    redis = resources.adopt(new Redis(production.redis.url), (client) => client.disconnect());
    service = await production.readyService();
    await production.teach(service, courseOf("algebra", 2));
  });
  after(() => resources.disposeAsync());

  function run(args: string, settings: Settings = {}): Promise<Finished> {
    return runProgram(ops, args.split(" "), { ...production.settings(), JWT_SECRET: jwtSecret, ...settings });
  }

  /** The answer of a command as a program reads it. */
  async function facts(args: string, expectedCode = 0): Promise<unknown> {
    const { code, output, errors } = await run(`${args} --json`);
    assert.equal(code, expectedCode, errors);
    return JSON.parse(output);
  }

  test("explain themselves, and say with 2 what they do not understand", async () => {
    const { code, output } = await run("--help");
    assert.equal(code, 0);
    for (const command of ["status", "drain", "poison list", "poison retry", "achievements backfill"])
      assert.ok(output.includes(command));
    for (const args of ["poison retry", "status --fast"]) {
      const refused = await run(args);
      assert.deepEqual([refused.code, refused.output], [2, ""], args);
      assert.match(refused.errors, /--help/);
    }
  });

  test("drain carries everything over while the service runs, and status tells before and after", async () => {
    for (let index = 0; index < 20; index++) {
      await (await Client.of(service.url, `student-${index}`)).save("algebra", "l-0", index);
    }
    const { parts, dirtyKeys } = (await facts("status")) as { parts: object; dirtyKeys: number };
    assert.deepEqual([parts, dirtyKeys], [{ redis: { status: "ok" }, mongodb: { status: "ok" } }, 20]);
    assert.deepEqual(await facts("drain"), { written: 20, left: 0 });
    const database = await production.database();
    assert.equal(await database.collection("progress").countDocuments({ courseId: "algebra" }), 20);
    const { code, output } = await run("status");
    assert.equal(code, 0);
    assert.match(output, /^redis +ok$/m);
    assert.match(output, /^dirty keys +0$/m);
  });

  test("a key that MongoDB refuses is listed, kept, and carried over when it is tried again", async () => {
    const database = await production.database();
    // No lecture can be set in a list.
    const spoilt = { userId: "refused", courseId: "algebra" };
    await database.collection("progress").insertOne({ ...spoilt, watchTimes: [] });
    const student = await Client.of(service.url, "refused");
    await student.save("algebra", "l-0", 5);
    assert.deepEqual(await facts("drain", 1), { written: 0, left: 1 });
    // Three more refusals, which would take half an hour.
    await redis.hincrby(progressKey(spoilt as ProgressKey), ":attempts", 3);
    assert.deepEqual(await facts("drain", 1), { written: 0, left: 1 });
    const [listed] = (await facts("poison list")) as { key: object; attempts: number; reason: string }[];
    assert.deepEqual([listed?.key, listed?.attempts], [spoilt, 5]);
    assert.equal((await run("poison retry nobody algebra")).code, 1);

    await database.collection("progress").updateOne(spoilt, { $unset: { watchTimes: "" } });
    assert.deepEqual(await facts("poison retry refused algebra"), { retried: 1 });
    // By the service, or by this drain if it comes first.
    assert.equal(((await facts("drain")) as { left: number }).left, 0);
    assert.match((await run("poison list")).output, /^No poison keys\.$/m);
    assert.deepEqual((await student.progress("algebra")).watchTimes, { "l-0": 5 });
  });

  test("say which store is away, with exit code 1", async () => {
    const settings = { REDIS_URL: "redis://:s3cret@127.0.0.1:1" };
    const [status, drain] = await Promise.all([run("status", settings), run("drain", settings)]);
    assert.deepEqual([status.code, drain.code], [1, 1]);
    assert.match(status.output, /^redis +unavailable: Redis at 127.0.0.1:1 takes no connections/m);
    assert.match(status.output, /^mongodb +ok$/m);
    assert.match(status.output, /^dirty keys +unknown$/m);
    assert.match(drain.errors, /Redis at 127.0.0.1:1 takes no connections/);
    for (const { errors } of [status, drain])
      assert.match(errors, /^The stores have not all answered for \d+ of \d+ s$/m);
    const wrong = await run("status", { MONGODB_URL: "mongodb://me:s3cret@127.0.0.1/progress?unknown=1" });
    assert.equal(wrong.code, 1);
    assert.match(wrong.errors, /^MONGODB_URL is not a connection string/);
    for (const { output, errors } of [status, drain, wrong]) assert.doesNotMatch(output + errors, /s3cret|^ +at /m);
  });

  test("leave the service's keys as they should be", async () => {
    assert.deepEqual(await redis.keys("dirty:*"), []);
    assert.deepEqual(await redis.keys("poison:*"), []);
  });
});
