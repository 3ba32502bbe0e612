/**
 * Loaded before the service, in its process: calls of its stores take as long as they would over a slow network, half of
 * it on the way there. SLOW_CALLS lists them with milliseconds: `save=600,join=1200`.
 */
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedPositionBuffer } from "../../src/adapters/embedded/buffer.ts";
import { EmbeddedProgressStore } from "../../src/adapters/embedded/store.ts";

const slow = new Map(
  (process.env["SLOW_CALLS"] ?? "").split(",").map((entry) => {
    const [name = "", ms = ""] = entry.split("=");
    return [name, Number(ms)];
  }),
);
slowDown(EmbeddedPositionBuffer.prototype, "save");
slowDown(EmbeddedProgressStore.prototype, "join");
slowDown(EmbeddedProgressStore.prototype, "read");

function slowDown<Name extends string>(part: Record<Name, (...values: never[]) => Promise<unknown>>, name: Name): void {
  const ms = slow.get(name);
  if (ms === undefined) return;
  const original = part[name];
  part[name] = async function (this: unknown, ...values: never[]) {
    await delay(ms / 2);
    const answer = await original.apply(this, values);
    await delay(ms / 2);
    return answer;
  };
}
