// Builds `dist`: one minified module an entry, and the type declarations that can be reached from it. The core stays
// outside the other entries, so that a page that uses both loads it once.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const types = join(here, "../../.cache/types/player/src");
const dist = join(here, "dist");
export const entries = ["index", "react"];

const coreOfItsOwn = {
  name: "core of its own",
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/index\.ts$/ }, () => ({ path: "./index.js", external: true })),
};

export async function buildPlayer() {
  rmSync(dist, { recursive: true, force: true });
  await build({
    absWorkingDir: here,
    entryPoints: entries.map((entry) => `src/${entry}.ts`),
    outdir: dist,
    bundle: true,
    minify: true,
    sourcemap: true,
    format: "esm",
    target: "es2022",
    external: ["react"],
    plugins: [coreOfItsOwn],
    logLevel: "warning",
  });
}

function declareTypes() {
  execFileSync("tsc", ["-b", here], { stdio: "inherit", shell: process.platform === "win32" });
  mkdirSync(dist, { recursive: true });
  const files = new Set(entries);
  for (const file of files) {
    const text = readFileSync(join(types, `${file}.d.ts`), "utf8");
    for (const [, imported] of text.matchAll(/from "\.\/([\w-]+)\.ts"/g)) files.add(imported);
    writeFileSync(join(dist, `${file}.d.ts`), text.replaceAll(/from "\.\/([\w-]+)\.ts"/g, 'from "./$1.js"'));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPlayer();
  declareTypes();
}
