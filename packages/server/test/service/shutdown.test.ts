import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Client, courseOf, isRefused } from "../support/process-client.ts";
import { dirtyKeys, rowsOf } from "../support/process-file.ts";
import { jwtSecret, ServiceProcess, type Settings } from "../support/process.ts";
import { until } from "../support/process-waiting.ts";
import { TempFolder } from "../support/temp-folder.ts";
import { StudentsAtWork } from "./students-at-work.ts";

const slowStores = import.meta.resolve("./slow-stores.ts");
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const orderly = { code: 0, signal: null };

suite("a service that is told to stop", { concurrency: 2 }, () => {
  test("loses nothing it acknowledged under load, and ends within 15 s", async () => {
    await using folder = await TempFolder.create();
    const settings = { DATA_FILE: folder.file("progress.sqlite"), FLUSH_INTERVAL_MS: "150" };
    const school = new StudentsAtWork();
    {
      await using service = await ServiceProcess.start(settings);
      const instructor = await Client.of(service.url, "instructor", { role: "instructor" });
      await instructor.importCourses(StudentsAtWork.courses());
      await school.connect(service.url);
      const working = school.work(new AbortController().signal);
      await until("the load is one", () => school.acknowledged > 100, { withinMs: 20_000 });
      service.signal("SIGTERM");
      await endsOrderly(service, { withinMs: 15_000 });
      await working;
    }
    await using service = await ServiceProcess.start(settings);
    await school.connect(service.url);
    await school.check();
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`answers the requests in flight after ${signal}, takes no new ones and ends with 0`, async () => {
      await using run = await startSlow();
      const saves = saveMany(run.client, 20);
      await until("all are stored, none is answered", () => storedPositions(run.file) === 20);
      run.service.signal(signal);
      await until("it is ready no more", () => isUnavailable(run.client));
      assert.deepEqual(
        await saves,
        Array.from({ length: 20 }, () => 200),
      );
      await endsOrderly(run.service);
      assert.equal(storedPositions(run.file), 20);
    });
  }

  test("is not cut short by further signals, such as those of a terminal and npm together", async () => {
    await using run = await startSlow();
    const saves = saveMany(run.client, 5);
    await until("all are stored, none is answered", () => storedPositions(run.file) === 5);
    for (const signal of ["SIGINT", "SIGINT", "SIGTERM"] as const) {
      run.service.signal(signal);
      await delay(50);
    }
    assert.deepEqual(await saves, [200, 200, 200, 200, 200]);
    await endsOrderly(run.service);
  });

  test("finishes the flush under way", async () => {
    await using run = await startSlow({ FLUSH_INTERVAL_MS: "100" });
    await run.client.save("short", "l-0", 1.5);
    const claimed = "SELECT 1 FROM buffer_keys WHERE claimed_at IS NOT NULL";
    await until("the flush is under way", () => rowsOf(run.file, claimed).length === 1);
    assert.equal(rowsOf(run.file, "SELECT 1 FROM positions").length, 0);
    run.service.signal("SIGTERM");
    await endsOrderly(run.service);
    assert.equal(rowsOf(run.file, "SELECT 1 FROM positions").length, 1);
    assert.equal(dirtyKeys(run.file), 0);
  });

  for (const moment of ["it listens", "it starts"] as const) {
    test(`ends when npm, or the shell that npm started it with, is gone while ${moment}`, async () => {
      await using stack = new AsyncDisposableStack();
      const folder = stack.use(await TempFolder.create());
      const env = {
        PATH: process.env["PATH"],
        PORT: "0",
        DATA_FILE: folder.file("progress.sqlite"),
        JWT_SECRET: jwtSecret,
      };
      const command = `"${process.execPath}" "${main}" & echo "process $!"; wait`;
      const shell = spawn("sh", ["-c", command], {
        env: { ...env, npm_lifecycle_event: "start" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      stack.defer(() => void shell.kill("SIGKILL"));
      let output = "";
      shell.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
      const isTheMoment = (): boolean =>
        moment === "it starts" ? existsSync(env.DATA_FILE) : output.includes("http://");
      await until(moment, isTheMoment, { withinMs: 20_000 });
      const pid = Number(/process (\d+)/.exec(output)?.[1]);
      stack.defer(() => void (isThere(pid) && process.kill(pid, "SIGKILL")));
      assert.ok(isThere(pid));
      shell.kill("SIGKILL");
      await until("the service has ended", () => !isThere(pid), { withinMs: 15_000 });
    });
  }

  test("does not wait for clients that never finish their request", async () => {
    await using run = await startSlow();
    const port = Number(new URL(run.service.url).port);
    const head = "POST /api/v1/progress/save HTTP/1.1\r\nhost: progress\r\n";
    using stack = new DisposableStack();
    for (const text of ["", head, `${head}content-type: text/plain\r\ncontent-length: 900\r\n\r\n{`]) {
      stack.adopt(await openSocket(port, text), (socket) => socket.destroy());
    }
    await delay(200);
    run.service.signal("SIGTERM");
    await endsOrderly(run.service, { withinMs: 15_000 });
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function startSlow(
  settings: Settings = {},
): Promise<AsyncDisposable & { service: ServiceProcess; client: Client; file: string }> {
  await using stack = new AsyncDisposableStack();
  const file = stack.use(await TempFolder.create()).file("progress.sqlite");
  const service = stack.use(
    await ServiceProcess.start(
      { DATA_FILE: file, FLUSH_INTERVAL_MS: "60000", SLOW_CALLS: "save=1000,join=1200", ...settings },
      { preload: slowStores },
    ),
  );
  const instructor = await Client.of(service.url, "instructor", { role: "instructor" });
  await instructor.importCourses([courseOf("short", 100)]);
  const client = await Client.of(service.url, "student");
  const owner = stack.move();
  return { service, client, file, [Symbol.asyncDispose]: () => owner.disposeAsync() };
}

/** By default sooner than it would cut off a client, so because everybody was served. */
async function endsOrderly(service: ServiceProcess, { withinMs = 5_000 } = {}): Promise<void> {
  const startedAt = performance.now();
  assert.deepEqual(await service.ended, orderly, service.output);
  assert.ok(performance.now() - startedAt < withinMs, "ends in time");
}

/** Saves different lectures at once. @returns the status of each answer */
async function saveMany(client: Client, count: number): Promise<number[]> {
  const answers = Array.from({ length: count }, (_, index) =>
    client.ask("POST", "/api/v1/progress/save", { courseId: "short", lectureId: `l-${index}`, watchTime: index }),
  );
  return (await Promise.all(answers)).map(({ status }) => status);
}

function storedPositions(file: string): number {
  return rowsOf(file, "SELECT 1 FROM buffer_positions").length;
}

/** Refused, or answered that it is not ready. */
async function isUnavailable(client: Client): Promise<boolean> {
  try {
    return (await client.ask("GET", "/health/ready")).status === 503;
  } catch (error) {
    return !isRefused(error);
  }
}

async function openSocket(port: number, text: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(text);
  return socket;
}
