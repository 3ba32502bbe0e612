/** `npm run bench`: what this service costs, beside what HTTP alone costs, and beside what is usually built instead. */
import { parseArgs } from "node:util";
import { storesAreMissing } from "../packages/server/test/support/production.ts";
import type { Part } from "./parts/part.ts";
import { saveCost } from "./parts/save-cost.ts";
import { addToResults, noted, quickFile, resultsFile } from "./report/results.ts";
import { showProgress, showTable } from "./report/terminal.ts";

const parts: readonly Part<unknown>[] = [saveCost];

const usage = `Measures what the service costs. Starts and ends what it needs, on this machine only.

  npm run bench                       everything; writes bench/results/latest.json
  npm run bench -- --only save,...    these parts alone; what others found stays in the file
  npm run bench -- --quick            a fraction of the time; writes .cache/bench/quick.json instead
  npm run bench -- --help             this text

Parts:
${parts.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join("\n")}

REDIS_SERVER and MONGOD name the programs if they are not redis-server and mongod on the PATH. Linux only: it reads /proc.
`;

function chosenParts(only: string | undefined): readonly Part<unknown>[] {
  if (only === undefined) return parts;
  return only.split(",").map((name) => {
    const part = parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new Error(`There is no part "${name}".`);
    return part;
  });
}

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const chosen = chosenParts(values.only);
  const missing = process.platform === "linux" ? storesAreMissing() : "it reads /proc, which Linux has";
  if (missing !== false) {
    console.error(`Nothing can be measured: ${missing}`);
    return 1;
  }
  const file = values.quick ? quickFile : resultsFile;
  for (const part of chosen) {
    const found = await noted(() =>
      part.measure({ isQuick: values.quick, show: (text) => showProgress(`${part.name}: ${text}`) }),
    );
    addToResults(file, part.name, found);
    for (const table of part.tables(found.result)) showTable(table);
  }
  return 0;
}

process.exitCode = await run();
