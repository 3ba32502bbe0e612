import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { parts } from "../parts/parts.ts";
import { docsOf, withBlocks } from "../report/measured-docs.ts";
import { readResults, resultsFile } from "../report/results.ts";

suite("figures in the docs", () => {
  test("are those of the results file: `npm run bench -- --write-docs` puts them right", () => {
    for (const [path, content] of docsOf(readResults(resultsFile))) {
      const file = new URL(`../../${path}`, import.meta.url);
      assert.ok(existsSync(file), `${path} is missing`);
      assert.equal(readFileSync(file, "utf8"), content, `${path} says something else than the results file`);
    }
  });

  test("cover every part of the bench", () => {
    const results = readResults(resultsFile);
    assert.deepEqual(
      parts.map(({ name }) => name).filter((name) => results.parts[name] === undefined),
      [],
    );
  });

  test("go where their marks are, and nowhere else", () => {
    const text = "before\n<!-- measured: one -->\nold\n<!-- end of measured -->\nafter\n";
    const filled = withBlocks(text, new Map([["one", "new"]]));
    assert.equal(filled, text.replace("old", "new"));
    assert.equal(withBlocks(filled, new Map([["one", "new"]])), filled);
    assert.throws(() => withBlocks(text, new Map()), /called "one"/);
  });
});
