import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Redis } from "ioredis";
import { until } from "../support/process-waiting.ts";
import { ServiceProcess, type Settings } from "../support/process.ts";
import { becomesReady, complains, patiently, Production, storesAreMissing } from "../support/production.ts";

const password = "s3cret-nobody-may-see";

suite("how production is set up", { skip: storesAreMissing(), concurrency: 2 }, () => {
  const resources = new AsyncDisposableStack();
  let production: Production;
  let admin: Redis;

  before(async () => {
    production = resources.use(await Production.start());
    admin = resources.adopt(new Redis(production.redis.url), (client) => client.disconnect());
  });
  after(() => resources.disposeAsync());

  function showsNoPassword(...texts: string[]): void {
    for (const text of texts) assert.doesNotMatch(text, /s3cret/);
  }

  test("a wrong password of Redis is named and not shown; corrected there, it is let in without a restart", async () => {
    await admin.acl("SETUSER", "service", "on", ">another", "~*", "+@all");
    const url = production.redis.url.replace("://", `://service:${password}@`);
    await using service = await ServiceProcess.start({ ...production.settings(), REDIS_URL: url });
    const said = await complains(service, "redis", /refuses the user name or password: correct them in REDIS_URL/);
    await admin.acl("SETUSER", "service", `>${password}`);
    await becomesReady(service);
    showsNoPassword(said, service.output);
  });

  test("a wrong password of MongoDB is named and not shown; corrected there, it is let in without a restart", async () => {
    const fault = await production.mongodb.fail({ failCommands: ["saslStart"], errorCode: 18 }, "alwaysOn");
    const url = String(production.settings()["MONGODB_URL"]).replace("://", `://service:${password}@`);
    await using service = await ServiceProcess.start({ ...production.settings(), MONGODB_URL: url });
    const said = await complains(service, "mongodb", /refuses the user or the password of MONGODB_URL/);
    await fault[Symbol.asyncDispose]();
    showsNoPassword(said, service.output);
  });

  test("TLS where there is none is named, for both", async () => {
    const { REDIS_URL = "", MONGODB_URL = "" } = production.settings();
    const settings = {
      REDIS_URL: REDIS_URL.replace("redis://", `rediss://:${password}@`),
      MONGODB_URL: `${MONGODB_URL.replace("://", `://me:${password}@`)}?tls=true`,
    };
    await using service = await ServiceProcess.start({ ...production.settings(), ...settings });
    await until("MongoDB was tried", () => service.output.includes("store_unavailable"), patiently);
    // Asked for the first time, and told at once.
    const first = await (await fetch(`${service.url}/health/ready`)).text();
    assert.match(first, /TLS to MongoDB fails/);
    const said = [
      await complains(service, "redis", /TLS/, { alone: false }),
      await complains(service, "mongodb", /TLS to MongoDB fails.*check tls and tlsCAFile/, { alone: false }),
    ];
    showsNoPassword(...said, service.output);
  });

  test("a URL that cannot be used ends the start with a sentence, not with a stack", async () => {
    const refused: [Settings, RegExp][] = [
      [{ REDIS_URL: `redis://:${password}@localhost?claster=true` }, /^REDIS_URL has the parameter "claster"/],
      [
        { MONGODB_URL: `mongodb://me:${password}@localhost/progress?unknown=1` },
        /^MONGODB_URL is not a connection string/,
      ],
    ];
    for (const [settings, sentence] of refused) {
      const { code, output } = await ServiceProcess.runToEnd({ ...production.settings(), ...settings });
      assert.equal(code, 1);
      assert.match(output, sentence);
      assert.doesNotMatch(output, /^ +at /m);
      showsNoPassword(output);
    }
  });
});

const unsafe = { appendonly: "no", "maxmemory-policy": "allkeys-lru", "no-appendfsync-on-rewrite": "yes" };

suite("a Redis that may lose what was acknowledged", { skip: storesAreMissing() }, () => {
  test("is not used when durability is strict, and warned of when it is not", async () => {
    await using production = await Production.start({ redis: { settings: unsafe } });
    const [strict, relaxed] = await Promise.all([
      production.service(),
      production.readyService({ STRICT_DURABILITY: "false" }),
    ]);
    for (const [name, value] of Object.entries(unsafe)) {
      await complains(strict, "redis", new RegExp(`\\("${name} ${value}"\\): set "${name} `));
      const warning = JSON.stringify(`("${name} ${value}"): set "${name} `).slice(1, -1);
      await until("it is warned of", () => relaxed.output.includes(warning), patiently);
    }
  });
});
