import { type Figure, verdictOn } from "../machine/statistics.ts";
import type { RequestCost } from "../parts/cost-rounds.ts";
import type { Growth } from "../parts/growth.ts";
import { type CrowdResult, isKept } from "../parts/latencies.ts";
import type { Loss } from "../parts/losses.ts";
import type { Table } from "../parts/part.ts";
import { type ReductionResult, reductionVerdict, targetReduction, timesLess } from "../parts/write-reduction.ts";
import { number, withRange } from "./format.ts";
import type { Results } from "./results.ts";

/** The figures that the README shows: what was wanted, what was measured, whether it was reached. */
export function summaryTable(results: Results): Table {
  const rows = [...costRows(results), ...reductionRows(results), ...latencyRows(results), ...lossRows(results)];
  return { heading: "", columns: ["", "measured", "target", ""], rows };
}

const saveSeconds = 5;
const flushSeconds = 300;
/** A process that is busier than this makes requests wait for each other. */
const comfortableShare = 0.5;

/** What so many watching students need: what the connected crowd was measured to take, in proportion. */
export function sizingTable(results: Results): Table {
  const crowd = resultOf(results, "latency");
  const saves = resultOf(results, "growth")?.saves ?? [];
  const [small, large] = [saves[0], saves.at(-1)];
  const columns = [
    "students watching",
    "saves/s",
    "processes",
    "Redis, % of a core",
    "Redis memory",
    "MongoDB updates/s",
  ];
  if (crowd === undefined || small === undefined || large === undefined) return { heading: "", columns, rows: [] };
  const coresPerStudent = (process: string): number =>
    Math.max(...crowd.phases.map(({ cpu }) => cpu[process] ?? NaN)) / crowd.students;
  const bytesPerKey = (large.redisBytes - small.redisBytes) / (large.size - small.size);
  const rows = [1_000, 10_000, 50_000, 200_000].map((students) => {
    const rate = students / saveSeconds;
    const cores = students * coresPerStudent("service");
    return [
      number(students, 0),
      number(rate, 0),
      number(Math.max(2, Math.ceil(cores / comfortableShare)), 0),
      number(students * coresPerStudent("redis") * 100, 0),
      `${number((students * bytesPerKey) / 1024 ** 2, 0)} MiB`,
      number(students / flushSeconds, 0),
    ];
  });
  return { heading: "", columns, rows };
}

function costRows(results: Results): string[][] {
  const costOf = (part: "save" | "session" | "read", contender = "production"): RequestCost | undefined =>
    resultOf(results, part)?.find(({ name }) => name === contender);
  const ratio = (text: string, cost: RequestCost | undefined, target?: number): string[][] =>
    cost ? [[text, withRange(cost.ratioToFloor, 2), ...verdict(cost.ratioToFloor, target)]] : [];
  const redis = (text: string, cost: RequestCost | undefined, target?: number): string[][] =>
    cost?.redis ? [[text, `${withRange(cost.redis)} us`, ...verdict(cost.redis, target, " us")]] : [];
  return [
    ...ratio("CPU of one save, as a multiple of a bare `node:http` server", costOf("save"), 1.6),
    ...ratio("the same of a save with a session, as the SDK sends it", costOf("session"), 1.6),
    ...ratio("(the same of Express and Mongoose, an upsert for every save)", costOf("save", "upsert-per-save")),
    ...redis("CPU of Redis for one save", costOf("save"), 8),
    ...redis("(the same of a bare `SET`, which orders nothing)", costOf("save", "bare-set")),
    ...ratio("CPU of `GET /progress/:courseId`, 50 lectures, the same way", costOf("read"), 8),
  ];
}

function verdict(figure: Figure, target: number | undefined, unit = ""): [target: string, verdict: string] {
  return target === undefined ? ["", ""] : [`${target}${unit}`, verdictOn(figure, target)];
}

function reductionRows(results: Results): string[][] {
  const writes = resultOf(results, "writes");
  if (writes === undefined) return [];
  const { updates, cpu } = timesLess(writes);
  const row = (text: string, times: number): string[] => [
    text,
    `${number(times)} x less`,
    `${targetReduction} x less`,
    reductionVerdict(times),
  ];
  return [
    row("updates of MongoDB for one save, beside an upsert for every save", updates),
    row("CPU of MongoDB for one save, likewise", cpu),
  ];
}

function latencyRows(results: Results): string[][] {
  const crowd = resultOf(results, "latency");
  if (crowd === undefined) return [];
  return crowd.phases.flatMap(({ name, saves, reads, failures }) =>
    [
      { what: "saves", p99: saves.p99, target: 5 },
      { what: "reads", p99: reads.p99, target: 20 },
    ].map(({ what, p99, target }) => [
      `p99 of ${what}, ${number(crowd.students, 0)} students connected, ${name}`,
      `${number(p99)} ms`,
      `${target} ms`,
      isKept(p99, failures, target) ? "reached" : "missed",
    ]),
  );
}

function lossRows(results: Results): string[][] {
  const own = resultOf(results, "losses")?.filter(({ name }) => name === "production");
  if (own === undefined) return [];
  const sum = (of: (loss: Loss) => number): string =>
    number(
      own.reduce((total, loss) => total + of(loss), 0),
      0,
    );
  return [
    [
      `acknowledged saves lost to ${own.length} faults`,
      `${sum(({ lost }) => lost)} of ${sum(({ acknowledged }) => acknowledged)}`,
      "0",
      own.every(({ lost }) => lost === 0) ? "reached" : "missed",
    ],
  ];
}

interface Found {
  readonly save: readonly RequestCost[];
  readonly session: readonly RequestCost[];
  readonly read: readonly RequestCost[];
  readonly writes: ReductionResult;
  readonly latency: CrowdResult;
  readonly losses: readonly Loss[];
  readonly growth: Growth;
}

function resultOf<Name extends keyof Found>(results: Results, part: Name): Found[Name] | undefined {
  return results.parts[part]?.result as Found[Name] | undefined;
}
