import assert from "node:assert/strict";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { suite, test } from "node:test";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { TurnBatch } from "../../src/application/turn-batch.ts";

suite("what is asked for together", () => {
  const calls: number[][] = [];
  const batch = new TurnBatch<number, number>(systemClock, (askers) => {
    calls.push(askers.map(({ ask }) => ask));
    for (const { ask, resolve } of askers) resolve(ask * 10);
  });

  test("goes in one call with what is asked for in the next turn, and everybody gets an answer of their own", async () => {
    const answers = [batch.add(1), batch.add(2)];
    await endOfTurn();
    answers.push(batch.add(3));
    assert.deepEqual(calls, []);
    assert.deepEqual(await Promise.all(answers), [10, 20, 30]);
    assert.deepEqual(calls.splice(0), [[1, 2, 3]]);
  });

  test("waits for no more than that, however much comes after it", async () => {
    const answers: Promise<number>[] = [];
    for (let ask = 1; ask <= 6; ask++) {
      answers.push(batch.add(ask));
      await endOfTurn();
    }
    assert.deepEqual(await Promise.all(answers), [10, 20, 30, 40, 50, 60]);
    assert.deepEqual(calls, [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });
});
