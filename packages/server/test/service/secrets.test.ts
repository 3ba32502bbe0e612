import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, courseOf } from "../support/process-client.ts";
import { changeFile } from "../support/process-file.ts";
import { issueToken } from "../../src/demo/token.ts";
import { jwtSecret, ServiceProcess } from "../support/process.ts";
import { TempFolder } from "../support/temp-folder.ts";

test("no token and no secret is ever printed, whatever goes wrong", async () => {
  await using folder = await TempFolder.create();
  const file = folder.file("progress.sqlite");
  await using service = await ServiceProcess.start({ DATA_FILE: file, LOG_LEVEL: "trace", FLUSH_INTERVAL_MS: "50" });
  const { token } = await issueToken(jwtSecret, { sub: "student", role: "admin" });
  const foreign = (await issueToken("another-secret-of-thirty-two-letters", { sub: "student" })).token;
  const client = new Client(service.url, token);
  await client.importCourses([courseOf("short", 1)]);
  await client.complete("short", "l-0");
  await client.ask("POST", "/api/v1/progress/save", { courseId: "short", lectureId: "l-0", watchTime: "bad", token });
  await client.ask("GET", `/api/v1/progress/short?token=${token}`);
  await client.ask("GET", `/nowhere/${token}`);
  await new Client(service.url, foreign).ask("GET", "/api/v1/me");
  await beacon(service.url, token);
  await beacon(service.url, foreign);
  // The tables vanish under the running service: everything fails now, for a reason nobody foresaw.
  changeFile(file, "DROP TABLE lectures; DROP TABLE buffer_positions; DROP TABLE users");
  const failed = [
    await client.ask("POST", "/api/v1/progress/save", { courseId: "short", lectureId: "l-0", watchTime: 1, token }),
    await client.ask("GET", `/api/v1/me?token=${token}`),
    await client.ask("GET", "/api/v1/progress/short"),
  ];
  for (const { status, text } of failed) {
    assert.equal(status, 503);
    assert.doesNotMatch(text, /SQL|table|sqlite| at /i);
  }
  service.signal("SIGTERM");
  await service.ended;

  assert.match(service.output, /lecture\.completed/);
  assert.match(service.output, /requests are refused/);
  const hidden = [token, foreign].flatMap((text) => text.split(".").slice(1));
  for (const secret of [...hidden, jwtSecret]) assert.ok(!service.output.includes(secret), service.output);
});

async function beacon(url: string, token: string): Promise<void> {
  const body = JSON.stringify({ token, courseId: "short", lectureId: "l-0", watchTime: 1 });
  const headers = { "content-type": "text/plain" };
  await (await fetch(`${url}/api/v1/progress/save`, { method: "POST", headers, body })).text();
}
