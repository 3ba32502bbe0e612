/**
 * Bundles the components (dist/components.js) and the student's page (dist/page). Takes well under a second, so the
 * service can run it at start when dist is missing.
 *
 *   node build.mjs [--quiet]
 */
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const require = createRequire(import.meta.url);

/** What a page pays for all four components, Lit included. */
export const componentsLimitBytes = 18_000;

/** The demo lectures; the service serves them in demo mode only. */
export const mediaDir = join(here, "media");

/** Templates are strings to a bundler; their CSS and their indentation would be shipped as written. */
const compactTemplates = {
  name: "compact-templates",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      let contents = (await readFile(path, "utf8")).replace(/\n[ \t]+/g, "\n");
      for (const [literal, css] of contents.matchAll(/\bcss`([^`$]*)`/g)) {
        const { code } = await transform(css, { loader: "css", minify: true });
        contents = contents.replace(literal, () => `css\`${code.trim()}\``);
      }
      return { contents, loader: "ts" };
    });
  },
};

const shared = {
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2023",
  legalComments: "none",
  logLevel: "error",
  // The player as it stands in this checkout, built or not.
  conditions: ["@aetherlearn/source"],
  plugins: [compactTemplates],
};

/** Writes the components' bundle and tells its size; fails above the limit. */
export async function buildComponents(outDir = join(here, "dist")) {
  const outfile = join(outDir, "components.js");
  await build({ ...shared, entryPoints: [join(source, "index.ts")], outfile });
  const gzipBytes = gzipSync(await readFile(outfile), { level: 9 }).length;
  if (gzipBytes > componentsLimitBytes) {
    throw new Error(`the components are ${gzipBytes} bytes gzip, more than the ${componentsLimitBytes} promised`);
  }
  return { gzipBytes };
}

/**
 * Writes the student's page: `index.html` and everything it loads under `assets/`, all of it to be served from the
 * same origin. `alias` lets tests put a stand-in for a package.
 */
export async function buildPage(outDir = join(here, "dist", "page"), { alias = {} } = {}) {
  const assets = join(outDir, "assets");
  await rm(outDir, { recursive: true, force: true });
  await mkdir(join(assets, "fonts"), { recursive: true });
  await Promise.all([
    build({
      ...shared,
      alias,
      entryPoints: [join(source, "page", "page.ts"), join(source, "page", "page.css")],
      outdir: assets,
      splitting: true,
      chunkNames: "[name]-[hash]",
      external: ["*.woff2"],
    }),
    cp(join(source, "page", "index.html"), join(outDir, "index.html")),
    cp(join(source, "page", "icon.svg"), join(assets, "icon.svg")),
    ...["latin", "latin-ext"].map((script) => copyFont(script, join(assets, "fonts"))),
  ]);
}

async function copyFont(script, fonts) {
  const file = `inter-${script}-wght-normal.woff2`;
  await cp(require.resolve(`@fontsource-variable/inter/files/${file}`), join(fonts, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const startedAt = performance.now();
  const [{ gzipBytes }] = await Promise.all([buildComponents(), buildPage()]);
  const tookMs = Math.round(performance.now() - startedAt);
  if (!process.argv.includes("--quiet"))
    console.log(
      `components ${gzipBytes} of at most ${componentsLimitBytes} bytes gzip, page in dist/page, ${tookMs} ms`,
    );
}
