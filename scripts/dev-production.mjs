// Runs the production set-up on this machine: one redis-server, one mongod and two service processes that share them.
// Everything it starts it also ends; what they store is kept in data/production until you delete that folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createHmac, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { root } from "./node26.mjs";

const usage = `Runs redis-server, mongod and two service processes on this machine; Ctrl+C ends them all.

  npm run dev:production -- --port 3000 --data data/production

The service listens on this port (by default PORT, else 3000) and the next, Redis on +2, MongoDB on +3. What they store is kept in the data folder.
REDIS_SERVER and MONGOD name the programs if they are not redis-server and mongod on the PATH. Other settings of the
service (FLUSH_INTERVAL_MS, LOG_LEVEL, ...) are passed on.`;

const values = optionsOf(process.argv.slice(2));
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const port = Number(values.port);
const lastPort = 65_535 - 3;
if (!Number.isInteger(port) || port < 1 || port > lastPort)
  refuse(`The port must be a whole number from 1 to ${lastPort}, not "${values.port}".`);

const folder = values.data;
const secret = keptSecret();
const children = [];
const stopping = new AbortController();

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void stop(0));

const redisPort = String(port + 2);
const mongodbPort = String(port + 3);
const durability = { appendonly: "yes", appendfsync: "everysec", save: "", "maxmemory-policy": "noeviction" };
start(
  "redis",
  process.env.REDIS_SERVER ?? "redis-server",
  flags({ port: redisPort, bind: "127.0.0.1", dir: folderOf("redis"), maxmemory: "1gb", ...durability }),
);
start(
  "mongod",
  process.env.MONGOD ?? "mongod",
  flags({ port: mongodbPort, bind_ip: "127.0.0.1", dbpath: folderOf("mongodb") }),
);
for (const ownPort of [port, port + 1]) {
  start(`service ${ownPort}`, process.execPath, [join(root, "packages/server/src/main.ts")], {
    HOST: "127.0.0.1",
    PORT: String(ownPort),
    JWT_SECRET: secret,
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    MONGODB_URL: `mongodb://127.0.0.1:${mongodbPort}/progress`,
  });
}
await Promise.all([untilReady(port), untilReady(port + 1)]);
if (!stopping.signal.aborted) console.log(welcome());

function optionsOf(args) {
  const options = {
    port: { type: "string", default: process.env.PORT ?? "3000" },
    data: { type: "string", default: join(root, "data", "production") },
    help: { type: "boolean" },
  };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(complaint) {
  console.error(`${complaint}\nSee npm run dev:production -- --help.`);
  process.exit(2);
}

function start(name, program, args, environment = {}) {
  const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  // What the stores say is of no interest while they run; what they said last is when one ends by itself.
  let last = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      last = `${last}${text}`.slice(-2_000);
      if (name.startsWith("service")) process.stdout.write(String(text).replace(/^(?=.)/gm, `[${name}] `));
    });
  }
  child.on(
    "error",
    () => void stop(1, `${program} cannot be started: install it, or name it by the environment (see --help).`),
  );
  child.on("exit", (code, signal) => void stop(1, `${name} ended by itself (${code ?? signal}).\n${last}`));
  children.push({ name, child });
}

function flags(settings) {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Ends the services first, so that they can finish their flush. */
async function stop(code, reason) {
  if (stopping.signal.aborted) return;
  stopping.abort();
  if (reason) console.error(reason);
  for (const group of [children.filter(isService), children.filter((each) => !isService(each))]) {
    await Promise.all(group.map(({ child }) => end(child)));
  }
  process.exit(code);
}

async function end(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await Promise.race([ended, delay(15_000, undefined, { ref: false }).then(() => child.kill("SIGKILL"))]);
}

async function untilReady(servicePort) {
  for (let seconds = 0; !stopping.signal.aborted; seconds++) {
    const answer = await fetch(`http://127.0.0.1:${servicePort}/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
    if (seconds % 5 === 4)
      console.log(`Waiting for port ${servicePort}: ${answer ? await answer.text() : "not listening yet"}`);
    await delay(1_000);
  }
}

function welcome() {
  const [one, other] = [port, port + 1].map((each) => `http://127.0.0.1:${each}`);
  const auth = '-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json"';
  return `
Two processes, one Redis (port ${redisPort}), one MongoDB (port ${mongodbPort}). Save at one, read at the other (paste all):

  TOKEN=${token({ sub: "student-1", role: "instructor" })}
  curl -X PUT ${one}/api/v1/courses/c1 ${auth} -d '{"title":"A course"}'; echo
  curl -X POST ${one}/api/v1/courses/c1/lectures ${auth} -d '{"lectureId":"l1","title":"A lecture","durationSeconds":600}'; echo
  curl -X POST ${one}/api/v1/progress/save ${auth} -d '{"courseId":"c1","lectureId":"l1","watchTime":61.25}'; echo
  curl ${other}/api/v1/progress/c1 ${auth}; echo

Operate it:  REDIS_URL=redis://127.0.0.1:${redisPort} MONGODB_URL=mongodb://127.0.0.1:${mongodbPort}/progress JWT_SECRET=${secret} npm run ops -- status

Ctrl+C ends all four.
`;
}

function token(claims) {
  const parts = [{ alg: "HS256" }, { ...claims, exp: Math.floor(Date.now() / 1000) + 86_400 }];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function keptSecret() {
  const file = join(folder, "secret");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

function folderOf(name) {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function isService({ name }) {
  return name.startsWith("service");
}
