import { spawn } from "node:child_process";
import { cpSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { type Mutant, mutate, pathOf, root, sourceOf } from "./mutant.ts";

/** What became of a mutant: the first test that failed, `null` when none did, `broken` when no test could even begin. */
export type Verdict =
  | { readonly status: "killed"; readonly by: string }
  | { readonly status: "survived" }
  | { readonly status: "broken"; readonly output: string };

const leftOut = new Set(["node_modules", ".git", ".cache", "data", "dist"]);
const testTimeoutMs = 120_000;

/** A copy of the project in a folder, in which mutants are tried one after the other. */
export class CopiedProject {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    const isWanted = (path: string): boolean => path === root || !leftOut.has(basename(path)) || isTestData(path);
    cpSync(root, folder, { recursive: true, filter: isWanted });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  }

  async try(mutant: Mutant): Promise<Verdict> {
    const path = join(this.#folder, pathOf(mutant));
    const source = sourceOf(mutant, this.#folder);
    writeFileSync(path, mutate(mutant, source));
    try {
      return await this.run(mutant);
    } finally {
      writeFileSync(path, source);
    }
  }

  /** Runs tests on the copy as it is. */
  async run({ tests, only }: Pick<Mutant, "tests" | "only">): Promise<Verdict> {
    const files = tests.map((file) => join("packages", "server", "test", file));
    const pattern = only === undefined ? [] : [`--test-name-pattern=${only}`];
    const { code, output } = await this.#node([
      "--test",
      "--test-reporter=tap",
      `--test-timeout=${testTimeoutMs}`,
      ...pattern,
      ...files,
    ]);
    const [, passed = "0"] = /^# pass (\d+)$/m.exec(output) ?? [];
    if (code === 0) return passed === "0" ? { status: "broken", output: "No test was run." } : { status: "survived" };
    const [, by] = /^\s*not ok \d+ - (.+)$/m.exec(output) ?? [];
    const isUnable = by === undefined || files.includes(by) || output.includes("Error compiling script");
    return isUnable ? { status: "broken", output } : { status: "killed", by };
  }

  #node(args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const { promise, resolve } = Promise.withResolvers<{ code: number | null; output: string }>();
    // What fails is not made smaller: that it fails is enough.
    const env = { ...process.env, NO_SHRINKING: "1", NODE_TEST_CONTEXT: undefined };
    const child = spawn(process.execPath, args, { cwd: this.#folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    child.once("close", (code) => resolve({ code, output }));
    return promise;
  }
}

function isTestData(path: string): boolean {
  return relative(root, path).endsWith(join("test", "data"));
}
