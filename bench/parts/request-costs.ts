import { Production } from "../../packages/server/test/support/production.ts";
import { differsFrom, type Figure, verdictOn } from "../machine/statistics.ts";
import {
  type Contender,
  startBareSet,
  startBaseline,
  startEmbedded,
  startFloor,
  startProduction,
} from "../programs/contenders.ts";
import { drain } from "../programs/operating.ts";
import { requestsOf, watchOneLecture, watchWholeCourses } from "../programs/students.ts";
import { withRange } from "../report/format.ts";
import { measureCosts, type RequestCost } from "./cost-rounds.ts";
import type { Part, Run, Table } from "./part.ts";

const savers = 1_000;
/** As many as there are connections: an upsert-per-save store takes its time to be filled. */
const readers = 64;

/** What is not flushed must stay so until all is measured. */
const neverFlushing = { FLUSH_INTERVAL_MS: "3600000" };
const whileWatching = "production, while one is watched";

const columns = ["", "x floor", "service, us", "Redis, us", "MongoDB, us"];
const targetColumns = ["target", "measured", ""];

/** A save of three fields, beside the floor and beside what a team would write instead. */
export const saveCost: Part<RequestCost[]> = {
  name: "save",
  about: "CPU time of one save: floor, a bare SET, production, embedded, and two usual ways to build it",
  async measure(run) {
    await using stack = new AsyncDisposableStack();
    const { stores, production, contenders } = await startAll(stack, run);
    const requests = await requestsOf("save", savers);
    const floor = await startFloor(stack, production, requests);
    const bareSet = await startBareSet(stack, production, requests, stores);
    return await measureCosts([floor, bareSet, ...contenders], requests, run);
  },
  tables: (costs) => [
    costTable("CPU time of one save", costs),
    targetTable("Targets of a save", [
      ["service at most 1.6 x floor", ownCost(costs)?.ratioToFloor, 1.6, 2],
      ["service at most 1.3 x floor (stretch)", ownCost(costs)?.ratioToFloor, 1.3, 2],
      ["Redis at most 8 us", ownCost(costs)?.redis, 8, 1],
    ]),
  ],
};

/** A save with a session, as the SDK sends it. */
export const sessionSaveCost: Part<RequestCost[]> = {
  name: "session",
  about: "CPU time of one save with a session, as the SDK sends it",
  async measure(run) {
    await using stack = new AsyncDisposableStack();
    run.show("starting Redis, MongoDB and the service");
    const production = await startProduction(stack.use(await Production.start()));
    const requests = await requestsOf("session", savers);
    return await measureCosts([await startFloor(stack, production, requests), production], requests, run);
  },
  tables: (costs) => [
    costTable("CPU time of one save with a session", costs),
    targetTable("Target of a save with a session", [
      ["service at most 1.6 x floor", ownCost(costs)?.ratioToFloor, 1.6, 2],
    ]),
  ],
};

/** Reading a course of 50 lectures, all of them watched: all of it flushed, and while one of them is watched. */
export const readCost: Part<RequestCost[]> = {
  name: "read",
  about: "CPU time of one GET progress of a course of 50 lectures",
  async measure(run) {
    await using stack = new AsyncDisposableStack();
    const { stores, production, contenders } = await startAll(stack, run, neverFlushing);
    const requests = await requestsOf("read", readers);
    const another = await startProduction(stores, neverFlushing);
    const watching = { ...another, name: whileWatching, requests: await requestsOf("read", readers, "watcher") };
    for (const { name, url, requests: own = requests } of [...contenders, watching]) {
      run.show(`${name}: ${readers} students watch 50 lectures each`);
      await watchWholeCourses(url, own);
    }
    await drain(stores);
    await watchOneLecture(watching.url, watching.requests);
    const floor = await startFloor(stack, production, requests);
    return await measureCosts([floor, production, watching, ...contenders.slice(1)], requests, run);
  },
  tables: (costs) => [
    costTable("CPU time of one GET progress, 50 lectures", costs),
    targetTable("Targets of GET progress", [
      ["service at most 8 x floor", ownCost(costs)?.ratioToFloor, 8, 2],
      ["the same while a lecture is watched", costs.find(({ name }) => name === whileWatching)?.ratioToFloor, 8, 2],
      ["service at most 3 x floor (stretch)", ownCost(costs)?.ratioToFloor, 3, 2],
    ]),
  ],
};

interface AllContenders {
  readonly stores: Production;
  readonly production: Contender;
  readonly contenders: readonly Contender[];
}

async function startAll(
  stack: AsyncDisposableStack,
  { show }: Run,
  settings: Readonly<Record<string, string>> = {},
): Promise<AllContenders> {
  show("starting Redis, MongoDB and four services");
  const stores = stack.use(await Production.start());
  const production = await startProduction(stores, settings);
  const others = [
    await startEmbedded(stack),
    await startBaseline(stack, "upsert-per-save", stores),
    await startBaseline(stack, "dirty-set", stores),
  ];
  return { stores, production, contenders: [production, ...others] };
}

function ownCost(costs: readonly RequestCost[]): RequestCost | undefined {
  return costs.find(({ name }) => name === "production");
}

function costTable(heading: string, costs: readonly RequestCost[]): Table {
  const rows = costs.map(({ name, ratioToFloor, service, redis, mongodb }, index) => [
    name,
    withRange(ratioToFloor, 2) + (index === 0 || differsFrom(ratioToFloor, 1) ? "" : " varies too much to tell"),
    ...[service, redis, mongodb].map((figure) => withRange(figure)),
  ]);
  return { heading: `${heading}: median of ${costs[0]?.service.rounds} rounds (lowest-highest)`, columns, rows };
}

type Target = readonly [text: string, figure: Figure | null | undefined, target: number, digits: number];

function targetTable(heading: string, targets: readonly Target[]): Table {
  const rows = targets.flatMap(([text, figure, target, digits]) =>
    figure ? [[text, withRange(figure, digits), verdictOn(figure, target)]] : [],
  );
  return { heading, columns: targetColumns, rows };
}
