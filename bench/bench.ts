/** `npm run bench`: what this service costs, beside what HTTP alone costs, and beside what is usually built instead. */
import { parseArgs } from "node:util";
import { storesAreMissing } from "../packages/server/test/support/production.ts";
import type { Part } from "./parts/part.ts";
import { parts } from "./parts/parts.ts";
import { writeDocs } from "./report/measured-docs.ts";
import {
  addToResults,
  describeCommit,
  describeMachine,
  noted,
  quickFile,
  readResults,
  resultsFile,
} from "./report/results.ts";
import { showProgress, showTable } from "./report/terminal.ts";

const usage = `Measures what the service costs. Starts and ends what it needs, on this machine only.

  npm run bench                       everything, about forty minutes; writes bench/results/latest.json, and the
                                      docs that are made of it
  npm run bench -- --only save,...    these parts alone; what others found stays in the file
  npm run bench -- --quick            a fraction of the time; writes .cache/bench/quick.json instead
  npm run bench -- --write-docs       measures nothing, makes the docs of what is in the file
  npm run bench -- --help             this text

Parts:
${parts.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join("\n")}

REDIS_SERVER and MONGOD name the programs if they are not redis-server and mongod on the PATH. Linux only: it reads /proc.
`;

/** Undefined when one of them is unknown. */
function chosenParts(only: string | undefined): readonly Part<unknown>[] | undefined {
  if (only === undefined) return parts;
  const names = only.split(",");
  const chosen = parts.filter(({ name }) => names.includes(name));
  return chosen.length === names.length ? chosen : undefined;
}

/** A part that fails leaves the others alone, and what was found before as it was. @returns whether all were measured */
async function measure(chosen: readonly Part<unknown>[], isQuick: boolean): Promise<boolean> {
  const file = isQuick ? quickFile : resultsFile;
  const failed: string[] = [];
  showProgress("looking at the machine");
  const [machine, commit] = [await describeMachine(), describeCommit()];
  for (const part of chosen) {
    const show = (text: string): void => showProgress(`${part.name}: ${text}`);
    try {
      const found = await noted(commit, () => part.measure({ isQuick, show }));
      addToResults(file, part.name, found, machine);
      for (const table of part.tables(found.result)) showTable(table);
    } catch (error) {
      failed.push(part.name);
      console.error(`\n${part.name} could not be measured:`, error);
    }
  }
  if (isQuick)
    console.log("\nA quick run shows that the bench works. Its turns are too few to say whether a target is reached.");
  console.log(`\nWritten to ${file}${failed.length > 0 ? `, without ${failed.join(", ")}` : ""}`);
  return failed.length === 0;
}

interface Options {
  readonly only?: string | undefined;
  readonly quick?: boolean | undefined;
  readonly help?: boolean | undefined;
  readonly "write-docs"?: boolean | undefined;
}

function readOptions(): Options | undefined {
  const options = {
    only: { type: "string" },
    quick: { type: "boolean" },
    "write-docs": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}

async function run(): Promise<number> {
  const values = readOptions();
  const chosen = values && chosenParts(values.only);
  if (values?.help === true) {
    console.log(usage);
    return 0;
  }
  if (chosen === undefined) {
    const names = parts.map(({ name }) => name).join(", ");
    if (values !== undefined) console.error(`Not all of these are parts: ${values.only}. There are ${names}.`);
    console.error("See npm run bench -- --help.");
    return 2;
  }
  let isComplete = true;
  if (values?.["write-docs"] !== true) {
    const missing = process.platform === "linux" ? storesAreMissing() : "it reads /proc, which Linux has";
    if (missing !== false) {
      console.error(`Nothing can be measured: ${missing}`);
      return 1;
    }
    isComplete = await measure(chosen, values?.quick === true);
  }
  if (values?.quick !== true) writeDocs(readResults(resultsFile));
  return isComplete ? 0 : 1;
}

// Servers that it has started end with it: each is killed when this process exits, and a signal alone would skip that.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await run();
