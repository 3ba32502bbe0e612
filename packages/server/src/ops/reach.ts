import { setTimeout as delay } from "node:timers/promises";
import type { Backend } from "../service.ts";

const reachWithinMs = 10_000;
/** Longer than MongoDB is given to answer. */
const answerWithinMs = 6_000;

/** Probes are answered at once; a person waits until a store that has just been opened must have answered. */
export async function healthOf(stores: Backend["stores"]): ReturnType<Backend["stores"]["health"]> {
  const deadline = Date.now() + answerWithinMs;
  for (;;) {
    const parts = await stores.health();
    if (Date.now() > deadline || Object.values(parts).every((part) => part.status === "ok")) return parts;
    await delay(200);
  }
}

/** Production stores answer a moment after they are opened. */
export async function untilReachable({ stores }: Backend): Promise<boolean> {
  const deadline = Date.now() + reachWithinMs;
  while (Date.now() < deadline) {
    const reachable = await stores.buffer.now().catch(() => null);
    if (reachable !== null) return true;
    await delay(100);
  }
  return false;
}

/** What is wrong with the stores, for a command that they have failed. */
export async function troubles({ stores }: Backend): Promise<string> {
  const parts = Object.values(await healthOf(stores));
  const details = parts.flatMap(({ status: is, detail }) =>
    is === "ok" ? [] : [detail ?? "A store does not answer."],
  );
  return details.join("\n") || "A store did not answer for a moment: run the command again.";
}
