import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Finished, runProgram } from "../support/finished-program.ts";
import { mongodbNoise } from "../support/mongodb-requests.ts";
import { Client, courseOf } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import { jwtSecret, type ServiceProcess } from "../support/process.ts";
import { patiently, Production, storesAreMissing } from "../support/production.ts";
import { accept, answer, hang, Receiver, someSecret } from "../support/receiver.ts";
import { redisNoise } from "../support/redis-requests.ts";
import { TempFolder } from "../support/temp-folder.ts";

const ops = fileURLToPath(new URL("../../src/ops.ts", import.meta.url));
const lectures = 400;

function entry({ url }: Receiver, id: string): object {
  return { id, url, secret: someSecret() };
}

suite("production with webhooks", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let folder: TempFolder;

  before(async () => {
    folder = resources.use(await TempFolder.create());
    production = resources.use(await Production.start({ settings: { WEBHOOKS_FILE: folder.file("webhooks.json") } }));
  });
  after(() => resources.disposeAsync());

  function list(...webhooks: object[]): void {
    writeFileSync(folder.file("webhooks.json"), JSON.stringify(webhooks));
  }

  function run(args: string): Promise<Finished> {
    return runProgram(ops, args.split(" "), { ...production.settings(), JWT_SECRET: jwtSecret });
  }

  async function facts<Facts>(args: string): Promise<Facts> {
    const { code, output, errors } = await run(`${args} --json`);
    assert.equal(code, 0, errors);
    return JSON.parse(output) as Facts;
  }

  async function eventsWaiting(): Promise<number> {
    const database = await production.database();
    return database.collection("events").countDocuments({ "waiting.webhooks": { $exists: true } });
  }

  async function nothingWaits(): Promise<void> {
    const database = await production.database();
    const left = async (): Promise<number> =>
      (await eventsWaiting()) + (await database.collection("deliveries").countDocuments({ status: "waiting" }));
    await until("every delivery is made", async () => (await left()) === 0, { withinMs: 180_000 });
  }

  test("waits for the same round trips with no webhook and with fifty that hang", async () => {
    await using hanging = await Receiver.start();
    hanging.behave = hang;
    // They would keep the other tests waiting.
    await using leaving = new AsyncDisposableStack();
    leaving.defer(async () => void (await (await production.database()).collection("deliveries").deleteMany({})));
    const proxies = await production.proxies({ distanceMs: 25 });
    const shapes: string[] = [];
    for (const count of [0, 50]) {
      list(...Array.from({ length: count }, (_, index) => ({ ...entry(hanging, `hanging-${index}`) })));
      const service = await production.readyService({}, proxies);
      if (count === 0) await production.teach(service, courseOf("algebra", 3));
      const student = await Client.of(service.url, `student-of-${count}`);
      // The first brings the token and the course to where they are needed.
      await student.complete("algebra", "l-0");
      let toMongodb: string[][] = [];
      const toRedis = await proxies.redisProxy.tripsOf(async () => {
        toMongodb = await proxies.mongodbProxy.tripsOf(() => student.complete("algebra", "l-1"), mongodbNoise);
      }, redisNoise);
      shapes.push(
        [...toRedis, ...toMongodb]
          .map((trip) => trip.join(" + "))
          .toSorted()
          .join(" | "),
      );
      if (count === 50) {
        // Two lectures, and what the first of them earns.
        const told = 3;
        await until("all are told", () => new Set(hanging.ids).size === told && hanging.ids.length >= 50 * told, {
          withinMs: 120_000,
        });
        // The rows of all fifty are one write for each event.
        assert.ok(proxies.mongodbProxy.count(/^insert deliveries$/) >= told);
        const database = await production.database();
        const events = await database.collection("events").countDocuments({ userId: "student-of-50" });
        assert.equal(await database.collection("deliveries").countDocuments({ userId: "student-of-50" }), 50 * events);
      }
      // What it left behind would be told to the webhooks of other tests.
      await until("no event waits", async () => (await eventsWaiting()) === 0, patiently);
      await service.kill();
    }
    assert.equal(shapes[0], shapes[1]);
    assert.match(shapes[0] ?? "", /update events/);
  });

  test("loses no delivery when its processes are killed, again and again", async (context) => {
    await using fine = await Receiver.start();
    await using moody = await Receiver.start();
    let requests = 0;
    moody.behave = (response, received) => (++requests % 4 === 0 ? answer(503) : accept)(response, received);
    list(entry(fine, "fine"), entry(moody, "moody"));
    const acknowledged: string[] = [];
    let next = 0;
    let services: ServiceProcess[] = [];
    const connect = async (): Promise<Client[]> => Promise.all(services.map(({ url }) => Client.of(url, "finisher")));
    services = await Promise.all([1, 2].map(() => production.readyService()));
    await production.teach(services[0]!, courseOf("long", lectures));

    for (let round = 0; round < 6; round++) {
      const stop = new AbortController();
      const work = (await connect()).map(async (client) => {
        while (!stop.signal.aborted && next < lectures - 1) {
          const lectureId = `l-${next++}`;
          await client.complete("long", lectureId).then(
            () => acknowledged.push(`lecture.completed/finisher/long/${lectureId}/1`),
            () => undefined,
          );
        }
      });
      const earlier = fine.ids.length;
      await until("deliveries are under way", () => fine.ids.length > earlier + 5, patiently);
      const killed = services[round % 2]!;
      assert.deepEqual(await killed.kill(), { code: null, signal: "SIGKILL" });
      stop.abort();
      await Promise.all(work);
      services[round % 2] = await production.readyService();
    }
    await nothingWaits();

    assert.ok(acknowledged.length > 30);
    for (const [name, receiver] of Object.entries({ fine, moody })) {
      const came = new Set(receiver.ids);
      const lost = acknowledged.filter((id) => !came.has(id));
      const accepted = name === "fine" ? receiver.ids.length : receiver.ids.length - Math.floor(requests / 4);
      const figures = `${came.size} events delivered, ${lost.length} lost, ${accepted - came.size} delivered twice`;
      context.diagnostic(`${name}: ${acknowledged.length} completions acknowledged, ${figures}`);
      assert.deepEqual(lost, [], name);
      // Nobody is told of what has not happened.
      const database = await production.database();
      const kept = await database.collection("events").find({ userId: "finisher" }).toArray();
      assert.deepEqual([...came].toSorted(), kept.map(({ _id }) => String(_id)).toSorted());
      assert.equal(receiver.forged, 0);
    }
    for (const service of services) await service.kill();
  });

  test("tells operators who is told of what, and does what they say", async () => {
    await using gone = await Receiver.start();
    await using broken = await Receiver.start();
    gone.behave = answer(410);
    broken.behave = answer(500, {}, "out of order");
    list(entry(gone, "gone"), entry(broken, "broken"));
    const since = new Date().toISOString();
    const service = await production.readyService();
    await production.teach(service, courseOf("biology", 3));
    await (await Client.of(service.url, "operated")).complete("biology", "l-0");
    const told = "lecture.completed/operated/biology/l-0/1";
    const isTold = (): boolean => [gone, broken].every(({ ids }) => ids.includes(told));
    await until("both are told", isTold, patiently);
    await until(
      "it is disabled",
      async () => (await run("webhooks list")).output.includes("disabled since"),
      patiently,
    );

    const listed =
      await facts<{ id: string; url: string | null; waiting: number; disabledSince: string | null }[]>("webhooks list");
    assert.deepEqual(
      listed.filter(({ url }) => url !== null).map(({ id, url, disabledSince }) => [id, url, disabledSince !== null]),
      [
        ["gone", gone.url, true],
        ["broken", broken.url, false],
      ],
    );
    const ofBroken = await facts<{ eventId: string; reason: string }[]>(
      "webhooks deliveries --status waiting --webhook broken",
    );
    assert.ok(ofBroken.some(({ eventId, reason }) => eventId === told && reason === "Answered 500: out of order."));
    const refused = await run("webhooks replay --since 2026-01-01 --webhook gone");
    assert.deepEqual(
      [refused.code, refused.output],
      [1, "Disabled: gone. Enable what is back first: webhooks enable ID.\n"],
    );

    for (const receiver of [gone, broken]) receiver.behave = accept;
    const enabled = await run("webhooks enable gone");
    assert.match(enabled.output, /webhooks replay --since \S+ --webhook gone/);
    assert.equal((await run("webhooks enable gone")).code, 1);
    const replayed = await facts<{ events: number; deliveries: number }>(`webhooks replay --since ${since}`);
    assert.ok(replayed.events >= 1);
    assert.equal(replayed.deliveries, 2 * replayed.events);
    await nothingWaits();
    for (const { ids } of [gone, broken]) assert.ok(ids.filter((id) => id === told).length >= 2);
    const done = await facts<{ eventId: string; webhookId: string }[]>(
      "webhooks deliveries --status done --webhook gone",
    );
    assert.ok(done.some(({ eventId }) => eventId === told));
    assert.deepEqual(await facts("webhooks deliveries --webhook gone"), []);
    await service.kill();
  });

  test("explains itself to operators who say too little, and shows no secret", async () => {
    const { output } = await run("--help");
    for (const command of ["webhooks list", "webhooks deliveries", "webhooks replay", "webhooks enable"])
      assert.ok(output.includes(command));
    for (const args of [
      "webhooks",
      "webhooks replay",
      "webhooks replay --since yesterday",
      "webhooks enable",
      "webhooks deliveries --status odd",
    ]) {
      const refused = await run(args);
      assert.deepEqual([refused.code, refused.output], [2, ""], args);
    }
    const unknown = await run("webhooks replay --since 2026-11-25T08:00Z --webhook nobody");
    assert.deepEqual([unknown.code, unknown.output], [1, "WEBHOOKS_FILE lists no nobody: see webhooks list.\n"]);
    const everything = await Promise.all(["webhooks list", "webhooks list --json", "webhooks deliveries"].map(run));
    for (const { code, output: text, errors } of everything) {
      assert.equal(code, 0, errors);
      assert.doesNotMatch(text + errors, /whsec_/);
    }
  });
});
