import { setTimeout as delay } from "node:timers/promises";
import { Load } from "../load/load.ts";
import type { RequestPlan } from "../load/request.ts";
import { type Figure, figureOf } from "../machine/statistics.ts";
import type { Contender } from "../programs/contenders.ts";
import { type Costs, CostMeter } from "./cost-meter.ts";
import type { Run } from "./part.ts";

/** What requests of one kind cost a contender, in CPU microseconds for each. */
export interface RequestCost {
  readonly name: string;
  readonly ratioToFloor: Figure;
  readonly service: Figure;
  readonly redis: Figure | null;
  readonly mongodb: Figure | null;
}

/** A warm-up ends with so many answers, or after so many milliseconds: by then the code that matters is compiled. */
const warmUp = { answers: 10_000, ms: 5_000 } as const;
const quickWarmUp = { answers: 2_000, ms: 1_000 } as const;
/** How often each contender has its turn in a round, unless told otherwise; with fewer, rounds differ too much on a busy host. */
const manyTurns = 60;
const quickTurns = 5;

interface Thoroughness {
  readonly rounds?: number;
  readonly turns?: number;
  readonly connections?: number;
}

/**
 * Keeps one contender after the other busy, for an eighth of a second, many times in a round, so that whatever else the
 * machine does falls on all of them alike. The first contender is the floor.
 */
export async function measureCosts(
  contenders: readonly Contender[],
  requests: readonly RequestPlan[],
  { isQuick, show, rounds = isQuick ? 3 : 5, turns = manyTurns, connections = 64 }: Run & Thoroughness,
): Promise<RequestCost[]> {
  const connect = (contender: Contender): Promise<Load> =>
    Load.connect({ pace: "busy", url: contender.url, connections, requests: contender.requests ?? requests });
  for (const contender of contenders) {
    show(`warming up: ${contender.name}`);
    await using load = await connect(contender);
    await warm(load, isQuick ? quickWarmUp : warmUp);
  }
  const costs = contenders.map((): Costs[] => []);
  for (let round = 1; round <= rounds; round++) {
    show(`round ${round} of ${rounds}`);
    await using stack = new AsyncDisposableStack();
    const meters: CostMeter[] = [];
    for (const contender of contenders) meters.push(new CostMeter(contender, stack.use(await connect(contender))));
    // Not measured: connections are new.
    for (const meter of meters) await meter.turn();
    for (const meter of meters) meter.reset();
    for (let turn = 0; turn < (isQuick ? quickTurns : turns); turn++) {
      // In another order each time, so that nobody always follows the contender that leaves the machine hottest.
      for (const meter of shuffled(meters)) await meter.turn();
    }
    for (const [index, meter] of meters.entries()) costs[index]?.push(meter.costs());
  }
  const [floor = []] = costs;
  return contenders.map(({ name }, index) => costOf(name, costs[index] ?? [], floor));
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

async function warm(load: Load, { answers, ms }: typeof warmUp | typeof quickWarmUp): Promise<void> {
  load.start();
  for (let waited = 0; waited < ms && load.answered < answers; waited += 100) await delay(100);
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
