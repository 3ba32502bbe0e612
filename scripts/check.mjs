// `npm run check`: everything that can be said about the code without running it. All steps run, even after one
// failed; a step's output is shown only when it failed.
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { root } from "./node26.mjs";

const help = `npm run check              check types, lint, format, unused code and house numbers
npm run check -- --fix     first repair what can be repaired: lint, then format
npm run check -- --help    this text`;

const steps = [
  { name: "types", command: ["tsc", "-b"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "format", command: ["oxfmt", "--check", "."] },
  { name: "unused code", command: ["knip", "--no-progress", "--no-config-hints"] },
  { name: "lock file", command: ["node", "scripts/lock.mjs"] },
  { name: "house numbers", command: ["node", "scripts/house.mjs"] },
  { name: "player size", command: ["node", "packages/player/size.ts"] },
  { name: "player package", command: ["npm", "run", "check:package", "--workspace", "packages/player"] },
];
const repairs = [
  { name: "fix lint", command: ["oxlint", "--type-aware", "--fix"], mayFail: true },
  { name: "fix format", command: ["oxfmt", "."] },
];

const args = process.argv.slice(2);
const unknown = args.filter((arg) => !["--fix", "--help", "-h"].includes(arg));
if (unknown.length > 0) {
  console.error(`npm run check does not know ${unknown.join(" ")}.\n\n${help}`);
  process.exit(2);
}
if (args.some((arg) => arg === "--help" || arg === "-h")) {
  console.log(help);
  process.exit(0);
}

const chosen = args.includes("--fix") ? [...repairs, ...steps] : steps;
const failed = [];
for (const step of chosen) if (!(await run(step))) failed.push(step.name);
console.log(failed.length === 0 ? "\nAll checks passed." : `\nFailed: ${failed.join(", ")}.`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function run({ name, command, mayFail = false }) {
  const startedAt = Date.now();
  process.stdout.write(`${name} `.padEnd(16, "."));
  const dots = setInterval(() => process.stdout.write("."), 2_000);
  const { code, output } = await outputOf(command);
  clearInterval(dots);
  const passed = code === 0 || mayFail;
  console.log(` ${passed ? "ok" : "FAILED"}  ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  if (!passed) console.log(`\n${output.trim()}\n`);
  return passed;
}

function outputOf([program, ...programArgs]) {
  const path = join(root, "node_modules", ".bin") + delimiter + process.env.PATH;
  const child = spawn(program, programArgs, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
    env: { ...process.env, PATH: path, ...(process.stdout.isTTY && { FORCE_COLOR: "1" }) },
  });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  return new Promise((resolve) => {
    child.on("error", () => resolve({ code: 1, output: `${program} is not installed: run "npm install".` }));
    child.on("close", (code) => resolve({ code, output }));
  });
}
