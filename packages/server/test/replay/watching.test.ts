import assert from "node:assert/strict";
import { test } from "node:test";
import { openEmbeddedStores } from "../../src/adapters/embedded/stores.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import type { CourseId, UserId } from "../../src/domain/ids.ts";
import { lastWatched } from "../../src/domain/position.ts";
import type { Stores } from "../../src/ports/stores.ts";
import { ApiClient } from "./api-client.ts";
import { catalogOf, inParallel, studentsWith } from "./audience.ts";
import { readWatchSessions } from "./real-data.ts";
import { ReplayPlace, tokenOf } from "./replay-service.ts";
import { type CoursePositions, Viewer } from "./viewer.ts";

const flushIntervalMs = 200;
const studentsAtATime = 24;

const sessions = readWatchSessions();
const audience = studentsWith(sessions, 260).map((own, index) => ({
  userId: `replay-${index + 1}`,
  sessions: own,
  order: index % 2 === 0 ? ("session" as const) : ("arrival" as const),
}));
type Student = (typeof audience)[number];

/** How the viewers of a service that listens at this address report what they see; counts what they hear. */
async function viewersOf(client: ApiClient) {
  const heard = { saves: 0, persisted: 0 };
  const viewers = new Map<Student, Viewer>();
  for (const student of audience) {
    const token = await tokenOf(student.userId);
    const onSaved = ({ persisted }: { persisted?: string | null }): void => {
      heard.saves++;
      if (typeof persisted === "string") heard.persisted++;
    };
    viewers.set(student, new Viewer({ client, token, order: student.order, onSaved }));
  }
  return { viewers, heard };
}

/** Asks the service for every student's courses and compares them with what they have watched. */
async function checkAll(viewers: ReadonlyMap<Student, Viewer>, ask: ReadonlyMap<Student, Viewer> = viewers) {
  let positions = 0;
  await inParallel(viewers, studentsAtATime, async ([student, { expected }]) => {
    for (const [courseId, told] of expected) {
      assert.deepEqual(await ask.get(student)?.positionsIn(courseId), told, `${student.userId} in ${courseId}`);
      positions += Object.keys(told.watchTimes).length;
    }
  });
  return positions;
}

async function positionsInStore({ store }: Stores, userId: string, courseId: string): Promise<CoursePositions> {
  const { positions } = await store.read({ userId: userId as UserId, courseId: courseId as CourseId });
  return {
    watchTimes: Object.fromEntries([...positions].map(([lectureId, { seconds }]) => [lectureId, seconds])),
    lastWatchedLecture: lastWatched(positions)?.lectureId ?? null,
  };
}

test("students who watch real sessions find every last position to the millisecond", async (t) => {
  await using place = await ReplayPlace.create();
  let viewers: ReadonlyMap<Student, Viewer>;
  {
    await using service = await place.start({ flushIntervalMs });
    using client = new ApiClient(service.url);
    const watching = await viewersOf(client);
    viewers = watching.viewers;
    await client.call(await tokenOf("instructor", "instructor"), "POST", "/courses/import", catalogOf(sessions));

    await t.test("as soon as each session ends, while others play and flushes go on", async () => {
      await inParallel(viewers, studentsAtATime, async ([student, viewer]) => {
        for (const session of student.sessions) {
          await viewer.watch(session);
          for (const [courseId, told] of viewer.expected) {
            assert.deepEqual(await viewer.positionsIn(courseId), told, `${student.userId} in ${courseId}`);
          }
        }
      });
      assert.ok(audience.flatMap((student) => student.sessions).length >= 200);
      assert.ok(watching.heard.persisted > 0, "the walk was over before the first flush");
    });

    await t.test("after everything was flushed", async () => {
      const { left } = await service.core.flusher.drain();
      assert.equal(left, 0);
      const positions = await checkAll(viewers);
      t.diagnostic(`${watching.heard.saves} saves, ${positions} positions of ${audience.length} students`);
    });
  }

  await t.test("in the store alone", async () => {
    await using stores = openEmbeddedStores(place.dataFile, { clock: systemClock, flushIntervalMs });
    for (const [{ userId }, { expected }] of viewers) {
      for (const [courseId, told] of expected) {
        assert.deepEqual(await positionsInStore(stores, userId, courseId), told, `${userId} in ${courseId}`);
      }
    }
  });

  await t.test("after the service was stopped and started again", async () => {
    await using service = await place.start();
    using client = new ApiClient(service.url);
    await checkAll(viewers, (await viewersOf(client)).viewers);
  });
});
