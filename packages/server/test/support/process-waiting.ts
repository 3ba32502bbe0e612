import { setTimeout as delay } from "node:timers/promises";

const pollMs = 25;

/** Asks again and again until it is so; fails after the given time, 5 s unless told. @returns how long it took, milliseconds */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { withinMs = 5_000 }: { withinMs?: number } = {},
): Promise<number> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await delay(pollMs);
  }
  return performance.now() - startedAt;
}
