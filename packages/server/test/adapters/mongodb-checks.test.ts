import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkMongo, checkStorage, checkVersion } from "../../src/adapters/mongodb/checks.ts";
import { ConnectionUrlError, MongoConnection } from "../../src/adapters/mongodb/connection.ts";
import { MongoProgressStore } from "../../src/adapters/mongodb/store.ts";
import { openMongoStores } from "../../src/adapters/mongodb/stores.ts";
import { ProgressError } from "../../src/domain/errors.ts";
import { someKey, writeOf } from "../support/mongodb-fixture.ts";
import { eventually } from "../support/eventually.ts";
import { MongodbServer, withoutMongod } from "../support/mongodb-server.ts";

const isUnavailable = (error: unknown): boolean => error instanceof ProgressError && error.code === "store_unavailable";

/** What is found, as text; fails when it shows the password. */
async function adviceOf(url: string): Promise<string> {
  await using connection = MongoConnection.open(url);
  const findings = await checkMongo(connection);
  const text = findings.map(({ severity, advice }) => `${severity}: ${advice}`).join("\n");
  assert.doesNotMatch(text, /s3cret/);
  return text;
}

describe("the URL of MongoDB", () => {
  it("is refused, and never repeated, when it cannot be used", () => {
    const urls = [
      "mongodb://bob:s3cret@host:27017",
      "mongodb://bob:s3cret@host:27017/",
      "mongodb://bob:s3cret@host:27017/?authSource=admin",
      "mongodb://bob:s3cret@host:99999/progress",
      "mongodb://bob:s3cret%@host/progress",
      "mongodb://bob:s3cret@@host/progress",
      "mongodb://bob:s3/cret@host/progress",
      "mongodb://bob:s3cret@host/progress?unknown=option",
      "mongodb://bob:s3cret@host/progress?authMechanism=s3cret",
      "http://bob:s3cret@host/progress",
      "s3cret",
      "",
    ];
    for (const url of urls) {
      const isSafe = (error: unknown): boolean =>
        error instanceof ConnectionUrlError &&
        /MONGODB_URL.*write it as/.test(error.message) &&
        !/s3|bob/.test(`${error.stack} ${String(error.cause)}`);
      assert.throws(() => MongoConnection.open(url), isSafe, url);
    }
    const unknownOption = "mongodb://bob:s3cret@host/progress?unknown=option";
    assert.throws(() => MongoConnection.open(unknownOption), /option unknown is not supported/);
  });

  it("cannot weaken what is promised", async () => {
    const others = "retryWrites=true&readPreference=secondary&socketTimeoutMS=0";
    for (const weak of ["w=1&journal=false&wtimeoutMS=60000", "w=0&j=false&wtimeout=0"]) {
      await using connection = MongoConnection.open(`mongodb://host/progress?${weak}&${others}`);
      for (const { writeConcern = {} } of Object.values(connection.collections)) {
        const { w, j, wtimeout } = writeConcern;
        assert.deepEqual({ w, j, wtimeout }, { w: "majority", j: true, wtimeout: 4_000 }, weak);
      }
      const { retryWrites, readPreference, socketTimeoutMS } = connection.client.options;
      assert.deepEqual([retryWrites, readPreference.mode, socketTimeoutMS], [false, "primary", 5_000]);
    }
  });
});

