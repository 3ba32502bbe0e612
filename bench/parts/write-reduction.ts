import { setTimeout as delay } from "node:timers/promises";
import { issueToken } from "../../packages/server/src/demo/token.ts";
import { ApiClient } from "../../packages/server/test/replay/api-client.ts";
import { catalogOf, studentsWith } from "../../packages/server/test/replay/audience.ts";
import { readWatchSessions, type WatchSession } from "../../packages/server/test/replay/real-data.ts";
import { courseIdOf, heartbeatsOf } from "../../packages/server/test/replay/viewer.ts";
import { jwtSecret } from "../../packages/server/test/support/process.ts";
import { Production } from "../../packages/server/test/support/production.ts";
import { TcpProxy } from "../../packages/server/test/support/tcp-proxy.ts";
import { cpuMicros } from "../machine/cpu.ts";
import { MongodbTraffic } from "../machine/mongodb-traffic.ts";
import { type Figure, figureOf } from "../machine/statistics.ts";
import { type Contender, startBaseline, startProduction } from "../programs/contenders.ts";
import { number, withRange } from "../report/format.ts";
import type { Part, Run, Table } from "./part.ts";

/** Of one contender, while the same recorded students watched. */
interface Reduction {
  readonly name: string;
  readonly saves: number;
  /** How many saves there would have been if every answer had come in time. */
  readonly intendedSaves: number;
  readonly updates: number;
  readonly commands: number;
  readonly bytes: number;
  readonly seconds: number;
  /** CPU microseconds in all, by process. */
  readonly cpu: Readonly<Record<string, number>>;
  /** What it asks of MongoDB in a second when nobody saves, over some stretches: not faster when life is. */
  readonly idle: { readonly commands: Figure; readonly mongodbMillis: Figure };
}

export interface ReductionResult {
  readonly students: number;
  readonly sessions: number;
  readonly speed: number;
  readonly contenders: readonly Reduction[];
}

const heartbeatMs = 5_000;
const intervalMs = 300_000;
/** How much faster than life; every interval shrinks alike, so that saves and updates keep their proportion. */
const speed = 50;
const connections = 60;
export const targetReduction = 20;

export function reductionVerdict(times: number): "reached" | "missed" {
  return times >= targetReduction ? "reached" : "missed";
}

/** Students who watch for some time at the speed of the bench, and save as often as this says. */
interface Viewing {
  readonly seats: readonly WatchSession[][];
  readonly watchingMs: number;
  readonly betweenSavesMs: number;
}

/** Recorded sessions, watched again by the same students before each contender. */
export const writeReduction: Part<ReductionResult> = {
  name: "writes",
  about: "what reaches MongoDB while recorded sessions are watched again: updates, bytes, CPU",

  async measure({ isQuick, show }: Run): Promise<ReductionResult> {
    const [students, watchingMs, warmingMs] = isQuick ? [30, 6_000, 6_000] : [60, 18_000, 90_000];
    const sessions = readWatchSessions();
    // Those who watched most: nobody is to be done before the time is over.
    const seats = studentsWith(sessions, Infinity)
      .toSorted((one, other) => lengthOf(other) - lengthOf(one))
      .slice(0, students);
    const viewing: Viewing = { seats, watchingMs, betweenSavesMs: heartbeatMs / speed };
    const contenders: Reduction[] = [];
    for (const name of ["upsert-per-save", "dirty-set", "production"] as const) {
      await using stack = new AsyncDisposableStack();
      show(`starting ${name}`);
      const stores = stack.use(await Production.start());
      const traffic = new MongodbTraffic();
      const proxy = stack.use(await TcpProxy.before(stores.mongodb, traffic.reader));
      const contender = await startBehind(stack, name, { stores, proxy });
      show(`${name}: its MongoDB warms up`);
      await watchAll(contender, { ...crowdOf(seats), watchingMs: warmingMs });
      show(`${name}: warming up`);
      await watchAll(contender, { ...viewing, watchingMs: watchingMs / 2 });
      show(`${name}: ${students} students watch`);
      const counted = await measured(contender, viewing, traffic);
      show(`${name}: nobody saves`);
      contenders.push({ ...counted, idle: await background(contender, traffic) });
    }
    return { students, sessions: seats.flat().length, speed, contenders };
  },

  tables: (result) => [trafficTable(result), reductionTable(result), idleTable(result.contenders)],
};

