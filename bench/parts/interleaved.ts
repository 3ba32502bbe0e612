import { setTimeout as delay } from "node:timers/promises";
import { Load } from "../load/load.ts";
import type { RequestPlan } from "../load/request.ts";
import { cpuMicros } from "../machine/cpu.ts";
import { type Figure, figureOf } from "../machine/statistics.ts";

/** A running server that is measured, with the processes behind it. */
export interface Contender {
  readonly name: string;
  readonly url: string;
  /** Whose CPU time is counted, by what they are: `service` at least. */
  readonly pids: Readonly<Record<string, number>>;
}

/** CPU microseconds for each request, by process. */
export type Costs = Readonly<Record<string, number>>;

export interface Rounds {
  readonly count: number;
  readonly windowMs: number;
  readonly connections: number;
}

const warmUpMs = 500;
const firstWarmUpMs = 3_000;

/**
 * Keeps one contender after the other busy, round by round, so that whatever else the machine does falls on all of them.
 * @returns for each contender, by name, its costs in each round
 */
export async function measureInterleaved(
  contenders: readonly Contender[],
  requests: readonly RequestPlan[],
  { count, windowMs, connections, show }: Rounds & { show: (progress: string) => void },
): Promise<ReadonlyMap<string, Costs[]>> {
  const costs = new Map(contenders.map(({ name }) => [name, [] as Costs[]]));
  for (let round = 0; round <= count; round++) {
    for (const contender of contenders) {
      show(round === 0 ? `warming up: ${contender.name}` : `round ${round} of ${count}: ${contender.name}`);
      await using load = await Load.connect({ pace: "busy", url: contender.url, connections, requests });
      load.start();
      await delay(round === 0 ? firstWarmUpMs : warmUpMs);
      const measured = await costsOver(windowMs, load, contender);
      if (round > 0) costs.get(contender.name)?.push(measured);
    }
  }
  return costs;
}

/** The process's costs in each round divided by what the floor's process cost in the same round. */
export function ratioToFloor(costs: readonly Costs[], floor: readonly Costs[]): Figure {
  return figureOf(costs.map(({ service = NaN }, round) => service / (floor[round]?.["service"] ?? NaN)));
}

export function figureFor(costs: readonly Costs[], of: string): Figure | undefined {
  const values = costs.flatMap((round) => round[of] ?? []);
  return values.length === 0 ? undefined : figureOf(values);
}

async function costsOver(windowMs: number, load: Load, { pids }: Contender): Promise<Costs> {
  const used = (): [name: string, micros: number][] =>
    Object.entries(pids).map(([name, pid]) => [name, cpuMicros(pid)]);
  const [answeredBefore, before] = [load.answered, used()];
  await delay(windowMs);
  const [answered, after] = [load.answered - answeredBefore, used()];
  return Object.fromEntries(after.map(([name, micros], at) => [name, (micros - (before[at]?.[1] ?? 0)) / answered]));
}
