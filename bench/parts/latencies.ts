import { setTimeout as delay } from "node:timers/promises";
import { Client } from "../../packages/server/test/support/process-client.ts";
import { Production } from "../../packages/server/test/support/production.ts";
import { type Latencies, Load, type LoadReport } from "../load/load.ts";
import { cpuMicros } from "../machine/cpu.ts";
import { connectionLimit } from "../machine/limits.ts";
import { type Contender, startProduction } from "../programs/contenders.ts";
import { requestsOf } from "../programs/students.ts";
import { number } from "../report/format.ts";
import type { Part, Run, Table } from "./part.ts";

interface Phase {
  readonly name: string;
  readonly seconds: number;
  readonly saves: Latencies;
  readonly reads: Latencies;
  readonly lag: Latencies;
  /** Requests that were refused, by status. */
  readonly failures: Readonly<Record<string, number>>;
  /** Keys that reached MongoDB meanwhile. */
  readonly flushedKeys: number;
  /** Share of one core. */
  readonly cpu: Readonly<Record<string, number>>;
}

export interface CrowdResult {
  readonly students: number;
  readonly wantedStudents: number;
  readonly flushIntervalMs: number;
  readonly phases: readonly Phase[];
}

/** Of a service that was not told otherwise. */
const usualFlushIntervalMs = 300_000;
const savePeriodMs = 5_000;
const readPeriodMs = 50_000;
const targets = { saves: 5, reads: 20 } as const;

/** Everybody is connected, saves every five seconds and opens a lecture now and then. */
export const latencies: Part<CrowdResult> = {
  name: "latency",
  about: "10,000 connected students: how long saves and reads take, during a flush and outside one",

  async measure({ isQuick, show }: Run): Promise<CrowdResult> {
    const wantedStudents = isQuick ? 1_000 : 10_000;
    const flushIntervalMs = isQuick ? 10_000 : usualFlushIntervalMs;
    const students = Math.min(wantedStudents, connectionLimit());
    await using stack = new AsyncDisposableStack();
    show("starting Redis, MongoDB and the service");
    const stores = stack.use(await Production.start({ settings: { FLUSH_INTERVAL_MS: String(flushIntervalMs) } }));
    const service = await startProduction(stores);
    show(`connecting ${students} students`);
    const saves = await requestsOf("session", students);
    const reads = saves.map((plan) => ({ ...plan, kind: "read" as const }));
    const load = stack.use(
      await Load.connect({
        pace: "steady",
        url: service.url,
        rotas: [
          { name: "saves", periodMs: savePeriodMs, requests: saves },
          { name: "reads", periodMs: readPeriodMs, requests: reads },
        ],
      }),
    );
    const observer = new Observer(service, load, await Client.of(service.url, "operator"));
    // A key is due 0.9 to 1.1 intervals after its first save, and first saves take one period.
    const firstDueMs = flushIntervalMs * 0.9;
    const lastDueMs = flushIntervalMs * 1.1 + savePeriodMs;
    load.start();
    show(`${students} students begin`);
    await delay(savePeriodMs + 1_000);
    await observer.begin();
    show("outside a flush");
    await delay(firstDueMs - savePeriodMs - 1_500);
    const outside = await observer.end("outside a flush");
    await delay(500);
    await observer.begin();
    show("during a flush");
    await delay(lastDueMs - firstDueMs);
    return { students, wantedStudents, flushIntervalMs, phases: [outside, await observer.end("during a flush")] };
  },

  tables({ students, wantedStudents, phases, flushIntervalMs }): Table[] {
    const fewer =
      students < wantedStudents ? ` (of ${number(wantedStudents, 0)}: the machine permits no more files)` : "";
    const rows = phases.flatMap(({ name, saves, reads, lag, seconds, flushedKeys, failures }) => [
      [`saves, ${name}`, ...latencyCells(saves), verdict(saves, failures, targets.saves)],
      [`reads, ${name}`, ...latencyCells(reads), verdict(reads, failures, targets.reads)],
      [`generator's lag, ${name}`, ...latencyCells(lag), ""],
      [`(${number(flushedKeys / seconds, 0)} keys/s reach MongoDB; refused: ${shownFailures(failures)})`, ...blanks],
    ]);
    const names = Object.keys(phases[0]?.cpu ?? {});
    return [
      {
        heading:
          `${number(students, 0)} students${fewer} on one process, milliseconds; ` +
          `flush interval ${number(flushIntervalMs / 1000, 0)} s`,
        columns: ["", "requests", "p50", "p99", "p99.9", "longest", "target of p99"],
        rows,
      },
      {
        heading: "CPU meanwhile, % of one core",
        columns: ["", ...names],
        rows: phases.map(({ name, cpu }) => [name, ...names.map((process) => number((cpu[process] ?? 0) * 100, 0))]),
      },
    ];
  },
};

/** What happens between two moments under a load. */
class Observer {
  readonly #pids: Readonly<Record<string, number>>;
  readonly #load: Load;
  readonly #operator: Client;
  #before = { at: 0, cpu: {} as Record<string, number>, flushedKeys: 0 };

  constructor({ pids }: Contender, load: Load, operator: Client) {
    this.#pids = { ...pids, generator: process.pid };
    this.#load = load;
    this.#operator = operator;
  }

  async begin(): Promise<void> {
    const flushedKeys = await this.#flushedKeys();
    await this.#load.report();
    this.#before = { at: performance.now(), cpu: this.#cpu(), flushedKeys };
  }

  async end(name: string): Promise<Phase> {
    const { at, cpu: before, flushedKeys } = this.#before;
    const { latencies: found, lag, failures }: LoadReport = await this.#load.report();
    const seconds = (performance.now() - at) / 1000;
    const cpu = Object.entries(this.#cpu()).map(([process, micros]) => {
      return [process, (micros - (before[process] ?? 0)) / 1e6 / seconds] as const;
    });
    const { saves, reads } = found as { saves: Latencies; reads: Latencies };
    const flushed = (await this.#flushedKeys()) - flushedKeys;
    return { name, seconds, saves, reads, lag, failures, flushedKeys: flushed, cpu: Object.fromEntries(cpu) };
  }

  async #flushedKeys(): Promise<number> {
    const flushed = await this.#operator.metric("progress_flushed_keys_total");
    return Number.isNaN(flushed) ? 0 : flushed;
  }

  #cpu(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#pids).map(([name, pid]) => [name, cpuMicros(pid)]));
  }
}

/** A request that was refused is no request that was fast. */
export function isKept(p99: number, failures: Phase["failures"], target: number): boolean {
  return p99 < target && Object.keys(failures).length === 0;
}

const blanks = ["", "", "", "", "", ""];

function shownFailures(failures: Phase["failures"]): string {
  const shown = Object.entries(failures).map(([status, count]) => `${number(count, 0)} with ${status}`);
  return shown.length === 0 ? "none" : shown.join(", ");
}

function latencyCells({ count, p50, p99, p999, max }: Latencies): string[] {
  return [number(count, 0), ...[p50, p99, p999, max].map((milliseconds) => number(milliseconds, 2))];
}

function verdict({ p99 }: Latencies, failures: Phase["failures"], target: number): string {
  return `${target} ms: ${isKept(p99, failures, target) ? "reached" : "missed"}`;
}