async function startBehind(
  stack: AsyncDisposableStack,
  name: "upsert-per-save" | "dirty-set" | "production",
  { stores, proxy }: { stores: Production; proxy: TcpProxy },
): Promise<Contender> {
  const database = (path: string): string => `mongodb://127.0.0.1:${proxy.port}/${path}`;
  const settings = { FLUSH_INTERVAL_MS: String(intervalMs / speed) };
  if (name !== "production") return startBaseline(stack, name, stores, { ...settings, MONGODB_URL: database(name) });
  const contender = await startProduction(stores, { ...settings, MONGODB_URL: database("progress") });
  using client = new ApiClient(contender.url);
  const { token } = await issueToken(jwtSecret, { sub: "instructor", role: "instructor" });
  await client.call(token, "POST", "/courses/import", catalogOf(readWatchSessions()));
  return contender;
}

/** Everybody watches until the time is over; then whatever is still buffered is given the time to arrive. */
async function measured(
  contender: Contender,
  viewing: Viewing,
  traffic: MongodbTraffic,
): Promise<Omit<Reduction, "idle">> {
  const [before, { writes, writeCommands, bytes }, startedAt] = [cpuOf(contender), traffic.counts, performance.now()];
  const saves = await watchAll(contender, viewing);
  await delay((intervalMs / speed) * 1.3);
  const cpu = Object.entries(cpuOf(contender)).map(([name, micros]) => [name, micros - (before[name] ?? 0)] as const);
  return {
    name: contender.name,
    saves,
    intendedSaves: (viewing.seats.length * viewing.watchingMs) / viewing.betweenSavesMs,
    updates: traffic.writes - writes,
    commands: traffic.writeCommands - writeCommands,
    bytes: traffic.bytes - bytes,
    seconds: (performance.now() - startedAt) / 1000,
    cpu: Object.fromEntries(cpu),
  };
}

/**
 * So many students, each with one save in an interval, that every save becomes an update whoever brings it to MongoDB:
 * as many as an upsert for every save makes of those who are measured. A MongoDB that is compiled while it runs would
 * spend more on getting to know a few hundred updates than on carrying them out.
 */
function crowdOf(seats: readonly WatchSession[][]): Omit<Viewing, "watchingMs"> {
  const crowd = Array.from({ length: intervalMs / heartbeatMs }, () => seats).flat();
  return { seats: crowd, betweenSavesMs: intervalMs / speed };
}

/** @returns how many saves were acknowledged */
async function watchAll({ url }: Contender, { seats, watchingMs, betweenSavesMs }: Viewing): Promise<number> {
  using client = new ApiClient(url, { connections });
  const endAt = performance.now() + watchingMs;
  const counts = await Promise.all(
    seats.map(async (own, index) => {
      const { token } = await issueToken(jwtSecret, { sub: `student-${index}` });
      await delay(Math.random() * betweenSavesMs);
      const pace = { endAt, betweenSavesMs };
      return watchUntil(pace, own, (save) => client.call(token, "POST", "/progress/save", save));
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Several stretches: in a single one a program may happen to tidy up, or to have nothing to do. */
async function background(contender: Contender, traffic: MongodbTraffic): Promise<Reduction["idle"]> {
  const [stretches, seconds] = [5, 4];
  const asked: number[] = [];
  const used: number[] = [];
  for (let stretch = 0; stretch < stretches; stretch++) {
    const [micros, { commands }] = [cpuOf(contender)["mongodb"] ?? NaN, traffic];
    await delay(seconds * 1000);
    asked.push((traffic.commands - commands) / seconds);
    used.push(((cpuOf(contender)["mongodb"] ?? NaN) - micros) / 1000 / seconds);
  }
  return { commands: figureOf(asked), mongodbMillis: figureOf(used) };
}

function cpuOf({ pids }: Contender): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMicros(pid)]));
}

