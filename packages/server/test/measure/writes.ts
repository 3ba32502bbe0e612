/** `npm run measure:writes`: what a save, a read and a flush cost on a real Redis and a real MongoDB. */
import { parseArgs } from "node:util";
import { numberOf, runCommand, UsageError } from "../support/command-line.ts";
import { storesAreMissing } from "../support/production.ts";
import { measureMemory } from "./memory-per-key.ts";
import { measureReplay } from "./replay-updates.ts";
import { measureRoundTrips } from "./round-trips.ts";
import { say } from "./table.ts";

const usage = `Counts what production asks of Redis and MongoDB, on servers it starts and ends.

  npm run measure:writes                 everything, about two minutes
  npm run measure:writes -- trips        round trips of each operation
  npm run measure:writes -- replay       MongoDB updates for each save while students watch recorded sessions
  npm run measure:writes -- memory       what a dirty key takes in Redis

  --students 500  --interval-s 10  --seconds 60     of the replay
  --keys 100000                                     of the memory
  --help                                            shows this

REDIS_SERVER and MONGOD name the programs if they are not redis-server and mongod on the PATH.
`;

const parts = ["trips", "replay", "memory"];

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      students: { type: "string", default: "500" },
      "interval-s": { type: "string", default: "10" },
      seconds: { type: "string", default: "60" },
      keys: { type: "string", default: "100000" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    say(usage);
    return 0;
  }
  const students = numberOf("students", values.students, { min: 1, isWhole: true });
  const intervalMs = numberOf("interval-s", values["interval-s"], { min: 1 }) * 1000;
  const seconds = numberOf("seconds", values.seconds, { min: 1 });
  const keys = numberOf("keys", values.keys, { min: 1, isWhole: true });
  const unknown = positionals.find((part) => !parts.includes(part));
  if (unknown !== undefined) throw new UsageError(`There is no part "${unknown}": ${parts.join(", ")}.`);
  const missing = storesAreMissing();
  if (missing !== false) {
    say(`Nothing can be measured: ${missing}\n`);
    return 1;
  }
  const wanted = positionals.length === 0 ? parts : positionals;
  if (wanted.includes("trips")) await measureRoundTrips();
  if (wanted.includes("replay")) await measureReplay({ students, intervalMs, seconds });
  if (wanted.includes("memory")) await measureMemory(keys);
  return 0;
}

await runCommand("measure:writes", run);
