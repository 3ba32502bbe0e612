import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { suite, test } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { HttpWebhookSender } from "../../src/adapters/webhooks/sender.ts";
import { retryAfterMs } from "../../src/adapters/webhooks/reply.ts";
import { toCloudEvent } from "../../src/domain/cloud-event.ts";
import { eventTypes, lectureCompleted } from "../../src/domain/event.ts";
import type { Webhook, WebhookId } from "../../src/domain/webhook.ts";
import type { Reply } from "../../src/ports/webhook-sender.ts";
import { momentAt, someTime } from "../contracts/store-fixture.ts";
import { certificateFor } from "../support/certificate.ts";
import { course, lecture } from "../support/ids.ts";
import { NameServer } from "../support/name-server.ts";
import { answer, hang, Receiver, someSecret } from "../support/receiver.ts";
import type { UserId } from "../../src/domain/ids.ts";

/** With everything in its id that could confuse a header or a signature. */
const key = { userId: "auth0|5f.7c@example.org%2E" as UserId, courseId: course("algebra") };
const event = lectureCompleted(key, momentAt(someTime), lecture("intro"), 1);
const forever = new AbortController().signal;

function webhookAt(url: string, other: Partial<Webhook> = {}): Webhook {
  const id = "crm" as WebhookId;
  return { id, url, secrets: [someSecret()], types: new Set(eventTypes), allowPrivateNetwork: false, ...other };
}

const farTooMuch = 100_000_000;

/** A short patience, where a test has to wait for its end. */
const impatient = new HttpWebhookSender({ timeoutMs: 300 });

async function reasonOf(sending: Promise<Reply>): Promise<string> {
  const reply = await sending;
  assert.equal(reply.status, "failed");
  return "reason" in reply ? reply.reason : "";
}

suite("a webhook is told", () => {
  test("in a CloudEvent whose signature the public package finds right, under an id without a full stop", async () => {
    await using receiver = await Receiver.start();
    assert.deepEqual(await new HttpWebhookSender().send(webhookAt(receiver.url), event, forever), {
      status: "accepted",
    });
    const [received] = receiver.received;
    assert.deepEqual(received?.event, toCloudEvent(event));
    const headers = received?.headers ?? {};
    const id = String(headers["webhook-id"]);
    assert.equal(decodeURIComponent(id), event.id);
    assert.doesNotMatch(id, /[.\s]/);
    assert.match(String(headers["content-type"]), /^application\/cloudevents\+json/);
  });

  test("with a signature for each secret, so that either is enough while one replaces the other", async () => {
    const secrets = [someSecret(1), someSecret(2)];
    for (const secret of secrets) {
      await using receiver = await Receiver.start({ secret });
      await new HttpWebhookSender().send(webhookAt(receiver.url, { secrets }), event, forever);
      assert.deepEqual([receiver.ids, receiver.forged], [[event.id], 0]);
    }
    await using receiver = await Receiver.start({ secret: someSecret(3) });
    const reply = await new HttpWebhookSender().send(webhookAt(receiver.url, { secrets }), event, forever);
    assert.deepEqual([receiver.ids, receiver.forged, reply.status], [[], 1, "failed"]);
  });

  test("and any 2xx is yes, whatever follows it", async () => {
    await using receiver = await Receiver.start();
    for (const status of [200, 202, 204, 299]) {
      receiver.behave = answer(status);
      assert.equal((await impatient.send(webhookAt(receiver.url), event, forever)).status, "accepted");
    }
    receiver.behave = (response) => void response.writeHead(200).write("it never ends");
    assert.equal((await impatient.send(webhookAt(receiver.url), event, forever)).status, "accepted");
  });

  test("and another protocol is no answer", async () => {
    await using receiver = await Receiver.start();
    receiver.behave = (response) => {
      response.socket?.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
    };
    const sending = impatient.send(webhookAt(receiver.url), event, forever);
    assert.equal(await reasonOf(sending), "The connection was closed without an answer.");
  });

  test("and 410 is gone, and everything else has failed, with the beginning of what it says", async () => {
    await using receiver = await Receiver.start();
    const send = (): Promise<Reply> => impatient.send(webhookAt(receiver.url), event, forever);
    receiver.behave = answer(410, {}, "no longer here");
    assert.deepEqual(await send(), { status: "gone", reason: "Answered 410: no longer here." });
    for (const status of [300, 400, 401, 404, 429, 500, 503]) {
      receiver.behave = answer(status, {}, "broken\n\n\u0007 today");
      const reply = { status: "failed", reason: `Answered ${status}: broken today.`, retryAfterMs: null };
      assert.deepEqual(await send(), reply);
    }
    receiver.behave = answer(503, { "retry-after": "120" });
    assert.deepEqual(await send(), { status: "failed", reason: "Answered 503.", retryAfterMs: 120_000 });
  });

  test("and how long it wants to be left alone may be seconds or a date", () => {
    assert.equal(retryAfterMs("5"), 5_000);
    assert.equal(retryAfterMs("0"), 0);
    const inAMinute = retryAfterMs(new Date(Date.now() + 60_000).toUTCString()) ?? 0;
    assert.ok(inAMinute > 50_000 && inAMinute <= 60_000);
    assert.equal(retryAfterMs("Wed, 21 Oct 2015 07:28:00 GMT"), 0);
    for (const nonsense of [undefined, "soon", "-1 h"]) assert.equal(retryAfterMs(nonsense), null);
  });
});

