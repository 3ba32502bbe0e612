import { execFileSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** `CHROMIUM`, else the first of the usual names on the PATH; `null` where there is none. */
function findChromium(): string | null {
  const names = process.env["CHROMIUM"] ? [process.env["CHROMIUM"]] : ["chromium", "chromium-browser", "google-chrome"];
  for (const name of names) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next name, then.
    }
  }
  return null;
}

/** Why the browser tests cannot run here, or `false`. Where real programs are required, their absence is a failure. */
export function skipWithoutChromium(): string | false {
  if (findChromium()) return false;
  if (process.env["REQUIRE_REAL_STORES"] === "1") throw new Error("no Chromium on the PATH; set CHROMIUM to one");
  return "no Chromium on the PATH; set CHROMIUM to one";
}

export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("no Chromium on the PATH; set CHROMIUM to one");
  return chromium.launch({ executablePath, args: flags, timeout: 60_000 });
}
