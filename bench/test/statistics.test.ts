import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { differsFrom, figureOf, verdictOn } from "../machine/statistics.ts";

suite("figures of several rounds", () => {
  test("say the median and how far the rounds lie apart", () => {
    assert.deepEqual(figureOf([3, 1, 2]), { median: 2, min: 1, max: 3, rounds: 3 });
    assert.equal(figureOf([4, 1, 2, 3]).median, 2.5);
  });

  test("decide about a target only when every round says the same", () => {
    assert.equal(verdictOn(figureOf([1.4, 1.5, 1.6]), 1.6), "reached");
    assert.equal(verdictOn(figureOf([1.7, 1.8]), 1.6), "missed");
    assert.equal(verdictOn(figureOf([1.4, 1.5, 1.7]), 1.6), "undecided");
  });

  test("tell nothing of a difference that is smaller than their own spread", () => {
    assert.ok(differsFrom(figureOf([1.9, 2, 2.1]), 1));
    assert.ok(!differsFrom(figureOf([1.1, 1.4, 1.8]), 1));
  });

  test("need a round", () => {
    assert.throws(() => figureOf([]), /at least one/);
  });
});
