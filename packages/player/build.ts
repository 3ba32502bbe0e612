// Builds `dist`: one minified module an entry, and the type declarations that can be reached from it. The core stays
// outside the other entries, so that a page that uses both loads it once.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { minify } from "terser";

const here = dirname(fileURLToPath(import.meta.url));
const types = join(here, "../../.cache/types/player/src");
const dist = join(here, "dist");
const entries = ["index", "coverage", "react"];

// Members that only this package's own modules use. They are shortened; the checks below keep names of the browser, of
// the wire and of the public types out of here.
const internal = `
  answered changed compare credit decide delayed differs drop due emit forget hurry identify isCompleted isHeld
  isKnown isSettled isUndecided kept known look newest next pace paced put record refused release restore retryAfterMs sentAt settle
  settled started take ticked timeAt toSeconds unite unloaded
`.match(/\w+/g) as string[];

const coreOfItsOwn: esbuild.Plugin = {
  name: "core of its own",
  setup: (build) => build.onResolve({ filter: /^\.\/index\.ts$/ }, () => ({ path: "./index.js", external: true })),
};

export async function buildPlayer(): Promise<void> {
  await esbuild.build({
    absWorkingDir: here,
    entryPoints: entries.map((entry) => `src/${entry}.ts`),
    outdir: dist,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    mangleProps: new RegExp(`^(${internal.join("|")})$`),
    external: ["react"],
    plugins: [coreOfItsOwn],
    logLevel: "warning",
  });
  // A second minifier finds what the first leaves: about 130 bytes of the core.
  for (const entry of entries) {
    const file = join(dist, `${entry}.js`);
    const { code = "" } = await minify(readFileSync(file, "utf8"), { module: true, compress: { passes: 3 } });
    writeFileSync(file, code);
  }
}

function declareTypes(): void {
  execFileSync("tsc", ["-b", here], { stdio: "inherit", shell: process.platform === "win32" });
  const files = new Set(entries);
  for (const file of files) {
    const text = readFileSync(join(types, `${file}.d.ts`), "utf8");
    for (const [, imported] of text.matchAll(/from "\.\/([\w-]+)\.ts"/g)) files.add(imported ?? "");
    const exposed = internal.filter((name) => new RegExp(`\\b${name}\\??[:(<]`).test(text));
    if (exposed.length > 0)
      throw new Error(`${file}.d.ts shows ${exposed.join(", ")}: take it out of the internal names`);
    writeFileSync(join(dist, `${file}.d.ts`), text.replaceAll(/from "\.\/([\w-]+)\.ts"/g, 'from "./$1.js"'));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(dist, { recursive: true, force: true });
  await buildPlayer();
  declareTypes();
}
