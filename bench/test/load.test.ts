import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../../packages/server/test/support/eventually.ts";
import { Load } from "../load/load.ts";
import { PreparedRequest, type RequestPlan } from "../load/request.ts";

const plan: RequestPlan = { kind: "session", token: "a-token", courseId: "algebra", lectureId: "l-0" };

suite("the load", () => {
  test("counts from the moment a request was meant to be sent, also for those that had to wait", async () => {
    const held: ServerResponse[] = [];
    let allowed = 0;
    await using server = await listening((response) => (allowed-- > 0 ? answer(response) : void held.push(response)));
    const rota = { name: "saves", periodMs: 20, requests: [plan] };
    await using load = await Load.connect({ pace: "steady", url: server.url, rotas: [rota] });
    load.start();
    const first = await eventually(async () => held[0]);
    // Time for twenty more, which queue behind it on the student's only connection.
    await delay(400);
    assert.equal(held.length, 1);
    allowed = 19;
    answer(first);
    await eventually(async () => (load.answered === 20 ? true : undefined));
    const { saves } = (await load.report()).latencies;
    // They waited for 400 ms, 380 ms, ...; a load that had not meant to send them would have seen one slow answer.
    assert.ok(saves !== undefined && saves.count === 20 && saves.p50 > 100, JSON.stringify(saves));
  });

  test("reports what happened since the last report", async () => {
    let allowed = 6;
    await using server = await listening((response) => void (allowed-- > 0 && answer(response)));
    const rota = { name: "saves", periodMs: 10, requests: [plan] };
    await using load = await Load.connect({ pace: "steady", url: server.url, rotas: [rota] });
    load.start();
    await eventually(async () => (load.answered === 6 ? true : undefined));
    const [first, second] = [await load.report(), await load.report()];
    assert.deepEqual(
      [first, second].map(({ latencies }) => latencies["saves"]?.count),
      [6, 0],
    );
    assert.ok(first.lag.count > 0);
  });

  test("keeps every connection busy, one request at a time", async () => {
    const open = { now: 0, most: 0 };
    await using server = await listening(answerCounting(open));
    await using load = await Load.connect({
      pace: "busy",
      url: server.url,
      connections: 3,
      requests: [plan, plan, plan],
    });
    load.start();
    await eventually(async () => (load.answered > 100 ? true : undefined));
    assert.ok(open.most <= 3, `${open.most} at once`);
  });

  test("pauses, and goes on with every connection once", async () => {
    const open = { now: 0, most: 0 };
    await using server = await listening(answerCounting(open));
    const requests = [plan, plan, plan];
    await using load = await Load.connect({ pace: "busy", url: server.url, connections: 3, requests });
    for (let pauses = 0; pauses < 3; pauses++) {
      const earlier = load.answered;
      load.start();
      await eventually(async () => (load.answered > earlier + 50 ? true : undefined));
      await load.pause();
      const { answered } = load;
      assert.equal(open.now, 0);
      await delay(20);
      assert.equal(load.answered, answered);
    }
    assert.ok(open.most <= 3, `${open.most} at once`);
  });

  test("ends the measurement when a request fails, and says how", async () => {
    await using server = await listening((response) => response.writeHead(503, { "content-length": 0 }).end());
    await using load = await Load.connect({ pace: "busy", url: server.url, connections: 1, requests: [plan] });
    load.start();
    const failure = await eventually(async () => {
      try {
        return void load.answered;
      } catch (error) {
        return error as Error;
      }
    });
    assert.match(failure.message, /failed under load/);
    assert.deepEqual(Object.keys((await load.report()).failures), ["503"]);
  });
});

test("each sending of a save is another valid save", () => {
  const request = new PreparedRequest(plan);
  const [first, second] = [bodyOf(request.next()), bodyOf(request.next())];
  assert.equal(second.watchTime, first.watchTime + 5);
  assert.equal(second.seq, first.seq + 1);
  assert.ok(Math.abs(second.sessionStartedAt + second.elapsedMs - Date.now()) < 60_000);
});

function bodyOf(bytes: Buffer): Record<"watchTime" | "seq" | "sessionStartedAt" | "elapsedMs", number> {
  const [head = "", body = ""] = bytes.toString().split("\r\n\r\n");
  assert.equal(Number(/content-length: (\d+)/.exec(head)?.[1]), body.length);
  return JSON.parse(body) as ReturnType<typeof bodyOf>;
}

function answer(response: ServerResponse): void {
  response.writeHead(200, { "content-length": 2 }).end("{}");
}

/** Answers in the next turn, and counts how many wait at once. */
function answerCounting(open: { now: number; most: number }): (response: ServerResponse) => void {
  return (response) => {
    open.most = Math.max(open.most, ++open.now);
    setImmediate(() => {
      open.now--;
      answer(response);
    });
  };
}

async function listening(respond: (response: ServerResponse) => void): Promise<AsyncDisposable & { url: string }> {
  const server: Server = createServer((request, response) => request.resume().on("end", () => respond(response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
