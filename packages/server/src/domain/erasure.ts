import { type Stamp, stampTime } from "./stamp.ts";

/**
 * How far beyond its stamp an erasure reaches, for what is dated by the clocks of processes. What had begun before anybody
 * could know of the erasure is dated within it, unless clocks differ by more; what begins later is dated after it.
 */
const reachMs = 5_000;

/** What happened up to this instant, milliseconds since 1970, is erased. */
export function erasedUntil(upTo: Stamp): number {
  return stampTime(upTo) + reachMs;
}
