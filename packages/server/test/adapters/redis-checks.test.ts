import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { inspect } from "node:util";
import { checkRedis, type Finding } from "../../src/adapters/redis/checks.ts";
import { RedisConnection } from "../../src/adapters/redis/connection.ts";
import { unavailable } from "../../src/adapters/redis/failures.ts";
import { RedisHealth } from "../../src/adapters/redis/health.ts";
import { parseRedisUrl, RedisUrlError } from "../../src/adapters/redis/redis-url.ts";
import type { PartHealth } from "../../src/ports/stores.ts";
import { eventually } from "../support/eventually.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";

describe("REDIS_URL", () => {
  it("names a server, its database and its user", () => {
    const address = parseRedisUrl("rediss://me:p%40ss@[::1]:7000/3");
    assert.deepEqual(address, {
      nodes: [{ host: "::1", port: 7000 }],
      isCluster: false,
      isTls: true,
      database: 3,
      username: "me",
      password: "p@ss",
      shown: "::1:7000",
    });
    assert.deepEqual(parseRedisUrl("redis://cache").nodes, [{ host: "cache", port: 6379 }]);
  });

  it("names a Cluster by any of its nodes", () => {
    const { nodes, isCluster } = parseRedisUrl("redis://a:1?cluster=true&node=b:2&node=c");
    assert.ok(isCluster);
    assert.deepEqual(
      nodes.map(({ host, port }) => `${host}:${port}`),
      ["a:1", "b:2", "c:6379"],
    );
  });

  it("is refused in a sentence that does not repeat it", () => {
    const wrong = ["http://s3cret@x", "redis://", "s3cret", "redis://:s3cret@x/y", "redis://:s3cret@x?claster=true"];
    wrong.push("redis://:s3cret@x?cluster=yes", "redis://:s3cret@x?node=y", "redis://:s3cret@x/1?cluster=true");
    for (const url of wrong) {
      assert.throws(
        () => parseRedisUrl(url),
        (error: Error) => error instanceof RedisUrlError && !error.message.includes("s3cret"),
      );
    }
  });
});

describe("What a caller is told of a failure", () => {
  it("has no command, which may hold a password or a student's data", () => {
    const error = Object.assign(new Error("WRONGPASS invalid"), { command: { name: "auth", args: ["s3cret"] } });
    const told = unavailable(error);
    assert.equal(told.code, "buffer_unavailable");
    assert.ok(!inspect(told, { depth: 10 }).includes("s3cret"));
    assert.match(inspect(told), /WRONGPASS/);
    assert.equal(unavailable(told), told);
  });
});

describe("A look at how Redis is set up", { skip: redisIsMissing() }, () => {
  const stack = new AsyncDisposableStack();
  let server: RedisServer;
  before(async () => {
    server = stack.use(await RedisServer.start({ settings: { maxmemory: "100mb", appendfsync: "always" } }));
  });
  after(() => stack.disposeAsync());

  async function findings(settings: Record<string, string> = {}, url = server.url): Promise<Finding[]> {
    const admin = server.client();
    const usual = await Promise.all(Object.keys(settings).map((name) => admin.config("GET", name)));
    for (const [name, value] of Object.entries(settings)) await admin.config("SET", name, value);
    const connection = new RedisConnection({ url });
    await connection.ready();
    try {
      return await checkRedis(connection);
    } finally {
      for (const [name, value] of usual as [string, string][]) await admin.config("SET", name, value);
      await connection[Symbol.asyncDispose]();
    }
  }

  it("finds nothing when all is well", async () => {
    assert.deepEqual(await findings(), []);
  });

  it("says of every unsafe setting what to set", async () => {
    const unsafe = {
      appendonly: "no",
      appendfsync: "no",
      "no-appendfsync-on-rewrite": "yes",
      "maxmemory-policy": "allkeys-lru",
    };
    for (const [name, value] of Object.entries(unsafe)) {
      const [finding, ...others] = await findings({ [name]: value });
      assert.deepEqual(others, []);
      assert.equal(finding?.severity, "unsafe");
      assert.match(
        finding.sentence,
        new RegExp(`Redis at 127.0.0.1:${server.port} .*"${name} ${value}".*: set "${name} `),
      );
    }
  });

  it("says what a crash may cost under everysec, and that there is no limit of memory", async () => {
    const found = await findings({ appendfsync: "everysec", maxmemory: "0" });
    assert.deepEqual(
      found.map(({ severity }) => severity),
      ["note", "note"],
    );
    assert.match(found.map(({ sentence }) => sentence).join(" "), /last 2 s.*"maxmemory"/);
  });

  it("says so when it may not look", async () => {
    const admin = server.client();
    await admin.acl("SETUSER", "guest", "on", ">pass", "~*", "+@all", "-config");
    const [finding, ...others] = await findings({}, `redis://guest:pass@127.0.0.1:${server.port}`);
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, "unsafe");
    assert.match(finding.sentence, /does not permit CONFIG GET/);
  });

  it("finds keys that were written into other shards, or with other fields", async () => {
    const admin = server.client();
    for (const layout of ["32 shards, hashes 2", "64"]) {
      await admin.set("shards", layout);
      const [finding] = await findings();
      await admin.del("shards");
      assert.equal(finding?.severity, "wrong");
      assert.match(
        finding.sentence,
        /in the layout "(32 shards, hashes 2|64)", this version needs "64 .*: run "drain"/,
      );
    }
  });

  it("finds a Cluster that REDIS_URL does not call one", async () => {
    await using node = await RedisServer.start({ settings: { "cluster-enabled": "yes" } });
    const connection = new RedisConnection({ url: node.url });
    await using health = new WatchedHealth(connection, true);
    const detail = await health.detail(/Cluster/);
    assert.match(detail, /is part of a Cluster: add \?cluster=true to REDIS_URL/);
  });
});

