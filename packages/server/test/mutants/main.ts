/** `npm run mutants`: breaks the protocol on purpose, one way after the other, and shows that tests notice each. */
import { parseArgs } from "node:util";
import { counted } from "../../src/ops/counted.ts";
import { say, showTable } from "../measure/table.ts";
import { storesAreMissing } from "../support/production.ts";
import { runCommand, UsageError } from "../support/command-line.ts";
import { TempFolder } from "../support/temp-folder.ts";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import { CopiedProject, type Verdict } from "./copied-project.ts";

const usage = `Breaks the protocol on purpose, in a copy of the project, and runs the tests that must notice.

  npm run mutants                     tries all ${mutants.length}
  npm run mutants -- --only TEXT      tries those whose name or file contains the text
  npm run mutants -- --list           names them

It needs redis-server and a mongod (REDIS_SERVER, MONGOD). Exit code 0: every mutant was killed. 1: one survived, or could not be
tried. 2: the command was not understood.`;

async function run(chosen: readonly Mutant[]): Promise<number> {
  await using folder = await TempFolder.create();
  const project = new CopiedProject(folder.file("copy"));
  say(`First the tests of ${counted(chosen.length, "mutant")} on the program as it is ...`);
  for (const [tests, only] of selections(chosen)) {
    const verdict = await project.run({ tests, ...(only !== undefined && { only }) });
    say(".");
    if (verdict.status !== "survived") {
      say(`\n${tests.join(", ")} must pass first: ${verdict.status === "killed" ? verdict.by : verdict.output}\n`);
      return 1;
    }
  }
  say(" they pass.\n");
  const verdicts: Verdict[] = [];
  for (const [index, mutant] of chosen.entries()) {
    const startedAt = performance.now();
    const verdict = await project.try(mutant);
    verdicts.push(verdict);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(3);
    say(
      `${String(index + 1).padStart(3)} of ${chosen.length} ${seconds} s  ${verdict.status.padEnd(8)}  ${mutant.name}\n`,
    );
    if (verdict.status === "broken") say(verdict.output);
  }
  const rows = chosen.map(({ name }, index) => [name, toldBy(verdicts[index] as Verdict)]);
  showTable("What noticed each", rows);
  const killed = verdicts.filter(({ status }) => status === "killed").length;
  say(`\nMutants killed: ${killed} of ${chosen.length}.\n`);
  return killed === chosen.length ? 0 : 1;
}

/** Tests that several mutants name are tried once on the program as it is. */
function selections(chosen: readonly Mutant[]): [tests: readonly string[], only: string | undefined][] {
  const distinct = new Map(chosen.map(({ tests, only }) => [`${tests.join()} ${only}`, [tests, only] as const]));
  return [...distinct.values()].map(([tests, only]) => [tests, only]);
}

function toldBy(verdict: Verdict): string {
  return verdict.status === "killed" ? verdict.by : verdict.status.toUpperCase();
}

async function main(): Promise<number> {
  const options = {
    only: { type: "string" },
    list: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values } = parseArgs({ options });
  const text = values.only ?? "";
  const chosen = mutants.filter(({ name, file }) => `${name} ${file}`.includes(text));
  if (values.help) say(`${usage}\n`);
  else if (values.list) say(chosen.map(({ name, file }) => `${name}  (${file})\n`).join(""));
  else if (chosen.length === 0) throw new UsageError(`No mutant's name or file contains "${text}".`);
  else {
    const missing = storesAreMissing();
    if (missing !== false) {
      say(`No test could notice anything: ${missing}\n`);
      return 1;
    }
    return run(chosen);
  }
  return 0;
}

await runCommand("mutants", main);
