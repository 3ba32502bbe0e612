import { verdictOn } from "../machine/statistics.ts";
import type { RequestCost } from "../parts/cost-rounds.ts";
import type { Growth } from "../parts/growth.ts";
import { type CrowdResult, isKept } from "../parts/latencies.ts";
import type { Loss } from "../parts/losses.ts";
import type { Table } from "../parts/part.ts";
import { number, withRange } from "./format.ts";
import type { Results } from "./results.ts";

/** The figures that the README shows: what was wanted, what was measured, whether it was reached. */
export function summaryTable(results: Results): Table {
  const rows = [...costRows(results), ...latencyRows(results), ...lossRows(results)];
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
  const save = resultOf(results, "save");
  const read = resultOf(results, "read");
  const own = save?.find(({ name }) => name === "production");
  const bareSet = save?.find(({ name }) => name === "bare-set");
  const rival = save?.find(({ name }) => name === "upsert-per-save");
  const ownRead = read?.find(({ name }) => name === "production");
  return [
    ...(own
      ? [
          [
            "CPU of one save, as a multiple of a bare `node:http` server",
            withRange(own.ratioToFloor, 2),
            "1.6",
            verdictOn(own.ratioToFloor, 1.6),
          ],
        ]
      : []),
    ...(rival
      ? [["(the same of Express and Mongoose, an upsert for every save)", withRange(rival.ratioToFloor, 2), "", ""]]
      : []),
    ...(own?.redis
      ? [["CPU of Redis for one save", `${withRange(own.redis)} us`, "8 us", verdictOn(own.redis, 8)]]
      : []),
    ...(bareSet?.redis
      ? [["(the same of a bare `SET`, which orders nothing)", `${withRange(bareSet.redis)} us`, "", ""]]
      : []),
    ...(ownRead
      ? [
          [
            "CPU of `GET /progress/:courseId`, 50 lectures, the same way",
            withRange(ownRead.ratioToFloor, 2),
            "8",
            verdictOn(ownRead.ratioToFloor, 8),
          ],
        ]
      : []),
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
  readonly latency: CrowdResult;
  readonly losses: readonly Loss[];
  readonly growth: Growth;
}

function resultOf<Name extends keyof Found>(results: Results, part: Name): Found[Name] | undefined {
  return results.parts[part]?.result as Found[Name] | undefined;
}
