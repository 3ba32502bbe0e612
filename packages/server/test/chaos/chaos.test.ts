import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { storesAreMissing } from "../support/production.ts";
import { Fleet } from "./fleet.ts";
import { playRound } from "./round.ts";
import { faultTypes, scheduleOf } from "./schedule.ts";

suite("A schedule of faults", () => {
  test("is the same for the same seed, and another for another", () => {
    assert.deepEqual(scheduleOf(1, 60_000), scheduleOf(1, 60_000));
    assert.notDeepEqual(scheduleOf(1, 60_000), scheduleOf(2, 60_000));
  });

  test("has every fault there is, sooner or later", () => {
    const types = new Set(scheduleOf(1, 600_000).map(({ type }) => type));
    assert.deepEqual([...types].toSorted(), [...faultTypes].toSorted());
  });
});

suite("Three services on real stores", { skip: storesAreMissing() }, () => {
  test("lose nothing they acknowledged while everything fails by chance", { timeout: 280_000 }, async () => {
    await using fleet = await Fleet.start();
    const tally = await playRound(fleet, { seed: 1, lengthMs: 12_000, tell: () => undefined });
    assert.ok(tally.acknowledged > 0 && tally.faults.size > 0);
  });
});
