/** `npm run measure:writes`: what a save, a read and a flush cost on a real Redis and a real MongoDB. */
import { parseArgs } from "node:util";
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
  const numbers = [values.students, values["interval-s"], values.seconds, values.keys].map(Number);
  const [students = 0, intervalS = 0, seconds = 0, keys = 0] = numbers;
  const isUnderstood = numbers.every((number) => number > 0) && positionals.every((part) => parts.includes(part));
  if (values.help || !isUnderstood) {
    say(usage);
    return values.help ? 0 : 2;
  }
  const missing = storesAreMissing();
  if (missing !== false) {
    say(`Nothing can be measured: ${missing}\n`);
    return 1;
  }
  const wanted = positionals.length === 0 ? parts : positionals;
  if (wanted.includes("trips")) await measureRoundTrips();
  if (wanted.includes("replay")) await measureReplay({ students, intervalMs: intervalS * 1000, seconds });
  if (wanted.includes("memory")) await measureMemory(keys);
  return 0;
}

process.exitCode = await run();
