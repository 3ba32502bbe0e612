import { setTimeout as delay } from "node:timers/promises";
import type { Backend } from "../service.ts";
import { ProgressLine } from "./progress-line.ts";

const reachWithinMs = 10_000;
/** Longer than MongoDB is given to answer. */
const answerWithinMs = 6_000;

/** Probes are answered at once; a person waits until a store that has just been opened must have answered. */
export function healthOf({ stores }: Backend): ReturnType<Backend["stores"]["health"]> {
  const isWell = (parts: Awaited<ReturnType<typeof stores.health>>): boolean =>
    Object.values(parts).every((part) => part.status === "ok");
  return waitingFor(() => stores.health(), isWell, answerWithinMs);
}

/** Production stores answer a moment after they are opened. */
export async function untilReachable({ stores }: Backend): Promise<boolean> {
  const now = (): Promise<number | null> => stores.buffer.now().catch(() => null);
  return (await waitingFor(now, (instant) => instant !== null, reachWithinMs)) !== null;
}

/** Asks until the answer is the one that is wanted, or for so long; whoever waits is told. @returns the last answer */
async function waitingFor<Answer>(
  ask: () => Promise<Answer>,
  isWanted: (answer: Answer) => boolean,
  withinMs: number,
): Promise<Answer> {
  const line = new ProgressLine();
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask();
    const seconds = Math.floor((performance.now() - startedAt) / 1000);
    if (isWanted(answer) || seconds * 1000 >= withinMs) {
      line.end();
      return answer;
    }
    if (seconds > 0) line.show(`The stores have not all answered for ${seconds} of ${withinMs / 1000} s`);
    await delay(100);
  }
}

/** What is wrong with the stores, for a command that they have failed. */
export async function troubles(backend: Backend): Promise<string> {
  const parts = Object.values(await healthOf(backend));
  const details = parts.flatMap(({ status: is, detail }) =>
    is === "ok" ? [] : [detail ?? "A store does not answer."],
  );
  return details.join("\n") || "A store did not answer for a moment: run the command again.";
}
