import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const screenshots = fileURLToPath(new URL("screenshots.ts", import.meta.url));

for (const [argument, code] of [
  ["--help", 0],
  ["--odd", 2],
] as const) {
  test(`screenshots ${argument} explains what they are, and takes none`, () => {
    const ended = spawnSync(process.execPath, [screenshots, argument], { encoding: "utf8", timeout: 60_000 });
    assert.deepEqual([ended.status, ended.stderr], [code, ""]);
    assert.match(ended.stdout, /npm run screenshots/);
    assert.doesNotMatch(ended.stdout, /^written to/m);
  });
}
