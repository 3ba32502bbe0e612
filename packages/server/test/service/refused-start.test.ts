import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { EmbeddedDatabase } from "../../src/adapters/embedded/database.ts";
import { ServiceProcess, type Settings } from "../support/process.ts";
import { TempFolder } from "../support/temp-folder.ts";

const password = "a-password-nobody-may-see-in-a-log";
const noTokens = { JWT_SECRET: undefined, HOST: undefined };

test("--help lists every setting and starts nothing", async () => {
  const { code, output } = await ServiceProcess.runToEnd({}, { args: ["--help"] });
  assert.equal(code, 0);
  for (const name of settingNames) assert.match(output, new RegExp(`^ {2}${name} `, "m"));
  const listed = [...output.matchAll(/^ {2}([A-Z_]{3,}) /gm)].map(([, name = ""]) => name);
  assert.deepEqual(listed.toSorted(), settingNames.toSorted());
});

/** What the product promises; a new setting belongs here and into the list that the program prints. */
const settingNames = [
  ["HOST", "PORT", "REDIS_URL", "MONGODB_URL", "DATA_FILE", "LOG_LEVEL"],
  ["JWT_SECRET", "JWT_PUBLIC_KEY_FILE", "JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_ROLE_CLAIM"],
  [
    "FLUSH_INTERVAL_MS",
    "DEFAULT_TIME_ZONE",
    "STREAK_COUNTS",
    "STRICT_DURABILITY",
    "RATE_LIMIT_PER_SECOND",
    "CORS_ORIGINS",
    "WEBHOOKS_FILE",
    "ACHIEVEMENTS_FILE",
    "EVENT_STREAM",
    "EVENT_STREAM_LENGTH",
  ],
].flat();

suite("settings that cannot be used are named, with what to do", { concurrency: 2 }, () => {
  const cases: Record<string, [settings: Settings, ...complaints: RegExp[]]> = {
    "several at once": [
      {
        PORT: "70000",
        FLUSH_INTERVAL_MS: "soon",
        LOG_LEVEL: "loud",
        STREAK_COUNTS: "mark",
        STRICT_DURABILITY: "yes",
        RATE_LIMIT_PER_SECOND: "0",
        JWT_SECRET: "too-short-a-secret",
        EVENT_STREAM: "a b",
      },
      /PORT must be a whole number from 0 to 65535, not "70000"\./,
      /FLUSH_INTERVAL_MS must be a whole number from 10 to 86400000, not "soon"\./,
      /LOG_LEVEL must be one of fatal, error, .*silent, not "loud"\./,
      /STREAK_COUNTS must be one of completion, activity, not "mark"\./,
      /STRICT_DURABILITY must be one of true, false, not "yes"\./,
      /RATE_LIMIT_PER_SECOND must be a whole number from 1 to 1000000, not "0"\./,
      /JWT_SECRET must have at least 32 characters\. See/,
      /EVENT_STREAM must begin with a letter or digit and hold up to 100 .*, not "a b"\./,
    ],
    "achievements that are not there": [
      { ACHIEVEMENTS_FILE: "/nowhere.json" },
      /ACHIEVEMENTS_FILE: .*nowhere.json cannot be read/,
    ],
    "a stream without Redis": [{ EVENT_STREAM: "events" }, /EVENT_STREAM needs Redis/],
    "Redis without MongoDB": [{ REDIS_URL: `redis://:${password}@localhost` }, /REDIS_URL is set, but MONGODB_URL/],
    "MongoDB without Redis": [
      { MONGODB_URL: `mongodb://u:${password}@localhost/p` },
      /MONGODB_URL is set, but REDIS_URL/,
    ],
    "a URL of another kind": [
      { REDIS_URL: `http://u:${password}@localhost`, MONGODB_URL: "mongodb://localhost/p" },
      /REDIS_URL is not a URL that starts with redis:/,
    ],
    "no database name": [
      { REDIS_URL: "redis://localhost", MONGODB_URL: `mongodb://u:${password}@one,two` },
      /MONGODB_URL names no database: end it with one/,
    ],
    "production without tokens": [
      { ...noTokens, REDIS_URL: "redis://localhost", MONGODB_URL: `mongodb://u:${password},x@one:1,two:2/p` },
      /Nobody can sign in: set JWT_SECRET/,
    ],
    "two token sources": [
      { JWKS_URL: `https://u:${password}@localhost/` },
      /JWT_SECRET and JWKS_URL are both set: keep one/,
    ],
    "a key file that is missing": [
      { ...noTokens, JWT_PUBLIC_KEY_FILE: "/no/such.pem" },
      /\/no\/such\.pem.*name a PEM file/,
    ],
    "a demo for everybody": [{ ...noTokens, HOST: "0.0.0.0" }, /HOST is "0\.0\.0\.0", but a demo.*loopback only/],
    "an address of no machine": [
      { HOST: "192.0.2.254" },
      /HOST "192\.0\.2\.254" is no address of this machine: set HOST/,
    ],
    "a host name of no machine": [{ HOST: "no-such-host.invalid" }, /HOST "no-such-host\.invalid" is no address/],
    "no time zone": [
      { DEFAULT_TIME_ZONE: "Mars/Olympus" },
      /DEFAULT_TIME_ZONE "Mars\/Olympus" is no IANA.*use one such as/,
    ],
  };
  for (const [title, [settings, ...complaints]] of Object.entries(cases)) {
    test(title, async () => {
      await using folder = await TempFolder.create();
      await isRefused({ DATA_FILE: folder.file("progress.sqlite"), ...settings }, ...complaints);
    });
  }
});

