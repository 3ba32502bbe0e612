import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Day } from "../../src/domain/activity-day.ts";
import type { AchievementStore, EarnedAchievement } from "../../src/ports/achievement-store.ts";
import { someUser } from "../support/ids.ts";

export interface AchievementHarness extends AsyncDisposable {
  readonly achievements: AchievementStore;
}

function award(achievementId: string, day = "2026-03-01", cause: string | null = `cause-of-${achievementId}`) {
  const moment = { occurredAt: Date.parse(day), day: day as Day, zone: "Asia/Kolkata" };
  return { achievementId, title: `The ${achievementId}`, cause, ...moment } satisfies EarnedAchievement;
}

/** What every achievement store promises, in terms of its port alone. */
export function achievementStoreContract(name: string, open: () => Promise<AchievementHarness>): void {
  describe(`${name} keeps the contract of an achievement store`, () => {
    it("keeps what was earned as it is, newest first, untold", async () => {
      await using harness = await open();
      const { achievements } = harness;
      const userId = someUser();
      assert.deepEqual(await achievements.earned(userId), []);
      const awards = [award("second", "2026-03-02"), award("third", "2026-03-03", null), award("first", "2026-03-01")];
      for (const each of awards) assert.equal(await achievements.earn(userId, each), true);
      const newestFirst = [awards[1], awards[0], awards[2]].map((each) => ({ ...each, isTold: false }));
      assert.deepEqual(await achievements.earned(userId), newestFirst);
    });

    it("keeps the first of those that are the same, also when several earn it at once", async () => {
      await using harness = await open();
      const { achievements } = harness;
      const userId = someUser();
      const news = await Promise.all(
        Array.from({ length: 5 }, (_, index) =>
          achievements.earn(userId, award("first", "2026-03-01", `event-${index}`)),
        ),
      );
      assert.equal(news.filter(Boolean).length, 1);
      const [kept, ...more] = await achievements.earned(userId);
      assert.deepEqual([kept?.cause, more], [`event-${news.indexOf(true)}`, []]);
      assert.equal(await achievements.earn(userId, { ...award("first", "2027-01-01"), title: "Renamed" }), false);
      assert.deepEqual(await achievements.earned(userId), [kept]);
    });

    it("knows what was told, of this student and this achievement alone", async () => {
      await using harness = await open();
      const { achievements } = harness;
      const [userId, other] = [someUser(), someUser()];
      for (const each of [userId, other]) for (const id of ["a", "b"]) await achievements.earn(each, award(id));
      for (const _ of [1, 2]) await achievements.told(userId, "a");
      await achievements.told(userId, "unknown");
      const toldOf = async (each: typeof userId) => (await achievements.earned(each)).map(({ isTold }) => isTold);
      assert.deepEqual(await toldOf(userId), [true, false]);
      assert.deepEqual(await toldOf(other), [false, false]);
      assert.equal(await achievements.earn(userId, award("a")), false);
      assert.deepEqual(await toldOf(userId), [true, false]);
    });

    it("forgets one student and nobody else", async () => {
      await using harness = await open();
      const { achievements } = harness;
      const [userId, other] = [someUser(), someUser()];
      for (const each of [userId, other]) await achievements.earn(each, award("a"));
      for (const _ of [1, 2]) await achievements.erase(userId);
      assert.deepEqual(await achievements.earned(userId), []);
      assert.equal((await achievements.earned(other)).length, 1);
      assert.equal(await achievements.earn(userId, award("a")), true);
    });

    it("forgets what was earned up to an instant, and nothing that was earned later", async () => {
      await using harness = await open();
      const { achievements } = harness;
      const userId = someUser();
      const [before, at, after] = [award("a", "2026-03-01"), award("b", "2026-03-02"), award("c", "2026-03-03")];
      for (const each of [before, at, after]) await achievements.earn(userId, each);
      await achievements.erase(userId, at.occurredAt);
      assert.deepEqual(await achievements.earned(userId), [{ ...after, isTold: false }]);
    });
  });
}
