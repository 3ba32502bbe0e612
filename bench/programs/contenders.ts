import { jwtSecret, ServiceProcess } from "../../packages/server/test/support/process.ts";
import { Client } from "../../packages/server/test/support/process-client.ts";
import type { Production } from "../../packages/server/test/support/production.ts";
import { TempFolder } from "../../packages/server/test/support/temp-folder.ts";
import { isSave, pathOf, type RequestPlan } from "../load/request.ts";
import { Program } from "./program.ts";
import { courses } from "./students.ts";

/** A running server that is measured, with the processes behind it. */
export interface Contender {
  readonly name: string;
  readonly url: string;
  /** Whose CPU time is counted, by what they are: `service` at least. */
  readonly pids: Readonly<Record<string, number>>;
  /** What it is asked, where that is not what all are asked. */
  readonly requests?: readonly RequestPlan[];
}

type Settings = Readonly<Record<string, string>>;

/** Of one thousand students at a few connections, each asks more often than any student would. */
const unlimited = { RATE_LIMIT_PER_SECOND: "1000000" };

/** This service in production mode. */
export async function startProduction(production: Production, settings: Settings = {}): Promise<Contender> {
  const service = await production.readyService({ ...unlimited, ...settings });
  await production.teach(service, ...courses);
  return { name: "production", url: service.url, pids: { service: service.pid, ...storePids(production) } };
}

/** This service on a file of its own. */
export async function startEmbedded(stack: AsyncDisposableStack): Promise<Contender> {
  const folder = stack.use(await TempFolder.create());
  const service = stack.use(
    await ServiceProcess.start({ ...unlimited, DATA_FILE: folder.file("progress.sqlite"), LOG_LEVEL: "info" }),
  );
  const instructor = await Client.of(service.url, "instructor", { role: "instructor" });
  await instructor.importCourses([...courses]);
  return { name: "embedded", url: service.url, pids: { service: service.pid } };
}

/** What a team would write instead, on the same stores as production. */
export async function startBaseline(
  stack: AsyncDisposableStack,
  name: "upsert-per-save" | "dirty-set",
  production: Production,
  settings: Settings = {},
): Promise<Contender> {
  const program = stack.use(
    await Program.start(`../baselines/${name}.mjs`, {
      settings: {
        JWT_SECRET: jwtSecret,
        MONGODB_URL: production.mongodb.url(name.replaceAll("-", "_"), ""),
        REDIS_URL: `${production.redis.url}/1`,
        FLUSH_INTERVAL_MS: "300000",
        ...settings,
      },
    }),
  );
  const { redis, mongodb } = storePids(production);
  const stores = name === "dirty-set" ? { redis, mongodb } : { mongodb };
  return { name, url: program.url, pids: { service: program.pid, ...stores } };
}

/** The floor, with the answer that the service gives to the first of these requests. */
export async function startFloor(
  stack: AsyncDisposableStack,
  service: Contender,
  requests: readonly RequestPlan[],
): Promise<Contender> {
  const floor = await startFloorProgram(stack, service, requests);
  return { name: "floor", url: floor.url, pids: { service: floor.pid } };
}

/** A floor that keeps every body by a bare `SET`. */
export async function startBareSet(
  stack: AsyncDisposableStack,
  service: Contender,
  requests: readonly RequestPlan[],
  production: Production,
): Promise<Contender> {
  const settings = { REDIS_URL: `${production.redis.url}/2` };
  const floor = await startFloorProgram(stack, service, requests, settings);
  return { name: "bare-set", url: floor.url, pids: { service: floor.pid, redis: storePids(production).redis } };
}

async function startFloorProgram(
  stack: AsyncDisposableStack,
  service: Contender,
  [plan]: readonly RequestPlan[],
  settings: Settings = {},
): Promise<Program> {
  if (plan === undefined) throw new Error("The floor needs a request to answer.");
  const answer = await ask(service.url, plan);
  if (!answer.ok) throw new Error(`The service answered ${answer.status}: ${await answer.text()}`);
  // What Node adds to every answer by itself it adds to the floor's too.
  const own = [...answer.headers].filter(([name]) => !["date", "connection", "keep-alive"].includes(name));
  const input = JSON.stringify({ headers: own.flat(), body: await answer.text() });
  return stack.use(await Program.start("./floor.ts", { input, settings }));
}

function ask(url: string, plan: RequestPlan): Promise<Response> {
  const { token, kind, courseId, lectureId } = plan;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  if (!isSave(plan)) return fetch(url + pathOf(plan), { headers });
  const sessionStartedAt = Date.now();
  const session = kind === "session" && { sessionId: "0123456789abcdef", sessionStartedAt, elapsedMs: 0, seq: 0 };
  const body = JSON.stringify({ courseId, lectureId, watchTime: 1_000, ...session });
  return fetch(`${url}/api/v1/progress/save`, { method: "POST", headers, body });
}

function storePids({ redis, mongodb }: Production): { redis: number; mongodb: number } {
  return { redis: redis.pid, mongodb: mongodb.pid };
}
