/** `npm run measure:drain`: carries very many dirty keys from Redis to MongoDB, and watches the memory of the process. */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { counted } from "../../src/ops/counted.ts";
import { numberOf, runCommand } from "../support/command-line.ts";
import { storesAreMissing } from "../support/production.ts";
import { drainKeys } from "./drained-keys.ts";
import { say, showProgress, showTable } from "./table.ts";

const usage = `Fills a real Redis with dirty keys, drains them into a real MongoDB, and watches the memory of the flushing process.

  npm run measure:drain -- --keys 1000000

  --keys N     how many (default 100000)
  --help       shows this

It needs redis-server and a mongod (REDIS_SERVER, MONGOD). Exit code 0: all were drained. 1: not all. 2: not understood.
`;

const mebibyte = 1024 ** 2;

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: { keys: { type: "string", default: "100000" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    say(usage);
    return 0;
  }
  const keys = numberOf("keys", values.keys, { min: 1, isWhole: true });
  const missing = storesAreMissing();
  if (missing !== false) {
    say(`Nothing can be drained: ${missing}\n`);
    return 1;
  }
  say(`Filling Redis with ${counted(keys, "dirty key")}, then draining them ...\n`);
  const { written, left, stored, seconds, heaps } = await drainKeys({ keys, run: randomUUID(), tell: showProgress });
  const shown = (bytes = 0): string => `${(bytes / mebibyte).toFixed(1)} MiB`;
  showTable(`${counted(keys, "dirty key")}, drained by one process`, [
    ["written", `${written} in ${seconds.toFixed(0)} s`],
    ["left", left],
    ["documents in MongoDB", stored],
    ...heaps.map(({ share, bytes }) => [`heap in use at ${share} %`, shown(bytes)]),
  ]);
  return left === 0 && stored === keys ? 0 : 1;
}

await runCommand("measure:drain", run);
