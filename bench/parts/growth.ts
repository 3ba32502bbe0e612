import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { issueToken } from "../../packages/server/src/demo/token.ts";
import { jwtSecret } from "../../packages/server/test/support/process.ts";
import { Production } from "../../packages/server/test/support/production.ts";
import type { RequestPlan } from "../load/request.ts";
import { type Contender, startFloor, startProduction } from "../programs/contenders.ts";
import { drain } from "../programs/operating.ts";
import { fillBuffer, type Shelf, shelfCourse, stock } from "../programs/stocking.ts";
import { requestsOf } from "../programs/students.ts";
import { number, withRange } from "../report/format.ts";
import { measureCosts, type RequestCost } from "./cost-rounds.ts";
import type { Part, Run, Table } from "./part.ts";

interface AtSize {
  readonly size: number;
  readonly cost: RequestCost;
}

interface SaveGrowth extends AtSize {
  readonly redisBytes: number;
  readonly serviceBytes: number;
}

export interface Growth {
  readonly saves: readonly SaveGrowth[];
  readonly reads: readonly AtSize[];
  readonly dashboards: readonly AtSize[];
  readonly flushes: readonly { readonly keys: number; readonly seconds: number }[];
}

/** How a cost grows shows in fewer rounds than how far it is from a target. */
const rough = { rounds: 3, turns: 20 };

const never = "86400000";
const savers = 1_000;
const askers = 8;
/** Redis would copy its log at sizes that say nothing about saves. */
const noRewrites = { "auto-aof-rewrite-percentage": "0" };

/** What does not stay the same when there is more of everything. */
export const growth: Part<Growth> = {
  name: "growth",
  about: "saves with 1,000 to 1,000,000 known keys, reads of small and large courses, dashboards, flush throughput",
  measure: async (run) => ({
    saves: await growingBuffer(run),
    ...(await largeShelves(run)),
    flushes: await flushThroughputs(run),
  }),
  tables: ({ saves, reads, dashboards, flushes }) => [
    saveTable(saves),
    sizeTable("GET progress of a course with so many watched lectures", "lectures", reads),
    sizeTable("GET course progress of a student with so many courses", "courses", dashboards),
    {
      heading: "Flush, by one process",
      columns: ["dirty keys", "seconds", "keys/s"],
      rows: flushes.map(({ keys, seconds }) => [number(keys, 0), number(seconds), number(keys / seconds, 0)]),
    },
  ],
};

async function growingBuffer(run: Run): Promise<SaveGrowth[]> {
  await using stack = new AsyncDisposableStack();
  run.show("starting Redis, MongoDB and the service");
  const stores = stack.use(await Production.start({ redis: { settings: noRewrites } }));
  const production = await startProduction(stores, { FLUSH_INTERVAL_MS: never });
  const requests = await requestsOf("save", savers);
  const floor = await startFloor(stack, production, requests);
  const redis = stores.redis.client();
  const found: SaveGrowth[] = [];
  for (const size of run.isQuick ? [1_000, 10_000] : [1_000, 10_000, 100_000, 1_000_000]) {
    const known = found.at(-1)?.size ?? savers;
    await fillBuffer(stores, size - known, run);
    const costs = await measureCosts([floor, production], requests, { ...run, ...rough });
    found.push({ size, cost: ownCost(costs), ...(await memoryOf(redis, production)) });
  }
  return found;
}

/** Small and large courses, few and many of them, side by side. */
async function largeShelves(run: Run): Promise<{ reads: AtSize[]; dashboards: AtSize[] }> {
  await using stack = new AsyncDisposableStack();
  run.show("starting Redis, MongoDB and the service");
  const stores = stack.use(await Production.start());
  const production = await startProduction(stores);
  const courses: Shelf[] = [10, 10_000].map((lectures) => ({ userId: `lectures-${lectures}`, courses: 1, lectures }));
  const shelves: Shelf[] = [10, 1_000].map((count) => ({ userId: `courses-${count}`, courses: count, lectures: 2 }));
  await stock(await stores.database(), [...courses, ...shelves]);
  const measure = async (kind: RequestPlan["kind"], { userId }: Shelf): Promise<RequestCost> => {
    run.show(`reading ${userId}`);
    const request = await requestOf(kind, userId);
    const requests = Array.from({ length: askers }, () => request);
    const floor = await startFloor(stack, production, requests);
    return ownCost(await measureCosts([floor, production], requests, { ...run, ...rough, connections: askers }));
  };
  const [reads, dashboards]: [AtSize[], AtSize[]] = [[], []];
  for (const shelf of courses) reads.push({ size: shelf.lectures, cost: await measure("read", shelf) });
  for (const shelf of shelves) dashboards.push({ size: shelf.courses, cost: await measure("dashboard", shelf) });
  return { reads, dashboards };
}

async function flushThroughputs(run: Run): Promise<Growth["flushes"]> {
  await using stores = await Production.start();
  const found: { keys: number; seconds: number }[] = [];
  for (const keys of run.isQuick ? [200, 1_000] : [2_000, 20_000]) {
    await fillBuffer(stores, keys, run);
    run.show(`flushing ${keys} keys`);
    const startedAt = performance.now();
    await drain(stores);
    const flushedAt = performance.now();
    // The command's own start and end are no flush.
    await drain(stores);
    found.push({ keys, seconds: (flushedAt - startedAt - (performance.now() - flushedAt)) / 1000 });
  }
  return found;
}

async function requestOf(kind: RequestPlan["kind"], userId: string): Promise<RequestPlan> {
  const { token } = await issueToken(jwtSecret, { sub: userId });
  return { kind, token, courseId: shelfCourse(userId, 0), lectureId: "l-0" };
}

function ownCost(costs: readonly RequestCost[]): RequestCost {
  const own = costs.find(({ name }) => name === "production");
  if (own === undefined) throw new Error("Production was not measured.");
  return own;
}

async function memoryOf(redis: Redis, { pids }: Contender): Promise<{ redisBytes: number; serviceBytes: number }> {
  const status = readFileSync(`/proc/${pids["service"]}/status`, "utf8");
  return {
    redisBytes: Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]),
    serviceBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024,
  };
}

function saveTable(saves: readonly SaveGrowth[]): Table {
  return {
    heading: "A save with so many known keys, all of them dirty",
    columns: ["known keys", "x floor", "service, us", "Redis, us", "Redis, MiB", "service, MiB"],
    rows: saves.map(({ size, cost, redisBytes, serviceBytes }) => [
      number(size, 0),
      withRange(cost.ratioToFloor, 2),
      withRange(cost.service),
      withRange(cost.redis),
      ...[redisBytes, serviceBytes].map((bytes) => number(bytes / 1024 ** 2, 0)),
    ]),
  };
}

function sizeTable(heading: string, unit: string, entries: readonly AtSize[]): Table {
  return {
    heading,
    columns: [unit, "x floor", "service, us", "Redis, us", "MongoDB, us"],
    rows: entries.map(({ size, cost }) => [
      number(size, 0),
      withRange(cost.ratioToFloor, 2),
      withRange(cost.service, 0),
      withRange(cost.redis),
      withRange(cost.mongodb, 0),
    ]),
  };
}