async function watchUntil(
  { endAt, betweenSavesMs }: { endAt: number; betweenSavesMs: number },
  sessions: readonly WatchSession[],
  save: (body: object) => Promise<unknown>,
): Promise<number> {
  let saves = 0;
  let dueAt = performance.now();
  for (const session of sessions) {
    for (const watchTime of heartbeatsOf(session)) {
      if (performance.now() > endAt) return saves;
      await save({ courseId: courseIdOf(session), lectureId: session.video, watchTime });
      saves++;
      dueAt += betweenSavesMs;
      await delay(Math.max(0, dueAt - performance.now()));
    }
  }
  return saves;
}

function lengthOf(sessions: readonly WatchSession[]): number {
  return sessions.flatMap(({ segments }) => segments).reduce((sum, [from, to]) => sum + to - from, 0);
}

function trafficTable({ students, speed: times, contenders }: ReductionResult): Table {
  return {
    heading:
      `${students} students watch recorded sessions, a save every 5 s, flushed every 5 minutes, played ${times} times ` +
      "as fast; for each 1,000 saves",
    columns: [
      "",
      "saves",
      "of the pace",
      "MongoDB updates",
      "commands",
      "KiB to MongoDB",
      "MongoDB, CPU ms beyond idle",
      "Redis, CPU ms",
      "service, CPU ms",
    ],
    rows: contenders.map((counted) => {
      const { name, saves, intendedSaves, updates, commands, bytes, cpu } = counted;
      const per = (value: number, digits: number): string => number((value / saves) * 1000, digits);
      const micros = [mongodbWork(counted), cpu["redis"] ?? 0, cpu["service"] ?? 0];
      const millis = micros.map((value) => per(value / 1000, 1));
      const pace = `${number((saves / intendedSaves) * 100, 0)} %`;
      return [name, number(saves, 0), pace, per(updates, 1), per(commands, 2), per(bytes / 1024, 1), ...millis];
    }),
  };
}

/** How many times less MongoDB has to do for a save than with an upsert per save. */
export function timesLess({ contenders }: ReductionResult): { updates: number; bytes: number; cpu: number } {
  const [upserts, own] = ["upsert-per-save", "production"].map((name) => contenders.find((each) => each.name === name));
  if (upserts === undefined || own === undefined) throw new Error("Both are measured, or none.");
  const times = (of: (reduction: Reduction) => number): number => of(upserts) / upserts.saves / (of(own) / own.saves);
  return { updates: times(({ updates }) => updates), bytes: times(({ bytes }) => bytes), cpu: times(mongodbWork) };
}

function reductionTable(result: ReductionResult): Table {
  const { updates, bytes, cpu } = timesLess(result);
  const row = (text: string, times: number): string[] => [text, number(times, 1), reductionVerdict(times)];
  return {
    heading: `How many times less than an upsert for every save; the target is ${targetReduction}`,
    columns: ["for each save", "times less", ""],
    rows: [row("updates", updates), row("bytes to MongoDB", bytes), row("CPU time of MongoDB beyond idle", cpu)],
  };
}

/** CPU microseconds that MongoDB used because of saves. */
function mongodbWork({ cpu, idle, seconds }: Reduction): number {
  return (cpu["mongodb"] ?? 0) - idle.mongodbMillis.median * 1000 * seconds;
}

function idleTable(contenders: readonly Reduction[]): Table {
  const stretches = contenders[0]?.idle.commands.rounds;
  return {
    heading:
      "What is asked of MongoDB in a second when nobody saves, whatever the speed: " +
      `median of ${stretches} stretches (lowest-highest)`,
    columns: ["", "commands", "CPU time of MongoDB, ms"],
    rows: contenders.map(({ name, idle: { commands, mongodbMillis } }) => [
      name,
      withRange(commands),
      withRange(mongodbMillis),
    ]),
  };
}
