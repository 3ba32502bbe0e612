import assert from "node:assert/strict";
import type { History, Operation } from "../support/history.ts";
import { crowdCourses, crowdLectures } from "../support/crowd.ts";
import { courseOf } from "../support/process-client.ts";
import { Trial } from "../support/trial.ts";
import { Faults } from "./faults.ts";
import type { Fleet } from "./fleet.ts";
import { Load } from "./load.ts";
import { type FaultType, scheduleOf } from "./schedule.ts";

/** What a round came to. */
export interface Tally {
  readonly requests: number;
  /** Saves and completions that were acknowledged, each of which was looked for at the end. */
  readonly acknowledged: number;
  /** How often both stores were looked at meanwhile. */
  readonly looks: number;
  readonly faults: ReadonlyMap<FaultType, number>;
}

/** What can be told of a round that goes on. */
export interface Meanwhile {
  readonly requests: number;
  readonly faults: number;
}

/** The students whose history is theirs to judge: they take back what was acknowledged. */
const isJudged = (userId: string): boolean => !userId.startsWith("returner-");

/**
 * One round on empty stores: load and faults as the seed says; then everything is healed, flushed and followed, and everything
 * that was acknowledged is looked for. Rejects with what is wrong.
 */
export async function playRound(
  fleet: Fleet,
  { seed, lengthMs, tell }: { seed: number; lengthMs: number; tell: (meanwhile: Meanwhile) => void },
): Promise<Tally> {
  await using trial = await Trial.begin(fleet.production, isJudged);
  await fleet.teach(...crowdCourses, courseOf("again", 3));
  const load = new Load({ history: trial.history, urls: () => fleet.urls, seed });
  const faults = new Faults(fleet);
  const histories = [trial.history, ...load.returners.map(({ history }) => history)];
  const operations = (): Operation[] => histories.flatMap(operationsOf);
  const requests = (): number => operations().length + load.otherRequests;
  const telling = setInterval(() => tell({ requests: requests(), faults: total(faults.happened) }), 1_000);
  try {
    await faults.run(scheduleOf(seed, lengthMs));
  } finally {
    await load.stop();
    clearInterval(telling);
  }
  await fleet.healed();
  const [url = ""] = fleet.urls;
  await trial.verdict({ url }, crowdLectures);
  const taken = await Promise.all(load.returners.map((returner) => returner.wrongs(url, trial.database)));
  // A session that began before a clock or a course went on is told so; nothing else is ever refused.
  const refused = operations().flatMap(({ refusal = "" }) => (/^$|answered 409/.test(refusal) ? [] : [refusal]));
  assert.deepEqual([...load.problems, ...taken.flat(), ...refused].slice(0, 10), []);
  const acknowledged = operations().filter(({ outcome }) => outcome === "done").length;
  return { requests: requests(), acknowledged, looks: trial.looks, faults: faults.happened };
}

function operationsOf({ saves, completions, undos, startOvers }: History): Operation[] {
  return [...saves, ...completions, ...undos, ...startOvers];
}

function total(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
