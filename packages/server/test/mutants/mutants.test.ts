import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { mutate, root, sourceOf } from "./mutant.ts";
import { mutants } from "./mutants.ts";

suite("every mutant", () => {
  test("still changes the source it was made for", () => {
    for (const mutant of mutants) assert.notEqual(mutate(mutant, sourceOf(mutant)), sourceOf(mutant), mutant.name);
  });

  test("names tests that exist", () => {
    for (const { name, tests } of mutants) {
      assert.ok(tests.length > 0, name);
      for (const file of tests) assert.ok(existsSync(join(root, "packages/server/test", file)), `${name}: ${file}`);
    }
  });

  test("has a name of its own", () => {
    assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
  });
});

test("a text that is not there, or more than once, is refused", () => {
  const mutant = { name: "m", file: "", text: "a", instead: "b", tests: [] };
  assert.throws(() => mutate(mutant, "xyz"), /0 times/);
  assert.throws(() => mutate(mutant, "a, a"), /2 times/);
  assert.equal(mutate(mutant, "xaz"), "xbz");
});
