import { completionLatency } from "./completion-latency.ts";
import { growth } from "./growth.ts";
import { latencies } from "./latencies.ts";
import { losses } from "./losses.ts";
import type { Part } from "./part.ts";
import { readCost, saveCost, sessionSaveCost } from "./request-costs.ts";
import { writeReduction } from "./write-reduction.ts";

/** Everything the bench measures, in this order. What a part measured, it alone reads. */
export const parts = [
  saveCost,
  sessionSaveCost,
  readCost,
  latencies,
  completionLatency,
  writeReduction,
  losses,
  growth,
] as readonly Part<unknown>[];
