import assert from "node:assert/strict";
import { it } from "node:test";

it("importing it touches no window: it may be imported on a server", async () => {
  assert.equal("window" in globalThis, false);
  const { track } = await import("../src/index.ts");
  assert.equal(typeof track, "function");
});