test("an unknown argument is named, with what to do", async () => {
  const { code, output } = await ServiceProcess.runToEnd({}, { args: ["--port=80"] });
  assert.equal(code, 1);
  assert.equal(output, 'Unknown argument "--port=80". Settings are environment variables: see npm start -- --help.\n');
});

suite("a key file with no usable public key is refused", { concurrency: 2 }, () => {
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  const cases = {
    "cut off": `-----BEGIN PUBLIC KEY-----\n${password}\n-----END PUBLIC KEY-----\n`,
    "too weak": weak.export({ type: "spki", format: "pem" }),
  };
  for (const [title, pem] of Object.entries(cases)) {
    test(title, async () => {
      await using folder = await TempFolder.create();
      writeFileSync(folder.file("key.pem"), pem);
      const settings = { ...noTokens, DATA_FILE: folder.file("p.sqlite"), JWT_PUBLIC_KEY_FILE: folder.file("key.pem") };
      await isRefused(settings, /JWT_PUBLIC_KEY_FILE .*name a PEM file with an RSA key of at least 2048 bits/);
    });
  }
});

test("a used port is named, with what to do", async () => {
  await using folder = await TempFolder.create();
  await using server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const settings = { DATA_FILE: folder.file("progress.sqlite"), PORT: String(port) };
  await isRefused(
    settings,
    new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is used by another program: stop it, or set PORT`),
  );
});

test("a port that a demo cannot have is named before the demo is prepared", async () => {
  await using folder = await TempFolder.create();
  await using server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const settings = { ...noTokens, DATA_FILE: folder.file("progress.sqlite"), PORT: String(port) };
  const { code, output } = await ServiceProcess.runToEnd(settings);
  assert.equal(code, 1);
  assert.match(output, /^Port \d+ on 127\.0\.0\.1 is used by another program/);
});

test("settings that look misspelt are asked after, and are no error", async () => {
  const misspelt = { FLUSH_INTERVAL: "10", REDIS_URI: password, JWT_SECRT: password, MONGO_URL: password };
  const others = { HOSTS: "x", POST: "x", HOME: "/", REDIS_SERVER: "x", MONGOD: "x", DATA_FOLDER: "x" };
  const { output } = await ServiceProcess.runToEnd({ ...noTokens, ...misspelt, ...others, HOST: "192.0.2.254" });
  const meant = ["FLUSH_INTERVAL_MS", "REDIS_URL", "JWT_SECRET", "MONGODB_URL"];
  const asked = output.matchAll(/^(\w+) is no setting\. Did you mean (\w+)\?/gm);
  assert.deepEqual(
    new Map(asked.map(([, name, setting]) => [name, setting])),
    new Map(Object.keys(misspelt).map((name, index) => [name, meant[index]])),
  );
  assert.ok(!output.includes(password));
  assert.match(output, /HOST is "192\.0\.2\.254"/);
});

suite("a data file that cannot be used is named, with what to do", { concurrency: 2 }, () => {
  const cases: Record<string, [prepare: (folder: TempFolder, file: string) => void, complaint: RegExp]> = {
    "below a regular file": [
      (folder) => writeFileSync(folder.file("data"), "a file"),
      /The folder of the data file .* set DATA_FILE/,
    ],
    "a folder": [(_, file) => mkdirSync(file, { recursive: true }), /is a folder\. Set DATA_FILE to a file/],
    "no database": [(_, file) => writeFileSync(file, "x".repeat(10_000)), /is not a database.*Set DATA_FILE/],
    "damaged in the middle": [damagedDatabase, /is damaged .*Restore it from a backup, or move it away/],
    "a database of another program": [foreignDatabase, /is a database of another program\. Set DATA_FILE/],
  };
  for (const [title, [prepare, complaint]] of Object.entries(cases)) {
    test(title, async () => {
      await using folder = await TempFolder.create();
      const isBelowFile = title === "below a regular file";
      if (!isBelowFile) mkdirSync(folder.file("data"));
      const file = folder.file("data", "progress.sqlite");
      prepare(folder, file);
      await isRefused({ DATA_FILE: file }, complaint);
    });
  }
});

function foreignDatabase(_: TempFolder, file: string): void {
  using database = new DatabaseSync(file);
  database.exec("CREATE TABLE things (name TEXT)");
}

function damagedDatabase(_: TempFolder, file: string): void {
  EmbeddedDatabase.open(file)[Symbol.dispose]();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0x5a, 4_096 * 3, 4_096 * 6));
}

/** Ends with 1, complains in sentences, shows neither a stack nor a secret. */
async function isRefused(settings: Settings, ...complaints: RegExp[]): Promise<void> {
  const { code, output } = await ServiceProcess.runToEnd(settings);
  assert.equal(code, 1, output);
  for (const complaint of complaints) assert.match(output, complaint);
  assert.doesNotMatch(output, / {4}at |Error:|node:internal/);
  for (const secret of [password, settings["JWT_SECRET"]]) assert.ok(secret === undefined || !output.includes(secret));
}