suite("a webhook cannot", () => {
  test("send anybody elsewhere: redirects are not followed", async () => {
    await using elsewhere = await Receiver.start();
    await using receiver = await Receiver.start();
    for (const status of [301, 302, 303, 307, 308]) {
      receiver.behave = answer(status, { location: elsewhere.url });
      const reason = await reasonOf(impatient.send(webhookAt(receiver.url), event, forever));
      assert.equal(reason, `Answered ${status}, and redirects are not followed.`);
    }
    assert.deepEqual([elsewhere.received, elsewhere.forged], [[], 0]);
  });

  test("hold anybody up: not by silence, not by an answer without an end, not by a head that does not come", async () => {
    await using receiver = await Receiver.start();
    const send = (): Promise<Reply> => impatient.send(webhookAt(receiver.url), event, forever);
    receiver.behave = hang;
    assert.equal(await reasonOf(send()), "No answer within 0.3 s.");
    receiver.behave = (response) => void response.writeHead(500).write("half an answer");
    assert.equal(await reasonOf(send()), "Answered 500: half an answer.");
    let sent = 0;
    receiver.behave = (response) => {
      response.writeHead(500);
      const more = (): void => {
        while (!response.destroyed && sent < farTooMuch) {
          sent += 1_024;
          if (!response.write("x".repeat(1_024))) return;
        }
        response.end();
      };
      response.on("drain", more);
      more();
    };
    // At once, not when the patience ends.
    const patient = new HttpWebhookSender({ timeoutMs: 60_000 });
    assert.equal(
      await reasonOf(patient.send(webhookAt(receiver.url), event, forever)),
      `Answered 500: ${"x".repeat(200)}.`,
    );
    // What is on its way when the reader stops is up to the system.
    assert.ok(sent > 1_024 && sent < farTooMuch, `${sent} bytes`);
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    assert.equal(
      await reasonOf(impatient.send(webhookAt(`http://127.0.0.1:${port}`), event, forever)),
      "No answer within 0.3 s.",
    );
    silent.close();
  });

  test("be waited for when the process stops", async () => {
    await using receiver = await Receiver.start();
    const stopping = new AbortController();
    receiver.behave = () => stopping.abort();
    const patient = new HttpWebhookSender({ timeoutMs: 60_000 });
    assert.equal((await patient.send(webhookAt(receiver.url), event, stopping.signal)).status, "failed");
  });

  test("be in a place that is not public, whatever its name or its spelling", async () => {
    const refused = {
      "https://10.0.0.5/": "10.0.0.5 is at 10.0.0.5, a private address: if that is right, set allowPrivateNetwork.",
      "https://0x7f000001:1/": /127\.0\.0\.1/,
      "https://169.254.169.254/latest/meta-data": "169.254.169.254 is at 169.254.169.254, where no webhook can be.",
      "https://[::ffff:10.0.0.1]/": /\[::ffff:a00:1\] is at ::ffff:a00:1, a private address/,
      "https://0/": /0\.0\.0\.0, where no webhook can be/,
      "http://example.org/": "Only HTTPS may leave this machine.",
      "http://0.0.0.0/": "Only HTTPS may leave this machine.",
    };
    for (const [url, wanted] of Object.entries(refused)) {
      const reason = await reasonOf(impatient.send(webhookAt(url), event, forever));
      if (typeof wanted === "string") assert.equal(reason, wanted);
      else assert.match(reason, wanted);
    }
    const allowed = webhookAt("https://169.254.169.254/", { allowPrivateNetwork: true });
    assert.match(await reasonOf(impatient.send(allowed, event, forever)), /where no webhook can be/);
  });
});

