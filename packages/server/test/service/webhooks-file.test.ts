import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { ConfigError } from "../../src/config.ts";
import { eventTypes } from "../../src/domain/event.ts";
import { readWebhooks } from "../../src/webhooks-file.ts";
import { someSecret } from "../support/receiver.ts";
import { TempFolder } from "../support/temp-folder.ts";

const secret = someSecret();
const url = "https://example.org/events";

async function read(text: string): Promise<ReturnType<typeof readWebhooks>> {
  await using folder = await TempFolder.create();
  writeFileSync(folder.file("webhooks.json"), text);
  return readWebhooks(folder.file("webhooks.json"));
}

test("a file of webhooks says who is told of what, and leaves out what goes without saying", async () => {
  const entries = [
    { url, secret },
    {
      id: "crm",
      url: "http://127.0.0.1:4000/events",
      secrets: [someSecret(1), someSecret(2, 64)],
      types: ["course.completed"],
      allowPrivateNetwork: true,
    },
  ];
  const [first, second] = await read(JSON.stringify(entries));
  assert.match(first?.id ?? "", /^webhook-[0-9a-f]{12}$/);
  assert.deepEqual(
    { ...first, id: "" },
    { id: "", url, secrets: [secret], types: new Set(eventTypes), allowPrivateNetwork: false },
  );
  assert.deepEqual(second, {
    id: "crm",
    url: "http://127.0.0.1:4000/events",
    secrets: [someSecret(1), someSecret(2, 64)],
    types: new Set(["course.completed"]),
    allowPrivateNetwork: true,
  });
  assert.deepEqual(await read("[]"), []);
  // The name of an entry without one does not depend on its place.
  const [, again] = await read(
    JSON.stringify([
      { url: "https://example.org/other", secret },
      { url, secret },
    ]),
  );
  assert.equal(again?.id, first?.id);
});

const wrong: Record<string, [content: unknown, complaint: RegExp]> = {
  "no JSON": [`[{"url": "${url}", "secret": "${secret}"`, /^WEBHOOKS_FILE \S+ is not JSON: look at/],
  "no JSON, with the secret where it breaks": [`[{"url": "${url}", "secret": "${secret}]`, /is not JSON: look at/],
  "no list": [{ url, secret }, /must hold a list/],
  "no entry": [["https://example.org"], /entry 1: it must be an object/],
  "no address": [[{ secret }], /entry 1: it lacks "url"/],
  "no secret": [[{ url, secret }, { url: `${url}/2` }], /entry 2: give it one of "secret" and "secrets"/],
  "a secret and secrets": [[{ url, secret, secrets: [secret] }], /entry 1: give it one of/],
  "no secrets": [[{ url, secrets: [] }], /entry 1: "secrets" must not have fewer than 1/],
  "three secrets": [[{ url, secrets: [secret, secret, secret] }], /entry 1: "secrets" must not have more than 2/],
  "a secret without its prefix": [[{ url, secret: secret.slice(6) }], /entry 1: a secret is whsec_/],
  "a secret that is too short": [[{ url, secret: someSecret(7, 23) }], /entry 1: a secret is whsec_.*24 to 64 bytes/],
  "a secret that is too long": [[{ url, secret: someSecret(7, 65) }], /entry 1: a secret is whsec_/],
  "a second secret that is no base64": [[{ url, secrets: [secret, `${secret}!`] }], /entry 1: a secret is whsec_/],
  "a secret that is no text": [[{ url, secret: 12 }], /entry 1: "secret" must be string/],
  "no URL": [[{ url: "example.org", secret }], /entry 1: "url" is no URL/],
  "plain HTTP": [[{ url: "http://example.org/", secret }], /entry 1: "url" must begin with https/],
  "plain HTTP to a network of one's own": [
    [{ url: "http://10.0.0.1/", secret, allowPrivateNetwork: true }],
    /entry 1: "url" must begin with https/,
  ],
  "another protocol": [[{ url: "file:///etc/passwd", secret }], /entry 1: "url" must begin with https/],
  "a password": [[{ url: "https://user:s3cret@example.org/", secret }], /entry 1: "url" holds a user or a password/],
  "an unknown event": [[{ url, secret, types: ["lecture.started"] }], /entry 1: "types.0" must be one of lecture.comp/],
  "an unknown field": [[{ url, secret, event: [] }], /entry 1: it has "event"; only "id", "url"/],
  "an id that is none": [[{ url, secret, id: "a b" }], /entry 1: "id" must match pattern/],
  "two entries of one name": [
    [
      { url, secret, id: "crm" },
      { url: `${url}/2`, secret, id: "crm" },
    ],
    /two entries with the id crm/,
  ],
  "the same address twice": [[1, 2].map(() => ({ url, secret })), /two entries with the id webhook-/],
};
for (const [title, [content, complaint]] of Object.entries(wrong)) {
  test(`a file of webhooks is refused for ${title}, and no secret is shown`, async () => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    const isSo = (error: unknown): boolean => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, complaint);
      assert.doesNotMatch(error.message, /whsec_[A-Za-z0-9]|s3cret/);
      assert.ok(!error.message.includes(secret.slice(6, 20)), error.message);
      return true;
    };
    await assert.rejects(read(text), isSo);
  });
}

test("a file of webhooks that is not there is named, with what to do", () => {
  assert.throws(
    () => readWebhooks("/no/such.json"),
    /^ConfigError: WEBHOOKS_FILE: \/no\/such\.json cannot be read \(ENOENT\)/,
  );
});