describe("checking MongoDB", () => {
  it("asks for version 4.4 or later", () => {
    for (const versionArray of [
      [4, 4, 0, 0],
      [5, 0],
      [8, 0, 1],
    ])
      assert.deepEqual(checkVersion({ versionArray }), []);
    for (const versionArray of [[3, 6], [4, 2, 9], []]) {
      const [finding] = checkVersion({ versionArray, version: "4.2.9" });
      assert.equal(finding?.severity, "unusable");
      assert.match(finding.advice, /4\.2\.9.*4\.4 or later/);
    }
  });

  it("calls storage in memory unsafe", () => {
    assert.deepEqual(checkStorage({ storageEngine: { name: "wiredTiger", persistent: true } }), []);
    assert.deepEqual(checkStorage({}), []);
    assert.equal(checkStorage({ storageEngine: { name: "inMemory", persistent: false } })[0]?.severity, "unsafe");
  });

  describe("on a server", { skip: withoutMongod }, () => {
    it("finds nothing wrong with it, and makes the indexes", async () => {
      await using server = await MongodbServer.start();
      assert.equal(await adviceOf(server.url("progress")), "");
      await using connection = MongoConnection.open(server.url("progress"));
      await connection.ready();
      const indexes = await connection.collections.progress.indexes();
      const unique = indexes.filter((index) => index.unique === true).map(({ name }) => name);
      assert.ok(unique.includes("userId_1_courseId_1"));
      const names = new Set(indexes.map(({ name }) => name));
      assert.ok(names.has("userId_1_completedCount_1_courseCompletedAt_1") && names.has("outbox.occurredAt_1"));
    });

    it("says what to do when it is away, and comes back by itself", async () => {
      await using server = await MongodbServer.start();
      await server.kill();
      await using connection = MongoConnection.open(server.url("progress"));
      const store = new MongoProgressStore(connection);
      const key = someKey();
      const [findings, outcomes] = await Promise.all([
        checkMongo(connection),
        store.join([writeOf(key, { a: 1 })]),
        assert.rejects(store.read(key), isUnavailable),
      ]);
      assert.match(findings[0]?.advice ?? "", /MongoDB does not answer.*ECONNREFUSED.*MONGODB_URL/);
      assert.equal(outcomes[0]?.status, "unknown");
      await server.restart();
      assert.deepEqual(await checkMongo(connection), []);
      assert.equal((await store.join([writeOf(key, { a: 1 })]))[0]?.status, "written");
    });

    it("says what to do about a wrong password, TLS, rights and a missing majority", async () => {
      await using server = await MongodbServer.start();
      const withPassword = server.url("progress").replace("://", "://bob:s3cret@");
      {
        await using _ = await server.fail({ failCommands: ["saslStart"], errorCode: 18 }, "alwaysOn");
        assert.match(await adviceOf(withPassword), /^unusable: .*password of MONGODB_URL/);
      }
      assert.match(await adviceOf(server.url("progress", "tls=true")), /^unusable: .*TLS/);
      assert.match(await adviceOf(server.url("progress", "tls=true&tlsCAFile=/no/such/file")), /cannot be read/);
      {
        await using _ = await server.fail({ failCommands: ["createIndexes"], errorCode: 13 }, "alwaysOn");
        assert.match(await adviceOf(server.url("progress")), /may not make indexes.*readWrite/);
      }
      {
        await using _ = await server.fail({ failCommands: ["update"], errorCode: 13 });
        assert.match(await adviceOf(server.url("progress")), /lacks rights.*readWrite on progress/);
      }
      const writeConcernError = { code: 64, errmsg: "waiting for replication timed out" };
      await using _ = await server.fail({ failCommands: ["update"], writeConcernError });
      assert.match(await adviceOf(server.url("progress")), /majority.*replica set/);
    });

    it("stores nothing before its documents are unique, and says which are not", async () => {
      await using server = await MongodbServer.start();
      await using connection = MongoConnection.open(server.url("progress"));
      const key = someKey();
      await connection.client.connect();
      await connection.collections.progress.insertMany([{ ...key }, { ...key }]);
      const [outcome] = await new MongoProgressStore(connection).join([writeOf(key, { a: 1 })]);
      assert.ok(outcome?.status === "unknown");
      assert.match(outcome.reason, /progress\.progress must be unique.*doubles/);
    });

    it("tells readiness by the stores, and reaches nothing after they are disposed of", async () => {
      await using server = await MongodbServer.start();
      const stores = openMongoStores(server.url("progress"), { isStrict: true });
      // The first look also makes the indexes, which may take longer than a probe waits.
      const isOk = async (): Promise<boolean> => (await stores.health())["mongodb"]?.status === "ok";
      await eventually(async () => (await isOk()) || undefined);
      const key = someKey();
      await stores.store.join([writeOf(key, { a: 1 })]);
      await stores[Symbol.asyncDispose]();
      await assert.rejects(stores.store.read(key), isUnavailable);
      assert.equal((await stores.store.join([writeOf(key, { a: 1 })]))[0]?.status, "unknown");
      assert.equal((await stores.health())["mongodb"]?.status, "unavailable");
    });
  });
});