suite("the name of a webhook", () => {
  const url = (port: number): string => `https://hooks.test:${port}/events`;

  test("is looked up once, and what was checked is what is connected to, over TLS in its name", async () => {
    const tls = await certificateFor("hooks.test");
    await using receiver = await Receiver.start({ tls });
    // A second look would lead elsewhere.
    await using names = await NameServer.start(() => (names.questions.length <= 2 ? ["127.0.0.1"] : ["10.0.0.1"]));
    const sender = new HttpWebhookSender({ dnsServers: [names.address] });
    const webhook = webhookAt(url(receiver.port), { allowPrivateNetwork: true });
    assert.match(await reasonOf(sender.send(webhook, event, forever)), /certificate/);
    assert.deepEqual(receiver.ids, []);

    const trusted = getCACertificates();
    setDefaultCACertificates([...trusted, tls.cert]);
    names.questions.length = 0;
    assert.deepEqual(await sender.send(webhook, event, forever), { status: "accepted" });
    assert.deepEqual(names.questions.toSorted(), ["A hooks.test", "AAAA hooks.test"]);
    assert.deepEqual(receiver.ids, [event.id]);
    names.questions.length = 0;
    const other = webhookAt(`https://other.test:${receiver.port}/`, { allowPrivateNetwork: true });
    assert.match(await reasonOf(sender.send(other, event, forever)), /altnames/);
    setDefaultCACertificates(trusted);
  });

  test("is refused if any of its addresses is, and nobody is connected to", async () => {
    await using receiver = await Receiver.start();
    await using names = await NameServer.start(() => ["203.0.113.1"]);
    const sender = new HttpWebhookSender({ dnsServers: [names.address], timeoutMs: 5_000 });
    const answers = [
      ["127.0.0.1"],
      ["8.8.8.8", "192.168.0.1"],
      ["2001:4860::1", "::1"],
      ["::ffff:7f00:1"],
      ["fd00::1"],
    ];
    for (const addresses of answers) {
      names.answer = () => addresses;
      const reason = await reasonOf(sender.send(webhookAt(url(receiver.port)), event, forever));
      assert.match(reason, /^hooks\.test is at .*, a (private|loopback) address/, addresses.join());
    }
    names.answer = () => [];
    assert.equal(
      await reasonOf(sender.send(webhookAt(url(1)), event, forever)),
      "hooks.test has no address (ENODATA).",
    );
    assert.equal(receiver.forged + receiver.received.length, 0);
  });

  test("that no name server answers for ends with the patience, and is no reason to wait for others", async () => {
    await using names = await NameServer.start(() => undefined);
    await using receiver = await Receiver.start();
    const sender = new HttpWebhookSender({ dnsServers: [names.address], timeoutMs: 1_000 });
    const waiting = Array.from({ length: 20 }, () => sender.send(webhookAt(url(1)), event, forever));
    let isOver = false;
    const all = Promise.all(waiting).finally(() => (isOver = true));
    assert.deepEqual(await sender.send(webhookAt(receiver.url), event, forever), { status: "accepted" });
    assert.equal(isOver, false);
    for (const reply of await all) assert.equal(await reasonOf(Promise.resolve(reply)), "No answer within 1 s.");
  });
});
