/** Loaded before the service, in its process: saves and flush writes take as long as they would over a slow network. */
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedPositionBuffer } from "../../src/adapters/embedded/buffer.ts";
import { EmbeddedProgressStore } from "../../src/adapters/embedded/store.ts";

const saveMs = 600;
const writeMs = 1_200;

slowDown(EmbeddedPositionBuffer.prototype, "save", saveMs);
slowDown(EmbeddedProgressStore.prototype, "join", writeMs);

function slowDown<Name extends string>(
  part: Record<Name, (...values: never[]) => Promise<unknown>>,
  name: Name,
  ms: number,
): void {
  const original = part[name];
  part[name] = async function (this: unknown, ...values: never[]) {
    await delay(ms);
    return original.apply(this, values);
  };
}