/** Health of a connection, both gone afterwards. */
class WatchedHealth implements AsyncDisposable {
  readonly #connection: RedisConnection;
  readonly #health: RedisHealth;

  constructor(connection: RedisConnection, strictDurability: boolean) {
    this.#connection = connection;
    this.#health = new RedisHealth(connection, { strictDurability });
  }

  becomes(status: PartHealth["status"]): Promise<PartHealth> {
    return eventually(async () => (this.#health.health.status === status ? this.#health.health : undefined));
  }

  detail(pattern: RegExp): Promise<string> {
    return eventually(async () => {
      const { detail = "" } = this.#health.health;
      return pattern.test(detail) ? detail : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#health[Symbol.dispose]();
    await this.#connection[Symbol.asyncDispose]();
  }
}

describe("Whether Redis is ready", { skip: redisIsMissing() }, () => {
  it("follows the server's settings from one start to the next", async () => {
    await using server = await RedisServer.start();
    await using health = new WatchedHealth(new RedisConnection({ url: server.url }), true);
    await health.becomes("ok");
    await server.kill();
    await health.becomes("unavailable");
    await server.start({ appendonly: "no" });
    assert.match(
      await health.detail(/appendonly/),
      /keeps nothing on its disk \("appendonly no"\): set "appendonly yes"/,
    );
    await server.kill();
    await server.start();
    await health.becomes("ok");
  });

  it("minds unsafe settings only when it should", async () => {
    await using server = await RedisServer.start({ settings: { appendonly: "no" } });
    await using strict = new WatchedHealth(new RedisConnection({ url: server.url }), true);
    await using relaxed = new WatchedHealth(new RedisConnection({ url: server.url }), false);
    await relaxed.becomes("ok");
    await strict.detail(/appendonly/);
  });

  it("says that the password is wrong, or missing, and shows none", async () => {
    await using server = await RedisServer.start({ settings: { requirepass: "correct" }, password: "correct" });
    const at = `127.0.0.1:${server.port}`;
    const expected = [
      [`redis://:s3cret@${at}`, /refuses the user name or password: correct them in REDIS_URL/],
      [`redis://${at}`, /wants a password: put it into REDIS_URL/],
    ] as const;
    for (const [url, pattern] of expected) {
      await using health = new WatchedHealth(new RedisConnection({ url }), true);
      const detail = await health.detail(pattern);
      assert.ok(!detail.includes("s3cret"));
    }
    await using health = new WatchedHealth(new RedisConnection({ url: `redis://:correct@${at}` }), true);
    await health.becomes("ok");
  });

  it("says that there is no TLS, or no server", async () => {
    await using server = await RedisServer.start();
    await using encrypted = new WatchedHealth(new RedisConnection({ url: `rediss://127.0.0.1:${server.port}` }), true);
    await encrypted.detail(/cannot be reached over TLS|cannot be reached/);
    await using nobody = new WatchedHealth(new RedisConnection({ url: "redis://127.0.0.1:1" }), true);
    await nobody.detail(/takes no connections: start it, or correct REDIS_URL/);
    await using unknown = new WatchedHealth(new RedisConnection({ url: "redis://nowhere.invalid" }), true);
    await unknown.detail(/has a name that is not known: correct REDIS_URL/);
  });
});
