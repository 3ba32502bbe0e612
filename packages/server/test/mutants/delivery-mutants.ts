import type { Mutant } from "./mutant.ts";

const attempts = ["delivery/first-attempts.test.ts"];

/** How deliveries can be lost or made too often. */
export const deliveryMutants: readonly Mutant[] = [
  {
    name: "attempts a delivery that may not be kept, or is somebody else's",
    file: "delivery/deliverer.ts",
    text: "own.find(({ webhookId }) => webhookId === id)",
    instead: '({ event, webhookId: id, attempts: 0, expiresAt: now + patienceMs, lease: "" })',
    tests: attempts,
  },
  {
    name: "lets what is new overtake what waits",
    file: "delivery/lane.ts",
    text: "return !this.#hasMore && ",
    instead: "return this.#room > 0 && ",
    tests: attempts,
  },
  {
    name: "forgets what found no room",
    file: "delivery/lane.ts",
    text: "|| this.#filling !== undefined) this.#hasMore = true;",
    instead: "|| this.#filling !== undefined) return false;",
    tests: attempts,
  },
  {
    name: "gives room away that is being filled",
    file: "delivery/lane.ts",
    text: " || this.#filling !== undefined) this.#hasMore",
    instead: ") this.#hasMore",
    tests: attempts,
  },
  {
    name: "begins new deliveries while it stops",
    file: "delivery/lane.ts",
    text: " && !this.#deps.stopping.aborted;",
    instead: ";",
    tests: attempts,
  },
  {
    name: "lets a student wait beside the deliveries",
    file: "application/event-publisher.ts",
    text: "const answered = queue.ended(event.userId);",
    instead: "const answered = Promise.resolve();",
    tests: attempts,
  },
  {
    name: "claims what it gives back again and again",
    file: "delivery/deliverer.ts",
    text: "return this.#laneOf(claim.webhookId).rest();",
    instead: "return;",
    tests: ["delivery/webhooks.test.ts"],
  },
  {
    name: "goes on telling a webhook that is gone",
    file: "delivery/deliverer.ts",
    text: "if (isGone) this.#laneOf(webhook.id).rest();",
    instead: "",
    tests: ["delivery/webhooks.test.ts"],
  },
  {
    name: "tells of a student who was erased meanwhile",
    file: "adapters/mongodb/deliveries.ts",
    text: "if (ids.length === 0) return new Set();",
    instead: "if (ids.length < 1e9) return new Set(ids);",
    tests: ["adapters/mongodb.test.ts"],
  },
  {
    name: "takes a delivery that was there for its own",
    file: "adapters/mongodb/deliveries.ts",
    text: "for (const { index } of errors) missing.delete(index);",
    instead: "",
    tests: ["adapters/mongodb.test.ts"],
  },
  {
    name: "takes a delivery that was there for its own (embedded)",
    file: "adapters/embedded/deliveries.ts",
    text: "NOTHING RETURNING lease",
    instead: "UPDATE SET due_at = due_at RETURNING lower(hex(randomblob(8))) AS lease",
    tests: ["adapters/embedded.test.ts"],
  },
];
