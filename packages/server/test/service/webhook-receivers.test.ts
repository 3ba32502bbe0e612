import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HttpWebhookSender } from "../../src/adapters/webhooks/sender.ts";
import { eventsOf } from "../contracts/event-log.ts";
import { webhookAt } from "../delivery/delivery-rig.ts";
import { someUser } from "../support/ids.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/process-waiting.ts";
import { someSecret } from "../support/receiver.ts";

const docs = readFileSync(new URL("../../../../docs/events.md", import.meta.url), "utf8");
const folder = fileURLToPath(new URL("../..", import.meta.url));

test("the receiver of the docs takes what is signed for it, and nothing else", async () => {
  const [, snippet] = /Fastify \([^)]+\):\n\n```js\n(.+?)```/s.exec(docs) ?? [];
  assert.ok(snippet !== undefined);
  const port = String(await freePort());
  const { PATH } = process.env;
  const receiver = spawn(process.execPath, ["--input-type=module", "--eval", snippet], {
    cwd: folder,
    env: { PATH, PORT: port, WEBHOOK_SECRET: someSecret() },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  receiver.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  try {
    const url = `http://127.0.0.1:${port}/events`;
    const isUp = (): Promise<boolean> =>
      fetch(url).then(
        () => true,
        () => false,
      );
    await until("the receiver listens", isUp, { withinMs: 30_000 });
    const signal = new AbortController().signal;
    for (const event of eventsOf(someUser())) {
      const sender = new HttpWebhookSender();
      assert.deepEqual(await sender.send(webhookAt(url), event, signal), { status: "accepted" });
      const forged = await sender.send(webhookAt(url, "crm", { secrets: [someSecret(9)] }), event, signal);
      assert.match("reason" in forged ? forged.reason : "", /^Answered 401/);
      await until("it is printed", () => output.includes(`${event.type} ${event.userId}`), { withinMs: 30_000 });
    }
  } finally {
    receiver.kill("SIGKILL");
    await once(receiver, "exit");
  }
});
