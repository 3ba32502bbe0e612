import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, createCore } from "../../src/core.ts";
import type { LectureId, ProgressKey } from "../../src/domain/ids.ts";
import { DyingStores } from "./dying-stores.ts";
import { courseId, lectureIds, silent, Workbench } from "./workbench.ts";

/** More calls than a completion and a relay together make. */
const outlived = 40;
const zone = "UTC";

/** A process of its own on the stores that all share. */
class Process {
  readonly #core: Core;
  readonly #dying: DyingStores;

  constructor({ stores, clock }: Workbench) {
    this.#dying = new DyingStores(stores);
    const telemetry = { ...silent, backgroundFailed: () => undefined };
    const options = {
      clock,
      telemetry,
      flushIntervalMs: 60_000,
      defaultTimeZone: zone,
      streakCounts: "completion",
      achievements: [],
    } as const;
    this.#core = createCore(this.#dying.stores, options);
  }

  /** @returns whether it was acknowledged; false when the process died at it, after so many calls of its stores */
  complete(key: ProgressKey, lectureId: LectureId, calls = Infinity): Promise<boolean> {
    this.#dying.liveFor(calls);
    return isDone(this.#core.completions.complete({ userId: key.userId, zone }, key, lectureId));
  }

  /** Looks for what others have left behind. */
  relay(calls = Infinity): Promise<boolean> {
    this.#dying.liveFor(calls);
    return isDone(this.#core.relay.relay());
  }
}

/** Each completion exactly once, in every place that knows of it. */
async function checkOnce({ stores }: Workbench, key: ProgressKey, lectures: readonly LectureId[], begunAt: number) {
  const { store, students, activities, log } = stores;
  const { userId } = key;
  const { completedAt, completions, outbox } = await store.read(key);
  assert.deepEqual([...completedAt.keys()].toSorted(), lectures.toSorted());
  assert.deepEqual(
    [...completions.values()],
    lectures.map(() => 1),
  );
  const days = await activities.readAll(userId);
  assert.deepEqual(
    days.map(({ count }) => count),
    [lectures.length],
  );
  const { streak } = await students.read(userId);
  assert.deepEqual([streak.current, streak.longest, streak.lastDay], [1, 1, days[0]?.day]);
  assert.deepEqual(outbox, []);
  const kept = await log.since(begunAt, null, 100);
  const ids = new Set(
    kept
      .filter(({ userId: of, type }) => of === userId && /^(lecture|course)\.completed$/.test(type))
      .map(({ id }) => id),
  );
  for (const lectureId of lectures) assert.ok(ids.delete(`lecture.completed/${userId}/${courseId}/${lectureId}/1`));
  const isWhole = lectures.length === lectureIds.length;
  assert.equal([...ids].filter((id) => id.startsWith("course.completed/")).length, isWhole ? 1 : 0);
  assert.equal(ids.size, isWhole ? 1 : 0);
}

async function isDone(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

describe("what follows from a completion happens exactly once", () => {
  test("wherever the process that began it dies, and the one that goes on, when a relay finishes it", async () => {
    await using bench = await Workbench.create();
    const [first, second, third] = [1, 2, 3].map(() => new Process(bench)) as [Process, Process, Process];
    const [last, ...others] = lectureIds as [LectureId, ...LectureId[]];
    let deaths = 0;
    for (let calls = 0; calls < outlived; calls++) {
      for (let relayed = 0; relayed < outlived; relayed += 7) {
        const key = bench.newStudent();
        const begunAt = bench.clock.now();
        for (const lectureId of others) assert.ok(await third.complete(key, lectureId));
        if (!(await first.complete(key, last, calls))) deaths++;
        bench.clock.advance(6_000);
        if (!(await second.relay(relayed))) deaths++;
        bench.clock.advance(20_000);
        assert.ok(await third.relay());
        const isCompleted = (await bench.stores.store.read(key)).completedAt.has(last);
        await checkOnce(bench, key, isCompleted ? lectureIds : others, begunAt);
      }
    }
    assert.ok(deaths > outlived, "hardly anybody died");
  });

  test("by another process when the relay of one that stops has left it", async () => {
    await using bench = await Workbench.create();
    const { clock, core, stores } = bench;
    const [process, key, [lectureId]] = [new Process(bench), bench.newStudent(), lectureIds as [LectureId]];
    const begunAt = clock.now();
    const left = async (): Promise<number> => (await stores.store.read(key)).outbox.length;
    for (let calls = 1; (await left()) === 0; calls++) await process.complete(key, lectureId, calls);
    clock.advance(6_000);
    await core.relay.relay(AbortSignal.abort());
    assert.equal(await left(), 1);
    await core.relay.relay();
    await checkOnce(bench, key, [lectureId], begunAt);
  });

  test("though more than a pass takes are older and fail again and again", async (t) => {
    await using bench = await Workbench.create();
    const { clock, stores } = bench;
    const [process, lectureId] = [new Process(bench), lectureIds[0] as LectureId];
    const left = async (key: ProgressKey): Promise<number> => (await stores.store.read(key)).outbox.length;
    const leaveBehind = async (key: ProgressKey): Promise<void> => {
      for (let calls = 1; (await left(key)) === 0; calls++) await process.complete(key, lectureId, calls);
    };
    const broken = Array.from({ length: 120 }, () => bench.newStudent());
    for (const key of broken) await leaveBehind(key);
    clock.advance(1_000);
    const sound = bench.newStudent();
    await leaveBehind(sound);
    const isBroken = new Set(broken.map(({ userId }) => userId));
    const read = stores.store.read.bind(stores.store);
    t.mock.method(stores.store, "read", async (key: ProgressKey) => {
      if (isBroken.has(key.userId)) throw new Error("not this one");
      return read(key);
    });
    for (let passes = 0; passes < 3; passes++) {
      clock.advance(20_000);
      await process.relay();
    }
    assert.equal(await left(sound), 0);
  });
});
