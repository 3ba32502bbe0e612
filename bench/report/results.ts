import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem, type as systemType, release } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { MongodbServer } from "../../packages/server/test/support/mongodb-server.ts";

/** What one part found, when, and how busy the machine was before it began. */
export interface PartResult {
  readonly measuredAt: string;
  readonly commit: string;
  readonly seconds: number;
  readonly loadAverage: number;
  readonly result: unknown;
}

/** Everything that was measured last; the docs are made of it. */
export interface Results {
  readonly machine: Readonly<Record<string, string>>;
  readonly parts: Readonly<Record<string, PartResult>>;
}

export const resultsFile: string = fileURLToPath(new URL("../results/latest.json", import.meta.url));
/** Quick figures are not for the record. */
export const quickFile: string = fileURLToPath(new URL("../../.cache/bench/quick.json", import.meta.url));

export function readResults(file: string): Results {
  if (!existsSync(file)) return { machine: {}, parts: {} };
  return JSON.parse(readFileSync(file, "utf8")) as Results;
}

/** Parts that were not measured this time stay as they were. */
export function addToResults(file: string, part: string, found: PartResult, machine: Results["machine"]): void {
  const { parts } = readResults(file);
  const results: Results = { machine, parts: { ...parts, [part]: found } };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
}

/** What is measured; asked for before the first results are written, which would make it dirty. */
export function describeCommit(): string {
  return firstLine("git", "describe", "--always", "--dirty");
}

/** Runs the measurement and notes under which circumstances. */
export async function noted(commit: string, measure: () => Promise<unknown>): Promise<PartResult> {
  const [measuredAt, startedAt, [loadAverage = 0]] = [new Date().toISOString(), performance.now(), loadavg()];
  const result = await measure();
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  return { measuredAt, commit, seconds, loadAverage, result };
}

/** What everything was measured on. */
export async function describeMachine(): Promise<Results["machine"]> {
  return {
    processor: `${availableParallelism()} x ${cpus()[0]?.model ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    system: `${systemType()} ${release()}`,
    node: process.version,
    redis: firstLine(process.env["REDIS_SERVER"] ?? "redis-server", "--version"),
    mongodb: await describeMongodb(),
  };
}

async function describeMongodb(): Promise<string> {
  await using server = await MongodbServer.start();
  const client = new MongoClient(server.url("admin", ""));
  try {
    const { version, process: program } = (await client.db().command({ serverStatus: 1 })) as Record<string, string>;
    // Programs that speak the protocol say which they are: figures of one are none of another.
    return `${version}, by a process that calls itself "${program}"`;
  } finally {
    await client.close();
  }
}

function firstLine(program: string, ...args: string[]): string {
  const { stdout, status } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? (stdout.split("\n", 1)[0] ?? "") : "unknown";
}
