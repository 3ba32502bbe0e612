import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProgram } from "../support/finished-program.ts";
import { until } from "../support/process-waiting.ts";
import { patiently, storesAreMissing } from "../support/production.ts";
import { TempFolder } from "../support/temp-folder.ts";

const script = fileURLToPath(new URL("../../../../scripts/dev-production.mjs", import.meta.url));

test("dev:production starts two services on real stores, and leaves nothing running behind", async (t) => {
  const missing = storesAreMissing();
  if (missing !== false) return t.skip(missing);
  await using folder = await TempFolder.create();
  const port = await fourPorts();
  const child = spawn(process.execPath, [script, "--port", String(port), "--data", folder.path], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
  await until("it is ready", () => isOver(child) || output.includes("Ctrl+C ends all four"), { withinMs: 60_000 });
  assert.match(output, /Two processes, one Redis/, output);

  const token = /TOKEN=(\S+)/.exec(output)?.[1] ?? "";
  const [one, other] = [port, port + 1].map((each) => `http://127.0.0.1:${each}/api/v1`);
  await send(token, "PUT", `${one}/courses/c1`, { title: "A course" });
  await send(token, "POST", `${one}/courses/c1/lectures`, { lectureId: "l1", title: "A", durationSeconds: 600 });
  await send(token, "POST", `${one}/progress/save`, { courseId: "c1", lectureId: "l1", watchTime: 61.25 });
  assert.match(await send(token, "GET", `${other}/progress/c1`), /"watchTimes":\{"l1":61.25\}/);

  child.kill("SIGINT");
  await until("it has ended", () => isOver(child), { withinMs: 60_000 });
  assert.equal(child.exitCode, 0, output);
  for (const each of [port, port + 1, port + 2, port + 3]) assert.ok(await isFree(each), `port ${each} is still used`);
});

for (const [args, complaint] of Object.entries({
  "--odd": /^Unknown option '--odd'/,
  "--port x": /^The port must be a whole number from 1 to 65532, not "x"\./,
  "--port 0": /^The port must be .* not "0"\./,
  "--port 65533": /^The port must be .* not "65533"\./,
})) {
  test(`dev:production ${args} is refused with a sentence, and starts nothing`, async () => {
    await using folder = await TempFolder.create();
    const refused = await runProgram(script, [...args.split(" "), "--data", folder.file("data")], {});
    assert.deepEqual([refused.code, refused.output], [2, ""]);
    assert.match(refused.errors, complaint);
    assert.match(refused.errors, /See npm run dev:production -- --help\.\n$/);
    assert.doesNotMatch(refused.errors, /^ +at /m);
  });
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function send(token: string, method: string, url: string, body?: object): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) };
  const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  assert.ok(answer.ok, text);
  return text;
}

/** The first of four ports that nobody uses just now. */
async function fourPorts(): Promise<number> {
  let first = 0;
  const isFound = async (): Promise<boolean> => {
    first = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await Promise.all([0, 1, 2, 3].map((offset) => isFree(first + offset)));
    return free.every(Boolean);
  };
  await until("four ports are free", isFound, patiently);
  return first;
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  listener.once("error", () => resolve(false));
  listener.listen(port, "127.0.0.1", () => resolve(true));
  const answer = await promise;
  if (answer) {
    listener.close();
    await once(listener, "close");
  }
  return answer;
}
