import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mock, suite, test } from "node:test";
import type { MongoClient } from "mongodb";
import { watchHeartbeats } from "../../src/adapters/mongodb/heartbeats.ts";
import { MongodbFixture, someKey } from "../support/mongodb-fixture.ts";
import { mongodbRequests } from "../support/mongodb-requests.ts";
import { MongodbServer, withoutMongod } from "../support/mongodb-server.ts";
import { until } from "../support/process-waiting.ts";
import { patiently } from "../support/production.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

const readers = 12;
const deaths = 4;

suite("MongoDB is found again", { skip: withoutMongod }, () => {
  test("when it dies again and again under many requests, all of whose connections end at once", async () => {
    await using server = await MongodbServer.start();
    await using proxy = await TcpProxy.before(server, mongodbRequests);
    await using fixture = await MongodbFixture.open(server, proxy);
    const { store } = fixture;
    const over = new AbortController();
    let answered = 0;
    const reading = Array.from({ length: readers }, async () => {
      while (!over.signal.aborted) {
        await store.read(someKey()).then(
          () => answered++,
          () => undefined,
        );
      }
    });
    try {
      for (let death = 0; death < deaths; death++) {
        await server.kill();
        proxy.cut();
        await server.restart();
        const before = answered;
        await until("it is read from again", () => answered > before + readers, patiently);
      }
    } finally {
      over.abort();
    }
    await Promise.all(reading);
  });
});

suite("heartbeats", () => {
  function watched(): { client: EventEmitter; stuck: () => number } {
    const client = new EventEmitter();
    let stuck = 0;
    watchHeartbeats(client as unknown as MongoClient, { answerMs: 5_000, intervalMs: 10_000 }, () => stuck++);
    return { client, stuck: () => stuck };
  }

  test("that end in time, one way or the other, or with their server, are none to act upon", (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const { client, stuck } = watched();
    for (const end of ["serverHeartbeatSucceeded", "serverHeartbeatFailed", "serverClosed"]) {
      client.emit("serverHeartbeatStarted", { connectionId: "a:1", awaited: false });
      mock.timers.tick(6_000);
      client.emit(end, { connectionId: "a:1", address: "a:1" });
      mock.timers.tick(60_000);
    }
    client.emit("serverHeartbeatStarted", { connectionId: "a:1", awaited: true });
    mock.timers.tick(16_000);
    assert.equal(stuck(), 0);
  });

  test("that do not end are told, of each server for itself", (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const { client, stuck } = watched();
    client.emit("serverHeartbeatStarted", { connectionId: "a:1", awaited: false });
    client.emit("serverHeartbeatStarted", { connectionId: "b:1", awaited: false });
    client.emit("serverHeartbeatSucceeded", { connectionId: "b:1" });
    mock.timers.tick(8_000);
    assert.equal(stuck(), 1);
  });
});
