import { after, before, describe, test } from "node:test";
import * as fc from "fast-check";
import { PositionHistory } from "./position-history.ts";
import { sessionSave, step } from "./position-steps.ts";
import { Workbench } from "./workbench.ts";

describe("positions of several sessions that play at the same time", () => {
  let bench: Workbench;
  before(async () => (bench = await Workbench.create()));
  after(() => bench[Symbol.asyncDispose]());

  // A session never numbers two saves alike.
  const saves = fc.uniqueArray(sessionSave, {
    minLength: 1,
    maxLength: 20,
    size: "max",
    selector: ({ session, seq, elapsedMs }) => `${session}/${seq}/${elapsedMs}`,
  });

  test("end in the state of the ordered history when saves come shuffled and repeated", async () => {
    const shuffled = saves.chain((made) =>
      fc.tuple(fc.constant(made), fc.shuffledSubarray([...made, ...made], { minLength: made.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([made, delivered]) => {
        const history = new PositionHistory(bench, made);
        for (const save of delivered) await history.deliver(save);
        await history.checkRead();
        await history.checkAtRest();
      }),
      { numRuns: 100 },
    );
  });

  test("are what everything saved says at every moment, whatever flushers, start overs and waits come in between", async () => {
    await fc.assert(
      fc.asyncProperty(saves, fc.array(step, { maxLength: 40, size: "max" }), async (made, steps) => {
        const history = new PositionHistory(bench, made);
        for (const next of steps) {
          await history.take(next);
          await history.checkRead();
          await history.checkStores();
        }
        await history.checkAtRest();
      }),
      { numRuns: 500 },
    );
  });
});
