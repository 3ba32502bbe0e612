import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { suite, test } from "node:test";
import { Client } from "../support/process-client.ts";
import { ServiceProcess, type Settings } from "../support/process.ts";
import { until } from "../support/process-waiting.ts";
import { TempFolder } from "../support/temp-folder.ts";

/** No setting at all but where its file is and that the port is free. */
function demoSettings(folder: TempFolder): Settings {
  const DATA_FILE = folder.file("data", "progress.sqlite");
  return { DATA_FILE, HOST: undefined, JWT_SECRET: undefined, RATE_LIMIT_PER_SECOND: undefined };
}

suite("a start without settings", () => {
  test("prints addresses and commands that work, on loopback only, with tokens that outlive it", async () => {
    await using folder = await TempFolder.create();
    const settings = demoSettings(folder);
    const token = await (async () => {
      await using demo = await ServiceProcess.start(settings);
      await checkAddresses(demo);
      await checkCommands(demo);
      await checkLoopbackOnly(demo);
      assert.match(demo.output, /Preparing/);
      return tokenIn(demo.output, "TOKEN");
    })();

    await using again = await ServiceProcess.start(settings);
    assert.doesNotMatch(again.output, /Preparing/, "the year is there already");
    await using beside = await ServiceProcess.start(settings);
    await new Client(beside.url, token).stats();
    const student = new Client(again.url, token);
    assert.equal((await student.progress("how-memory-works")).watchTimes["lecture-1"], 61.25);
    const stats = await student.stats();
    assert.ok(stats.totalCompleted > 100 && stats.currentStreak > 0, JSON.stringify(stats));
    const instructor = new Client(again.url, tokenIn(again.output, "INSTRUCTOR"));
    assert.equal((await instructor.ask("PUT", "/api/v1/courses/new", { title: "New" })).status, 201);
    assert.equal((await student.ask("PUT", "/api/v1/courses/new", { title: "Mine" })).status, 403);
  });

  test("that was killed while it prepared the demo is finished by the next", async () => {
    await using folder = await TempFolder.create();
    const settings = demoSettings(folder);
    {
      await using first = ServiceProcess.launch(settings);
      await until("it prepares", () => first.output.includes("Preparing"), { withinMs: 20_000 });
      await first.kill();
      assert.doesNotMatch(first.output, /TOKEN/);
    }
    await using second = await ServiceProcess.start(settings);
    const { totalCompleted } = await new Client(second.url, tokenIn(second.output, "TOKEN")).stats();
    assert.equal(totalCompleted, 466);
  });

  test("keeps its secret to the user who runs it", async () => {
    await using folder = await TempFolder.create();
    await using demo = await ServiceProcess.start(demoSettings(folder));
    assert.equal(statSync(folder.file("data", "demo-secret")).mode & 0o077, 0, demo.output);
  });

  test("tells which file is at fault when its secret is not one", async () => {
    for (const content of ["", "short"]) {
      await using folder = await TempFolder.create();
      mkdirSync(folder.file("data"));
      writeFileSync(folder.file("data", "demo-secret"), content);
      const { code, output } = await ServiceProcess.runToEnd(demoSettings(folder));
      assert.equal(code, 1);
      assert.match(output, /demo-secret.*(delete|remove)/i);
      assert.doesNotMatch(output, /\n {4}at |JWT_PUBLIC_KEY_FILE/);
    }
  });
});

async function checkAddresses({ output, url }: ServiceProcess): Promise<void> {
  const addresses = [...output.matchAll(/^ {2}.*? {2,}(http:\S+)$/gm)].map(([, address = ""]) => address);
  assert.deepEqual(
    addresses.map((address) => address.slice(url.length)),
    ["/", "/docs", "/health/ready"],
  );
  // The page itself is not part of this service alone.
  for (const address of addresses.slice(1)) assert.equal((await fetch(address)).status, 200, address);
}

/** Pastes what is printed into a shell. */
async function checkCommands({ output, url }: ServiceProcess): Promise<void> {
  const lines = output.split("\n").filter((line) => /^ {2}(TOKEN=|curl )/.test(line));
  assert.equal(lines.length, 3);
  const isCurlHere = spawnSync("curl", ["--version"]).status === 0;
  if (!isCurlHere) {
    const student = new Client(url, tokenIn(output, "TOKEN"));
    await student.save("how-memory-works", "lecture-1", 61.25);
    return;
  }
  const { stdout } = spawnSync("bash", ["-c", lines.join("\n").replaceAll("curl ", "curl -sS ")], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  const [saved, read] = stdout.trim().split("\n");
  assert.deepEqual(JSON.parse(saved ?? ""), { message: "synced" });
  const { watchTimes, lastWatchedLecture } = JSON.parse(read ?? "") as Record<string, Record<string, number>>;
  assert.deepEqual([watchTimes, lastWatchedLecture], [{ "lecture-1": 61.25 }, "lecture-1"]);
}

async function checkLoopbackOnly({ url }: ServiceProcess): Promise<void> {
  assert.match(url, /^http:\/\/127\.0\.0\.1:/);
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.internal === false && address.family === "IPv4");
  if (outside === undefined) return;
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect(Number(new URL(url).port), outside.address, () => resolve("connected"));
  socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
  assert.equal(await promise, "ECONNREFUSED");
  socket.destroy();
}

function tokenIn(output: string, name: string): string {
  return new RegExp(`^ {2}${name}=(\\S+)$`, "m").exec(output)?.[1] ?? assert.fail(`no ${name} printed`);
}
