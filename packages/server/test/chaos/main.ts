/** `npm run chaos`: students, an instructor and every fault there is, mixed by chance, on real stores and three processes. */
import { parseArgs } from "node:util";
import { counted } from "../../src/ops/counted.ts";
import { say, showProgress, showTable } from "../measure/table.ts";
import { numberOf, runCommand } from "../support/command-line.ts";
import { storesAreMissing } from "../support/production.ts";
import { Fleet } from "./fleet.ts";
import { playRound, type Tally } from "./round.ts";
import { faultTypes } from "./schedule.ts";

const usage = `Lets students and an instructor work on three processes, one Redis and one MongoDB, while processes, stores and
connections fail by chance; round after round, each judged by itself.

  npm run chaos -- --seed 1 --minutes 5

  --seed N         what chance is made of; the same seed has the same faults and the same decisions (default: by the clock)
  --minutes M      begins no further round after so long (default 2)
  --round-s S      how long load and faults of a round last (default 25); what follows is healing, flushing and judging

It needs redis-server and a mongod (REDIS_SERVER, MONGOD). Exit code 0: nothing that was acknowledged is lost, and nothing else is
wrong. 1: something is. 2: the command was not understood.
`;

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly roundS: number;
}

/** Rounds of one seed are seeds of their own, far from those of other seeds. */
const seedOf = (seed: number, round: number): number => seed * 10_000 + round;

async function run({ seed, minutes, roundS }: Options): Promise<number> {
  const startedAt = performance.now();
  const elapsed = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  say(`Seed ${seed}: starting Redis, MongoDB and three services ...\n`);
  await using fleet = await Fleet.start();
  const tallies: Tally[] = [];
  for (let round = 0; round === 0 || performance.now() - startedAt < minutes * 60_000; round++) {
    const roundSeed = seedOf(seed, round);
    try {
      const tally = await playRound(fleet, {
        seed: roundSeed,
        lengthMs: roundS * 1000,
        tell: ({ requests, faults }) =>
          showProgress(
            `${elapsed()}  round ${round + 1}: ${counted(requests, "request")}, ${counted(faults, "fault")}`,
          ),
      });
      tallies.push(tally);
      const happened = [...tally.faults.values()].reduce((sum, count) => sum + count, 0);
      say(
        `\r${elapsed().padStart(6)}  round ${round + 1}: ${tally.acknowledged} of ${counted(tally.requests, "request")} acknowledged, ${counted(happened, "fault")}, ${counted(tally.looks, "look")}, nothing lost\n`,
      );
    } catch (error) {
      say(`\r${elapsed().padStart(6)}  round ${round + 1} of seed ${seed}: ${String((error as Error).stack)}\n`);
      summarise(seed, elapsed(), tallies);
      return 1;
    }
  }
  summarise(seed, elapsed(), tallies);
  return 0;
}

function summarise(seed: number, elapsed: string, tallies: readonly Tally[]): void {
  const sum = (count: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + count(tally), 0);
  showTable(`Seed ${seed}, ${counted(tallies.length, "round")} without a fault of ours, ${elapsed}`, [
    ["requests", sum(({ requests }) => requests)],
    ["acknowledged changes, looked for and found", sum(({ acknowledged }) => acknowledged)],
    ["looks at both stores meanwhile", sum(({ looks }) => looks)],
    ...faultTypes.map((type) => [type, sum(({ faults }) => faults.get(type) ?? 0)]),
  ]);
}

/** Undefined when help is asked for. */
function optionsOf(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: String(Date.now() % 100_000) },
      minutes: { type: "string", default: "2" },
      "round-s": { type: "string", default: "25" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  return {
    seed: numberOf("seed", values.seed, { min: 0, isWhole: true }),
    minutes: numberOf("minutes", values.minutes, { min: 0 }),
    roundS: numberOf("round-s", values["round-s"], { min: 1 }),
  };
}

async function main(): Promise<number> {
  const options = optionsOf();
  if (options === undefined) {
    say(usage);
    return 0;
  }
  const missing = storesAreMissing();
  if (missing !== false) {
    say(`Chaos needs real stores: ${missing}\n`);
    return 1;
  }
  return run(options);
}

// Left to end by itself, Node 26 was seen waiting for ever, and busily, for a request of some socket of its own that died with a
// store (node::Environment::CleanupHandles).
process.once("beforeExit", (code) => process.exit(code));

await runCommand("chaos", main);
