import { setTimeout as delay } from "node:timers/promises";

/** Asks again until there is an answer other than undefined; fails after five seconds without one. */
export async function eventually<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`Still undefined after five seconds: ${ask.toString()}`);
    await delay(5);
  }
}
