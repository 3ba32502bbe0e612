// Fails when an entry of the player outgrows its budget: gzip bytes of the minified module with everything it imports,
// except the core in the other entries and what the page has anyway (React).
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { buildPlayer } from "./build.ts";

const budgets = { index: 5_000, coverage: 1_000, react: 1_000 };

await buildPlayer();
for (const [entry, budget] of Object.entries(budgets)) {
  const bytes = gzipSync(readFileSync(new URL(`dist/${entry}.js`, import.meta.url)), { level: 9 }).length;
  process.stdout.write(`${entry.padEnd(8)} ${String(bytes).padStart(5)} of ${budget} bytes gzip\n`);
  if (bytes > budget) process.exitCode = 1;
}
