import type { Mutant } from "./mutant.ts";

const file = "flush/flusher.ts";
const model = "model/flush-model.test.ts";

/** How the flusher, and what stands before the buffer, can be broken. */
export const flushMutants: readonly Mutant[] = [
  {
    name: "acknowledges what may or may not have been written",
    file,
    text: 'claims.filter((_, index) => outcomes[index]?.status === "written")',
    instead: 'claims.filter((_, index) => outcomes[index]?.status !== "refused")',
    tests: [model],
  },
  {
    name: "acknowledges a batch when one of it was written",
    file,
    text: 'claims.filter((_, index) => outcomes[index]?.status === "written")',
    instead: 'claims.filter(() => outcomes.some(({ status }) => status === "written"))',
    tests: [model],
  },
  {
    name: "acknowledges before it writes",
    file,
    text: "const outcomes = await store.join(claims);",
    instead: "await this.#acknowledge(claims);\n    const outcomes = await store.join(claims);",
    tests: [model],
  },
  {
    name: "acknowledges what the store refused",
    file,
    text: 'claims.filter((_, index) => outcomes[index]?.status === "written")',
    instead: 'claims.filter((_, index) => outcomes[index]?.status !== "unknown")',
    tests: [model],
  },
  {
    name: "counts an outage as a refusal of every key",
    file,
    text: 'if (outcome?.status !== "refused") continue;',
    instead: 'if (outcome?.status === "written") continue;',
    tests: ["properties/flusher.test.ts"],
  },
  {
    name: "hammers a store that does not answer",
    file,
    text: 'if (this.#breaker.state === "open") return false;',
    instead: "",
    tests: ["properties/flusher.test.ts"],
  },
  {
    name: "keeps its leases when it is told to end",
    file,
    text: "if (this.#stopping.signal.aborted) await buffer.release",
    instead: "if (false) await buffer.release",
    tests: ["properties/flusher.test.ts"],
  },
  {
    name: "answers a save before the script has",
    file: "application/save-batch.ts",
    text: "const startedAt = this.#clock.now();",
    instead:
      'const startedAt = this.#clock.now();\n    batch.forEach(({ resolve }) => resolve({ status: "stored", stamp: "", persisted: null, serverTime: startedAt }));',
    tests: ["production/redis-away.test.ts"],
  },
  {
    name: "reads positions from the buffer alone",
    file: "application/progress-reader.ts",
    text: "joinPositions(buffered, stored)",
    instead: "buffered",
    tests: ["properties/positions.test.ts"],
  },
  {
    name: "reads positions from the store alone",
    file: "application/progress-reader.ts",
    text: "joinPositions(buffered, stored)",
    instead: "stored",
    tests: ["properties/positions.test.ts"],
  },
  {
    name: "starts over without asking the store what is newest",
    file: "application/completions.ts",
    text: "await buffer.startOver(key, newestStamp(stored))",
    instead: "await buffer.startOver(key, null)",
    tests: ["properties/start-over.test.ts"],
  },
];
