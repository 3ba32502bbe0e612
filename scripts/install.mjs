// Makes sure that node_modules is what package-lock.json says, before `npm start`, `npm test` and `npm run check`, so
// that each of them works straight after a clone. Silent when nothing is to do. Runs on Node 18 and newer.
//
// It uses `npm install`, not `npm ci`: the latter fails where a registry lacks binaries for other platforms. For the same
// reason the lock file is read but never written here: what npm would write depends on what the registry has that day.
// Whether it fits the package.json files is for scripts/lock.mjs to say.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { needNode26, root } from "./node26.mjs";

const lockFile = join(root, "package-lock.json");
const stampFile = join(root, "node_modules", ".installed");
// Short waits between retries: without a network nobody should wait long to hear so.
const impatient = ["--fetch-retries=2", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000"];
const options = [
  ...impatient,
  "--no-save",
  "--include=dev",
  "--include=optional",
  "--prefer-offline",
  "--no-audit",
  "--no-fund",
];
const offline =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;

if (read(stampFile) !== wantedStamp()) await install();
needNode26();

async function install() {
  // Where a script reads what a command prints, this is none of it.
  console.error(`Installing dependencies (about 20 s${existsSync(stampFile) ? "" : ", first run only"}) ...`);
  const { code, errors } = await runNpm(["install", ...options, "--loglevel=http"]);
  if (code !== 0) fail(errors);
  writeFileSync(stampFile, wantedStamp());
}

/** Changes whenever another install could give another result. */
function wantedStamp() {
  const packages = readdirSync(join(root, "packages")).sort();
  const files = [
    lockFile,
    join(root, "package.json"),
    ...packages.map((name) => join(root, "packages", name, "package.json")),
  ];
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const file of files) hash.update(`\0${file.slice(root.length)}\0${read(file)}`);
  return hash.digest("hex");
}

/**
 * Runs the npm that runs us and keeps its errors. Without a network npm would try one package after the other for
 * minutes, so three failed requests before the first good answer end it.
 */
function runNpm(args) {
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? process.env.npm_execpath : undefined;
  const child = npm
    ? spawn(process.env.npm_node_execpath ?? process.execPath, [npm, ...args], {
        cwd: root,
        stdio: ["ignore", "ignore", "pipe"],
      })
    : spawn("npm", args, { cwd: root, stdio: ["ignore", "ignore", "pipe"], shell: process.platform === "win32" });
  const startedAt = Date.now();
  const heartbeat = setInterval(() => {
    console.error(`  still installing, ${Math.round((Date.now() - startedAt) / 1000)} s`);
  }, 4_000);
  let errors = "";
  let answered = false;
  let unanswered = 0;
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (/^npm (error|ERR!)/.test(line)) errors += `${line}\n`;
    else if (/^npm http fetch GET [23]\d\d /.test(line)) answered = true;
    else if (!answered && / attempt \d+ failed with /.test(line) && offline.test(line) && ++unanswered === 3) {
      errors = line;
      child.kill();
    }
  });
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: 1, errors: `${error.message}\n` }));
    child.on("close", (code) => resolve({ code, errors }));
  }).finally(() => clearInterval(heartbeat));
}

function fail(errors) {
  if (offline.test(errors)) {
    console.error(
      "The dependencies could not be installed: npm cannot reach its registry. Check the network and run the command again.",
    );
  } else {
    process.stderr.write(errors);
    console.error("The dependencies could not be installed: npm failed for the reason above.");
  }
  process.exit(1);
}

function read(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
