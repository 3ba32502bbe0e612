import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Day } from "../../src/domain/activity-day.ts";
import type { UserId } from "../../src/domain/ids.ts";
import type { CountedCompletion } from "../../src/ports/activity-store.ts";
import type { ActivityStore } from "../../src/ports/activity-store.ts";
import { course, lecture, someUser } from "../support/ids.ts";

export interface ActivityHarness extends AsyncDisposable {
  readonly activities: ActivityStore;
}

const day = (text: string): Day => text as Day;
/** Some time on this day. */
const on = (date: Day, occurredAt = Date.parse(date)): { day: Day; occurredAt: number } => ({ day: date, occurredAt });

function completed(userId: UserId, date: Day, id = "intro", at = "algebra"): CountedCompletion {
  return { userId, courseId: course(at), lectureId: lecture(id), ...on(date) };
}
const [monday, tuesday, wednesday] = [day("2026-03-02"), day("2026-03-03"), day("2026-03-04")] as const;

/** What every activity store promises, in terms of its port alone. */
export function activityStoreContract(name: string, open: () => Promise<ActivityHarness>): void {
  async function begin(): Promise<
    AsyncDisposable & {
      activities: ActivityStore;
      userId: UserId;
      complete: (date: Day, id?: string, at?: string) => Promise<void>;
      counts: () => Promise<[string, number][]>;
    }
  > {
    const harness = await open();
    const { activities } = harness;
    const userId = someUser();
    return {
      activities,
      userId,
      complete: (date, id, at) => activities.addCompletion(completed(userId, date, id, at)),
      counts: async () =>
        (await activities.between(userId, monday, wednesday)).map(({ day: date, count }) => [date, count]),
      [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
    };
  }

  describe(`${name} keeps the contract of an activity store`, () => {
    it("has nothing of a newcomer", async () => {
      await using begun = await begin();
      assert.deepEqual(await begun.counts(), []);
      assert.deepEqual(await begun.activities.readAll(begun.userId), []);
      assert.deepEqual(await begun.activities.daysThatCount(begun.userId, "activity"), []);
    });

    it("counts completions of a day", async () => {
      await using begun = await begin();
      await begun.complete(monday, "a");
      await begun.complete(monday, "b");
      await begun.complete(monday, "a", "biology");
      await begun.complete(tuesday, "a");
      assert.deepEqual(await begun.counts(), [
        [monday, 3],
        [tuesday, 1],
      ]);
    });

    it("counts a completion once per lecture and day, however often it is told", async () => {
      await using begun = await begin();
      for (let time = 0; time < 3; time++) await begun.complete(monday);
      await Promise.all(Array.from({ length: 10 }, () => begun.complete(tuesday)));
      assert.deepEqual(await begun.counts(), [
        [monday, 1],
        [tuesday, 1],
      ]);
    });

    it("loses none of many that come at once", async () => {
      await using begun = await begin();
      const { activities, userId } = begun;
      const completions = Array.from({ length: 10 }, (_, index) => begun.complete(monday, `l${index}`));
      const marks = Array.from({ length: 10 }, () => activities.mark(userId, on(monday)));
      await Promise.all([...completions, ...marks]);
      assert.deepEqual(await begun.counts(), [[monday, 20]]);
    });

    it("counts every mark", async () => {
      await using begun = await begin();
      await begun.activities.mark(begun.userId, on(monday));
      await begun.activities.mark(begun.userId, on(monday));
      await begun.complete(monday);
      assert.deepEqual(await begun.counts(), [[monday, 3]]);
    });

    it("tells lectures from courses with names alike", async () => {
      await using begun = await begin();
      await begun.complete(monday, "c", "a-b");
      await begun.complete(monday, "b-c", "a");
      await begun.complete(monday, "constructor", "toString");
      assert.deepEqual(await begun.counts(), [[monday, 3]]);
    });

    it("lists the days asked for, both ends included, oldest first", async () => {
      await using begun = await begin();
      const days = ["2026-03-04", "2025-12-31", "2026-03-01", "2026-03-02", "2026-03-05"];
      for (const date of days) await begun.complete(day(date));
      const listed = await begun.activities.between(begun.userId, day("2026-03-01"), wednesday);
      assert.deepEqual(
        listed,
        ["2026-03-01", "2026-03-02", "2026-03-04"].map((date) => ({ day: date, count: 1 })),
      );
    });

    it("tells the days with a completion from those with any activity", async () => {
      await using begun = await begin();
      await begun.activities.mark(begun.userId, on(monday));
      await begun.activities.mark(begun.userId, on(tuesday));
      await begun.complete(tuesday, "a");
      await begun.complete(tuesday, "b");
      await begun.complete(wednesday);
      const days = async (counts: "completion" | "activity"): Promise<Day[]> =>
        (await begun.activities.daysThatCount(begun.userId, counts)).toSorted();
      assert.deepEqual(await days("completion"), [tuesday, wednesday]);
      assert.deepEqual(await days("activity"), [monday, tuesday, wednesday]);
    });

    it("hands out everything for the export", async () => {
      await using begun = await begin();
      await begun.complete(tuesday, "a");
      await begun.complete(tuesday, "b", "biology");
      await begun.activities.mark(begun.userId, on(day("1999-12-31")));
      const all = await begun.activities.readAll(begun.userId);
      assert.deepEqual(
        all.map((each) => ({ ...each, completions: each.completions.toSorted() })),
        [
          { day: "1999-12-31", count: 1, completions: [] },
          { day: tuesday, count: 2, completions: ["algebra/a", "biology/b"] },
        ],
      );
    });

    it("forgets one student and nobody else", async () => {
      await using begun = await begin();
      const other = someUser();
      await begun.complete(monday);
      await begun.activities.addCompletion(completed(other, monday));
      await begun.activities.erase(begun.userId);
      assert.deepEqual(await begun.activities.readAll(begun.userId), []);
      assert.deepEqual(await begun.activities.daysThatCount(begun.userId, "completion"), []);
      assert.equal((await begun.activities.readAll(other)).length, 1);
      await begun.complete(monday);
      assert.deepEqual(await begun.counts(), [[monday, 1]]);
    });

    it("forgets days up to an instant, and none that was told of anything later, also of a completion once more", async () => {
      await using begun = await begin();
      const { activities, userId } = begun;
      const until = Date.parse(wednesday);
      await activities.mark(userId, on(monday, until));
      await activities.mark(userId, on(tuesday, until + 1));
      await activities.mark(userId, on(tuesday, until - 1));
      const again = completed(userId, wednesday);
      for (const occurredAt of [until, until + 1, until]) await activities.addCompletion({ ...again, occurredAt });
      for (const _ of [1, 2]) await activities.erase(userId, until);
      assert.deepEqual(await begun.counts(), [
        [tuesday, 2],
        [wednesday, 1],
      ]);
      await activities.erase(userId, until + 1);
      assert.deepEqual(await activities.readAll(userId), []);
    });
  });
}
