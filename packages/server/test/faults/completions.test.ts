import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Client, courseOf } from "../support/process-client.ts";
import { until } from "../support/process-waiting.ts";
import { patiently, Production, type ProxiedService, storesAreMissing } from "../support/production.ts";
import type { Match } from "../support/tcp-proxy.ts";
import { Trial } from "../support/trial.ts";

interface Step {
  readonly name: string;
  /** Which event it is about. */
  readonly of?: string;
}

const activity: Step = { name: "update activities" };

/** What a completion asks of MongoDB, one after the other: the completion itself, then each follower. */
const steps: readonly Step[] = [
  { name: "update progress: complete" },
  activity,
  { name: "update users" },
  { name: "update progress: complete course" },
  { name: "update events", of: "lecture.completed/" },
  { name: "update progress: settle", of: "lecture.completed/" },
  { name: "update events", of: "course.completed/" },
  { name: "update progress: settle", of: "course.completed/" },
];

/** One student's completion, and where it is interrupted. */
interface Interrupted {
  readonly userId: string;
  readonly step: Step;
  readonly side: "holdRequest" | "holdAnswer";
}

const everywhere: readonly Interrupted[] = steps.flatMap((step, index) => [
  { userId: `before-${index}`, step, side: "holdRequest" },
  { userId: `after-${index}`, step, side: "holdAnswer" },
]);

/** The request of this step, made for this student. */
function requestOf({ name, of }: Step, userId: string): Match {
  const told = of === undefined ? userId : `${of}${userId}/`;
  return (request) => request.name === name && request.bytes.includes(told);
}

const lectures = (): number => 1;

suite("A completion", { skip: storesAreMissing() }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let other: ProxiedService;

  before(async () => {
    production = resources.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: "200" } }));
    other = await production.proxiedService();
    await production.teach(other.service, courseOf("short", 1));
  });
  after(() => resources.disposeAsync());

  async function complete({ history }: Trial, { service }: ProxiedService, userId: string): Promise<string> {
    const client = await Client.of(service.url, userId);
    return history.complete(client, { userId, courseId: "short", lectureId: "l-0" });
  }

  /** The process is killed when each of these completions has got as far as it is to get. */
  async function dieInside(trial: Trial, completions: readonly Interrupted[]): Promise<void> {
    const victim = await production.proxiedService();
    using stack = new DisposableStack();
    const held = completions.map(({ userId, step, side }) =>
      stack.use(victim.mongodbProxy[side](requestOf(step, userId))),
    );
    const completing = completions.map(({ userId }) => complete(trial, victim, userId));
    await Promise.all(held.map((each) => each.reached()));
    assert.equal((await victim.service.kill()).signal, "SIGKILL");
    assert.deepEqual(new Set(await Promise.all(completing)), new Set(["maybe"]));
  }

  test("whose process is killed before or after any step is finished by another process, once", async () => {
    await using trial = await Trial.begin(production);
    await dieInside(trial, everywhere);
    await trial.verdict(other.service, lectures);
    const done = await trial.database.collection("progress").distinct("userId");
    // The first was never sent; all others were.
    assert.deepEqual(new Set(done), new Set(everywhere.slice(1).map(({ userId }) => userId)));
  });

  test("whose process is killed before or after any step is done when it is asked for again, once", async () => {
    await using trial = await Trial.begin(production);
    await dieInside(trial, everywhere);
    const again = await Promise.all(everywhere.map(({ userId }) => complete(trial, other, userId)));
    assert.deepEqual(new Set(again), new Set(["done"]));
    await trial.verdict(other.service, lectures);
  });

  test("that is answered 503, because MongoDB's answer to any step was lost, changes nothing more when asked again", async () => {
    await using trial = await Trial.begin(production);
    for (const [index, step] of steps.entries()) {
      const userId = `lost-${index}`;
      const lost = other.mongodbProxy.loseAnswer(requestOf(step, userId));
      assert.equal(await complete(trial, other, userId), "maybe");
      await lost;
      assert.equal(await complete(trial, other, userId), "done");
      assert.equal(await complete(trial, other, userId), "done");
    }
    await trial.verdict(other.service, lectures);
  });

  test("that is answered 503, because MongoDB refused any step, is done when asked again, once", async () => {
    await using trial = await Trial.begin(production);
    const collections = ["progress", "activities", "users", "events"];
    for (const collection of collections) {
      for (const errorCode of [10_107, 189, 64]) {
        const userId = `${collection}-${errorCode}`;
        await using _ = await production.mongodb.fail({
          failCommands: ["update"],
          namespace: `progress.${collection}`,
          ...(errorCode === 64 ? { writeConcernError: { code: 64, errmsg: "waiting timed out" } } : { errorCode }),
        });
        assert.equal(await complete(trial, other, userId), "maybe");
        assert.equal(await complete(trial, other, userId), "done");
      }
    }
    await trial.verdict(other.service, lectures);
  });

  test("that two relays follow at once is followed once", async () => {
    await using trial = await Trial.begin(production);
    await other.service.pause();
    await dieInside(trial, [{ userId: "anna", step: activity, side: "holdRequest" }]);
    const relay = await production.proxiedService();
    using held = relay.mongodbProxy.holdRequest(requestOf(activity, "anna"));
    await held.reached();
    // The lease that keeps the other away is over.
    assert.equal(await trial.masters[0]?.del("lease:outbox:anna:short"), 1);
    const counted = other.mongodbProxy.count(/^update activities$/);
    other.service.signal("SIGCONT");
    const isFollowed = (): boolean => other.mongodbProxy.count(/^update activities$/) > counted;
    await until("the other follows as well", isFollowed, patiently);
    held.release();
    await trial.verdict(other.service, lectures);
    await relay.service.kill();
  });
});
