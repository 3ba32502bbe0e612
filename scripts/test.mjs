// `npm test`: node's own test runner over every test file, on Node 26. Its report streams; its counts come last.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { needNode26, root } from "./node26.mjs";

const help = `npm test                        run every test
npm test -- contracts redis     run the test files whose path contains "contracts" or "redis"
npm test -- --test-name-pattern="seeking back"
                                any other --flag goes to node --test; write a flag's value with "="
npm test -- --help              this text`;

const places = [
  "packages/*/test/**/*.test.ts",
  "packages/*/src/**/*.test.ts",
  "test/**/*.test.ts",
  "bench/test/*.test.ts",
];
/** Many tests start a process of their own; compiled once, each starts in half the time. */
const compileCache = { NODE_COMPILE_CACHE: join(root, ".cache", "compile") };
/** Far longer than any test takes: what takes longer hangs, and is to fail instead of the whole run. */
const hangMs = 300_000;
const args = process.argv.slice(2);

if (args.includes("--help") || args.includes("-h")) console.log(help);
else if (needNode26() === process.execPath) runTests();
else forward(spawn(needNode26(), process.argv.slice(1), { stdio: "inherit" }));

function runTests() {
  const flags = args.filter((arg) => arg.startsWith("-"));
  const wanted = args.filter((arg) => !arg.startsWith("-"));
  const all = places.flatMap((place) => fs.globSync(place, { cwd: root }));
  const files = all.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
  if (files.length === 0) {
    const what =
      wanted.length === 0
        ? "No test file exists"
        : `None of ${all.length} test files has ${wanted.join(" or ")} in its path`;
    console.error(`${what} (looked for ${places.join(", ")}).`);
    process.exit(1);
  }
  const child = spawn(
    process.execPath,
    [
      "--test",
      "--test-reporter=spec",
      `--test-timeout=${hangMs}`,
      `--test-concurrency=${availableParallelism()}`,
      ...flags,
      ...files,
    ],
    {
      cwd: root,
      stdio: ["inherit", "pipe", "inherit"],
      env: { ...process.env, ...compileCache, ...(process.stdout.isTTY && { FORCE_COLOR: "1" }) },
    },
  );
  const { counts, missing } = showAndCollect(child.stdout);
  forward(child, (code) => {
    // After the counts the report lists every failure again: repeat the counts, so that they are what one reads last.
    if (code !== 0) process.stdout.write(`\n${counts.join("\n")}\n`);
    for (const [reason, times] of missing) process.stdout.write(`\nNot run, ${times} x: ${reason}\n`);
  });
}

/**
 * Passes the report through. Keeps the lines in which the runner counts ("tests 12", "pass 12", "fail 0", ...), and why what
 * was skipped was skipped: a suite that is skipped counts as no test at all, so the counts do not tell.
 */
function showAndCollect(report) {
  const counts = [];
  const missing = new Map();
  let rest = "";
  report.setEncoding("utf8").on("data", (text) => {
    process.stdout.write(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    counts.push(
      ...lines.filter((line) => /^\S*ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) \d/.test(line)),
    );
    for (const line of lines) {
      const reason = /^\s*﹣ .* # (.+)$/.exec(stripVTControlCharacters(line))?.[1];
      if (reason !== undefined && reason !== "SKIP") missing.set(reason, (missing.get(reason) ?? 0) + 1);
    }
  });
  return { counts, missing };
}

function forward(child, atEnd = () => {}) {
  child.on("close", (code) => {
    atEnd(code);
    process.exitCode = code ?? 1;
  });
}
