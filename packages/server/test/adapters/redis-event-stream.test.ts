import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { Redis } from "ioredis";
import { RedisConnection } from "../../src/adapters/redis/connection.ts";
import { RedisEventStream } from "../../src/adapters/redis/event-stream.ts";
import { type CloudEvent, toCloudEvent } from "../../src/domain/cloud-event.ts";
import { type LearningEvent, lectureCompleted } from "../../src/domain/event.ts";
import type { UserId } from "../../src/domain/ids.ts";
import { eventSinkContract, type SinkHarness } from "../contracts/event-sink.ts";
import { momentAt, someTime } from "../contracts/store-fixture.ts";
import { course, lecture, someUser } from "../support/ids.ts";
import { RedisServer, redisIsMissing } from "../support/redis-server.ts";

interface StreamHarness extends SinkHarness {
  readonly redis: Redis;
  readonly server: RedisServer;
}

async function open(length = 10_000): Promise<StreamHarness> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await RedisServer.start());
  const connection = stack.use(new RedisConnection({ url: server.url }));
  await connection.ready();
  const redis = stack.adopt(new Redis(server.url), (client) => client.disconnect());
  redis.on("error", () => undefined);
  const owned = stack.move();
  return {
    redis,
    server,
    sink: new RedisEventStream(connection, { name: "events", length }),
    published: async () =>
      (await redis.xrange("events", "-", "+")).map(([, fields]) => JSON.parse(fields[7]!) as CloudEvent),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function completed(userId: UserId, id: string): LearningEvent {
  return lectureCompleted({ userId, courseId: course("algebra") }, momentAt(someTime), lecture(id), 1);
}

if (redisIsMissing() === false) eventSinkContract("Redis Stream", open);

describe("the stream of events in Redis", { skip: redisIsMissing() }, () => {
  it("shows id, type and student beside the envelope, so that consumers can choose without reading it", async () => {
    await using harness = await open();
    const event = completed(someUser(), "a");
    await harness.sink.publish(event);
    const [[, fields] = ["", []]] = await harness.redis.xrange("events", "-", "+");
    const { id, type, userId } = event;
    const envelope = JSON.stringify(toCloudEvent(event));
    assert.deepEqual(fields, ["id", id, "type", type, "subject", userId, "event", envelope]);
  });

  it("keeps about as many events as it is told, the newest", async () => {
    await using harness = await open(1_000);
    const userId = someUser();
    const events = Array.from({ length: 5_000 }, (_, index) => completed(userId, `l${index}`));
    for (let first = 0; first < events.length; first += 500) {
      await Promise.all(events.slice(first, first + 500).map((event) => harness.sink.publish(event)));
    }
    const length = await harness.redis.xlen("events");
    assert.ok(length >= 1_000 && length < 1_500, String(length));
    const newest = (await harness.redis.xrevrange("events", "+", "-", "COUNT", 1))[0]?.[1][1];
    assert.equal(newest, events.at(-1)?.id);
  });

  it("forgets a student among thousands of entries", async () => {
    await using harness = await open();
    const [userId, other] = [someUser(), someUser()];
    const everybody = Array.from({ length: 2_500 }, (_, index) =>
      completed(index % 3 === 0 ? userId : other, `l${index}`),
    );
    for (let first = 0; first < everybody.length; first += 500) {
      await Promise.all(everybody.slice(first, first + 500).map((event) => harness.sink.publish(event)));
    }
    await harness.sink.erase(userId);
    const left = (await harness.published()).map(({ subject }) => subject);
    assert.deepEqual(
      [left.length, new Set(left)],
      [everybody.filter((event) => event.userId === other).length, new Set([other])],
    );
  });

  it("says so when Redis is away, and shows no student in what it says", async () => {
    await using harness = await open();
    const userId = someUser();
    await harness.server.kill();
    await assert.rejects(harness.sink.publish(completed(userId, "a")), (error: Error) => {
      const text = inspect(error, { depth: 10 });
      assert.ok(!text.includes(userId), text);
      return true;
    });
    await assert.rejects(harness.sink.erase(userId));
  });

  it("leaves a key of another kind alone", async () => {
    await using harness = await open();
    await harness.redis.set("events", "ours");
    await assert.rejects(harness.sink.publish(completed(someUser(), "a")));
    assert.equal(await harness.redis.get("events"), "ours");
  });
});
