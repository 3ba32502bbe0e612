import { setTimeout as delay } from "node:timers/promises";
import { Load } from "../load/load.ts";
import type { RequestPlan } from "../load/request.ts";
import { cpuMicros } from "../machine/cpu.ts";
import { type Figure, figureOf } from "../machine/statistics.ts";
import type { Contender } from "../programs/contenders.ts";
import type { Run } from "./part.ts";

/** CPU microseconds for each request, by process. */
type Costs = Readonly<Record<string, number>>;

/** What requests of one kind cost a contender, in CPU microseconds for each. */
export interface RequestCost {
  readonly name: string;
  readonly ratioToFloor: Figure;
  readonly service: Figure;
  readonly redis: Figure | null;
  readonly mongodb: Figure | null;
}

/** A window in which less is answered is prolonged, so many times at most. */
const fewestAnswers = 20;
const patience = 10;
/** Milliseconds. The first warm-up ends with so many answers: by then the code that matters is compiled. */
const times = { warmUp: 500, window: 2_000, firstWarmUp: 5_000, firstAnswers: 10_000 } as const;
const quickTimes = { warmUp: 200, window: 500, firstWarmUp: 1_000, firstAnswers: 2_000 } as const;

/**
 * Keeps one contender after the other busy, round by round, so that whatever else the machine does falls on all of them.
 * The first contender is the floor.
 */
export async function measureCosts(
  contenders: readonly Contender[],
  requests: readonly RequestPlan[],
  { isQuick, show, rounds = isQuick ? 3 : 5, connections = 64 }: Run & { rounds?: number; connections?: number },
): Promise<RequestCost[]> {
  const { warmUp, window, firstWarmUp, firstAnswers } = isQuick ? quickTimes : times;
  const costs = contenders.map((): Costs[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      show(round === 0 ? `warming up: ${contender.name}` : `round ${round} of ${rounds}: ${contender.name}`);
      await using load = await Load.connect({ pace: "busy", url: contender.url, connections, requests });
      load.start();
      if (round === 0) {
        for (let ms = 0; ms < firstWarmUp && load.answered < firstAnswers; ms += 100) await delay(100);
        continue;
      }
      await delay(warmUp);
      costs[index]?.push(await costsOver(window, load, contender));
    }
  }
  const [floor = []] = costs;
  return contenders.map(({ name }, index) => costOf(name, costs[index] ?? [], floor));
}

function costOf(name: string, own: readonly Costs[], floor: readonly Costs[]): RequestCost {
  const values = (process: string): number[] => own.flatMap((round) => round[process] ?? []);
  const figure = (process: string): Figure | null => (values(process).length === 0 ? null : figureOf(values(process)));
  const floorValues = floor.flatMap(({ service }) => service ?? []);
  return {
    name,
    ratioToFloor: figureOf(values("service").map((micros, round) => micros / (floorValues[round] ?? NaN))),
    service: figureOf(values("service")),
    redis: figure("redis"),
    mongodb: figure("mongodb"),
  };
}

async function costsOver(windowMs: number, load: Load, { name, pids }: Contender): Promise<Costs> {
  const used = (): [process: string, micros: number][] =>
    Object.entries(pids).map(([process, pid]) => [process, cpuMicros(pid)]);
  const [answeredBefore, before] = [load.answered, used()];
  await delay(windowMs);
  for (let more = 0; load.answered - answeredBefore < fewestAnswers && more < patience; more++) await delay(windowMs);
  const [answered, after] = [load.answered - answeredBefore, used()];
  if (answered === 0) throw new Error(`${name} answered nothing.`);
  return Object.fromEntries(
    after.map(([process, micros], at) => [process, (micros - (before[at]?.[1] ?? 0)) / answered]),
  );
}
