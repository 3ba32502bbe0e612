import { type Figure, verdictOn } from "../machine/statistics.ts";
import { requestsOf, startFloor, startProduction } from "../programs/contenders.ts";
import { withRange } from "../report/format.ts";
import { figureFor, measureInterleaved, ratioToFloor } from "./interleaved.ts";
import type { Part, Run, Table } from "./part.ts";

interface SaveCost {
  readonly name: string;
  readonly ratio: Figure;
  /** CPU microseconds for each request. */
  readonly service: Figure | undefined;
  readonly redis: Figure | undefined;
  readonly mongodb: Figure | undefined;
}

const students = 1_000;
const targetRatio = 1.6;
const targetRedisMicros = 8;

/** What a save costs, beside the floor. */
export const saveCost: Part<SaveCost[]> = {
  name: "save",
  about: "CPU time of one save, as a ratio to a bare node:http server",

  async measure({ isQuick, show }: Run): Promise<SaveCost[]> {
    await using stack = new AsyncDisposableStack();
    show("starting Redis, MongoDB and the service");
    const production = await startProduction(stack);
    const requests = await requestsOf("save", students);
    const floor = await startFloor(stack, production, requests);
    const rounds = { count: isQuick ? 3 : 7, windowMs: isQuick ? 1_000 : 2_000, connections: 64 };
    const costs = await measureInterleaved([floor, production], requests, { ...rounds, show });
    return [...costs].map(([name, own]) => ({
      name,
      ratio: ratioToFloor(own, costs.get("floor") ?? []),
      service: figureFor(own, "service"),
      redis: figureFor(own, "redis"),
      mongodb: figureFor(own, "mongodb"),
    }));
  },

  tables(costs): Table[] {
    const own = costs.find(({ name }) => name === "production");
    const verdicts = own && [
      ["CPU time at most 1.6 x floor", withRange(own.ratio, 2), verdictOn(own.ratio, targetRatio)],
      ...(own.redis ? [["Redis at most 8 us", withRange(own.redis), verdictOn(own.redis, targetRedisMicros)]] : []),
    ];
    return [
      {
        heading: "CPU time of one save: median of the rounds (lowest-highest)",
        columns: ["", "x floor", "service, us", "Redis, us", "MongoDB, us"],
        rows: costs.map(({ name, ratio, service, redis, mongodb }) => [
          name,
          withRange(ratio, 2),
          withRange(service),
          withRange(redis),
          withRange(mongodb),
        ]),
      },
      ...(verdicts ? [{ heading: "Targets of a save", columns: ["target", "measured", ""], rows: verdicts }] : []),
    ];
  },
};
