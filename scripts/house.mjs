// House numbers that no linter counts: how long files are (of every kind, Lua and CSS too), how deep folders go, and
// that no folder is a drawer for anything. The linter counts the length of functions (.oxlintrc.json).
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./node26.mjs";

const limits = { lines: 300, medianLines: 80, depth: 3 };
const drawers = new Set(["utils", "util", "helpers", "common", "misc", "lib"]);
const skipped = new Set(["node_modules", "dist", "data"]);
const source = /\.(ts|mts|js|mjs|lua|css|html|sh)$/;

const files = ["packages", "test", "bench", "scripts"]
  .flatMap(filesUnder)
  .map((path) => ({ path, lines: linesOf(path) }));
const product = files.filter(({ path }) => /^packages\/[^/]+\/src\//.test(path));

const broken = [
  ...files
    .filter(({ lines }) => lines > limits.lines)
    .map(({ path, lines }) => `${path}: ${lines} lines; the limit is ${limits.lines}`),
  ...[...new Set(files.map(({ path }) => dirname(path)))]
    .filter((folder) => folder.split("/").some((name) => drawers.has(name)))
    .map((folder) => `${folder}: name the folder after what it does`),
  ...product
    .filter(({ path }) => path.split("/src/")[1].split("/").length - 1 > limits.depth)
    .map(({ path }) => `${path}: more than ${limits.depth} folders below src`),
];
const median = product.map(({ lines }) => lines).sort((a, b) => a - b)[Math.floor(product.length / 2)] ?? 0;
if (median > limits.medianLines) {
  broken.push(`packages/*/src: the median file has ${median} lines; the limit is ${limits.medianLines}`);
}

for (const line of broken) console.error(line);
process.exitCode = broken.length === 0 ? 0 : 1;

function filesUnder(folder) {
  let entries = [];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesUnder(path);
    return source.test(path) ? [path] : [];
  });
}

function linesOf(path) {
  return readFileSync(join(root, path), "utf8").trimEnd().split("\n").length;
}
