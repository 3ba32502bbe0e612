import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Db } from "mongodb";
import { Client, courseOf } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import { Production, type ProxiedService, storesAreMissing } from "../support/production.ts";
import { hang, Receiver, someSecret } from "../support/receiver.ts";
import { TempFolder } from "../support/temp-folder.ts";

/** Where a completion stands when its student is erased at another process. */
const steps = [
  "update progress: complete",
  "update activities",
  "update users",
  "update events",
  "update achievements",
];
/** How often one is erased a moment after they began to complete. */
const racers = 150;
const mostMsApart = 15;
/** The second erasure comes after 40 s. */
const patiently = { withinMs: 180_000 } as const;

suite("An erasure beside completions at another process", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let completing: ProxiedService;
  let erasing: ProxiedService;
  let database: Db;
  let redis: Redis;

  before(async () => {
    const folder = resources.use(await TempFolder.create());
    // What waits for a webhook is to be found and erased, too.
    const receiver = resources.use(await Receiver.start());
    receiver.behave = hang;
    const WEBHOOKS_FILE = folder.file("webhooks.json");
    writeFileSync(WEBHOOKS_FILE, JSON.stringify([{ id: "hanging", url: receiver.url, secret: someSecret() }]));
    production = resources.use(await Production.start({ settings: { WEBHOOKS_FILE, EVENT_STREAM: "told" } }));
    completing = await production.proxiedService();
    erasing = await production.proxiedService();
    await production.teach(erasing.service, courseOf("short", 2));
    database = await production.database();
    redis = resources.adopt(new Redis(production.redis.url), (client) => client.disconnect());
  });
  after(() => resources.disposeAsync());

  async function complete({ service }: ProxiedService, userId: string, lectureId = "l-0"): Promise<void> {
    await (await Client.of(service.url, userId)).complete("short", lectureId);
  }

  async function erase(userId: string): Promise<void> {
    await (await Client.of(erasing.service.url, userId)).call("DELETE", "/api/v1/me/data");
  }

  /** The completion goes on once the erasure is answered. */
  async function eraseInside(step: string, userId: string): Promise<void> {
    using held = completing.mongodbProxy.holdRequest(({ name, bytes }) => name === step && bytes.includes(userId));
    const completed = complete(completing, userId);
    await held.reached();
    await erase(userId);
    held.release();
    await completed;
  }

  /** Everything that both stores hold of these students, as text. */
  async function found(name: string): Promise<string[]> {
    const collections = (await database.collections()).filter(({ collectionName }) => collectionName !== "erasures");
    const documents = (await Promise.all(collections.map((each) => each.find().toArray()))).flat();
    const keys = await redis.keys("*");
    const entries = await redis.xrange("told", "-", "+");
    return [...documents, ...keys, ...entries]
      .map((each) => JSON.stringify(each))
      .filter((text) => text.includes(name));
  }

  test("leaves nothing of the student behind, and keeps what they do afterwards", async () => {
    await Promise.all(steps.map((step, index) => eraseInside(step, `erased-${index}`)));
    await Promise.all(steps.map((step, index) => eraseInside(step, `returned-${index}`)));
    await Promise.all(steps.map((_, index) => complete(erasing, `returned-${index}`, "l-1")));
    assert.ok((await found("erased-")).length >= steps.length, "the completions brought nothing back");
    for (let racer = 0; racer < racers; racer++) {
      const completed = complete(completing, `racer-${racer}`);
      await delay(racer % mostMsApart);
      await Promise.all([completed, erase(`racer-${racer}`)]);
    }

    const areComplete = async (): Promise<boolean> => (await database.collection("erasures").countDocuments()) === 0;
    await until("the erasures are complete", areComplete, patiently);
    // What a sink was just being told of goes a moment later, and so do leases.
    await until("nothing is left", async () => (await found("erased-")).length === 0, patiently).catch(async () => {
      assert.deepEqual(await found("erased-"), []);
    });
    for (const index of steps.keys()) {
      await isNobody(`erased-${index}`);
      await hasCompletedOne(`returned-${index}`, "l-1");
    }
    for (let racer = 0; racer < racers; racer++) {
      // Whichever came first: nothing is left, or a completion with all that follows from it.
      if ((await found(`racer-${racer}"`)).length === 0) await isNobody(`racer-${racer}`);
      else await hasCompletedOne(`racer-${racer}`, "l-0");
    }
  });

  async function isNobody(userId: string): Promise<void> {
    const client = await Client.of(completing.service.url, userId);
    const { text } = await client.call("GET", "/api/v1/me/data");
    const { courses, activities, achievements } = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual([courses, activities, achievements], [[], [], []]);
    const { currentStreak, longestStreak, totalCompleted } = await client.stats();
    assert.deepEqual([currentStreak, longestStreak, totalCompleted], [0, 0, 0]);
  }

  async function hasCompletedOne(userId: string, lectureId: string): Promise<void> {
    const client = await Client.of(completing.service.url, userId);
    const { currentStreak, longestStreak, totalCompleted } = await client.stats();
    assert.deepEqual([currentStreak, longestStreak, totalCompleted], [1, 1, 1]);
    const { earned } = await client.achievements();
    assert.deepEqual(
      earned.map(({ achievementId }) => achievementId),
      ["first-lecture"],
    );
    const events = await database.collection<{ _id: string }>("events").distinct("_id", { userId });
    const told = [`achievement.earned/${userId}/first-lecture`, `lecture.completed/${userId}/short/${lectureId}/1`];
    assert.deepEqual(events.toSorted(), told);
  }
});
