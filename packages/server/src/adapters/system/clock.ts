import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../ports/clock.ts";

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal && { signal }).catch(() => undefined),
  // Poll phase first, then immediates: every request read in this turn is in by then.
  atEndOfTurn: (callback) => void setImmediate(callback),
  random: () => Math.random(),
};
