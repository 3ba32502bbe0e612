import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Day } from "../../src/domain/activity-day.ts";
import { type Moment, streakReached } from "../../src/domain/event.ts";
import type { UserId } from "../../src/domain/ids.ts";
import { stampTime } from "../../src/domain/stamp.ts";
import { noStreak, type Streak } from "../../src/domain/streak.ts";
import type { Erasure, Student, StudentStore } from "../../src/ports/student-store.ts";
import { someUser, stampAt } from "../support/ids.ts";

export interface StudentHarness extends AsyncDisposable {
  readonly students: StudentStore;
}

const one: Streak = { current: 1, longest: 1, lastDay: "2026-03-02" as Day };
const two: Streak = { current: 2, longest: 2, lastDay: "2026-03-03" as Day };

const newcomer: Student = { streak: noStreak, timeZone: null, milestones: new Map(), outbox: [] };

/** What every student store promises, in terms of its port alone. */
export function studentStoreContract(name: string, open: () => Promise<StudentHarness>): void {
  /** Erasures of this student before the instant; there may be others'. */
  async function erasures(students: StudentStore, userId: UserId, instant: number): Promise<Erasure[]> {
    return (await students.erasuresBefore(instant, 10_000)).filter((erasure) => erasure.userId === userId);
  }

  describe(`${name} keeps the contract of a student store`, () => {
    it("knows newcomers without a streak and without a zone", async () => {
      await using harness = await open();
      assert.deepEqual(await harness.students.read(someUser()), newcomer);
    });

    it("keeps the zone, and leaves the streak alone", async () => {
      await using harness = await open();
      const { students } = harness;
      const userId = someUser();
      await students.setTimeZone(userId, "Asia/Kolkata");
      assert.deepEqual(await students.read(userId), { ...newcomer, streak: noStreak, timeZone: "Asia/Kolkata" });
      await students.replaceStreak(userId, noStreak, one, []);
      await students.setTimeZone(userId, "Europe/Paris");
      assert.deepEqual(await students.read(userId), { ...newcomer, streak: one, timeZone: "Europe/Paris" });
    });

    it("keeps the streak, and leaves the zone alone", async () => {
      await using harness = await open();
      const { students } = harness;
      const userId = someUser();
      assert.equal(await students.replaceStreak(userId, noStreak, one, []), true);
      assert.equal(await students.replaceStreak(userId, one, two, []), true);
      assert.deepEqual(await students.read(userId), { ...newcomer, streak: two, timeZone: null });
    });

    it("replaces no streak but the one given", async () => {
      await using harness = await open();
      const { students } = harness;
      const userId = someUser();
      assert.equal(await students.replaceStreak(userId, one, two, []), false);
      assert.deepEqual(await students.read(userId), newcomer);
      await students.replaceStreak(userId, noStreak, one, []);
      const stale = [noStreak, two, { ...one, current: 2 }, { ...one, longest: 2 }, { ...one, lastDay: two.lastDay }];
      for (const before of stale) assert.equal(await students.replaceStreak(userId, before, two, []), false);
      assert.deepEqual((await students.read(userId)).streak, one);
    });

    it("lets one of several racing streaks win", async () => {
      await using harness = await open();
      const { students } = harness;
      const userId = someUser();
      for (const before of [noStreak, one]) {
        const current = (await students.read(userId)).streak;
        assert.deepEqual(current, before);
        const after = before === noStreak ? one : two;
        const won = await Promise.all(
          Array.from({ length: 5 }, () => students.replaceStreak(userId, before, after, [])),
        );
        assert.equal(won.filter(Boolean).length, 1);
      }
    });

    it("takes a newcomer's streak that races with a zone", async () => {
      await using harness = await open();
      const { students } = harness;
      const userId = someUser();
      const [won] = await Promise.all([
        students.replaceStreak(userId, noStreak, one, []),
        students.setTimeZone(userId, "Asia/Tokyo"),
      ]);
      const { streak, timeZone } = await students.read(userId);
      assert.deepEqual({ streak, timeZone }, { streak: won ? one : noStreak, timeZone: "Asia/Tokyo" });
    });

    describe("milestones", () => {
      const at = (day: string): Moment => ({ occurredAt: Date.parse(day), day: day as Day, zone: "Asia/Tokyo" });
      const first = "2026-03-02" as Day;

      /** Others may have events waiting, too. */
      async function unsettled(students: StudentStore, userId: UserId, before: number): Promise<boolean> {
        return (await students.unsettled(before, 10_000)).includes(userId);
      }

      it("are kept with the streak that has reached them, and wait until each is settled", async () => {
        await using harness = await open();
        const { students } = harness;
        const userId = someUser();
        const reached = [1, 2].map((days) => streakReached(userId, at("2026-03-03"), { days, firstDay: first }));
        await students.replaceStreak(userId, noStreak, two, reached);
        const milestones = new Map([1, 2].map((days) => [days, first]));
        assert.deepEqual(await students.read(userId), { ...newcomer, streak: two, milestones, outbox: reached });
        for (const _ of [1, 2]) await students.settle(userId, reached[0]!.id);
        assert.deepEqual((await students.read(userId)).outbox, [reached[1]]);
        await students.settle(userId, reached[1]!.id);
        assert.deepEqual(await students.read(userId), { ...newcomer, streak: two, milestones });
      });

      it("are not kept when the streak was another one", async () => {
        await using harness = await open();
        const { students } = harness;
        const userId = someUser();
        const reached = streakReached(userId, at("2026-03-03"), { days: 2, firstDay: first });
        assert.equal(await students.replaceStreak(userId, one, two, [reached]), false);
        assert.deepEqual(await students.read(userId), newcomer);
      });

      it("tell the first day of the last streak that has reached them", async () => {
        await using harness = await open();
        const { students } = harness;
        const userId = someUser();
        const again = { ...two, lastDay: "2026-04-02" as Day };
        for (const [before, after, firstDay] of [
          [noStreak, two, first],
          [two, again, "2026-04-01" as Day],
        ] as const) {
          const reached = streakReached(userId, at(after.lastDay!), { days: 2, firstDay });
          assert.equal(await students.replaceStreak(userId, before, after, [reached]), true);
        }
        const { milestones, outbox } = await students.read(userId);
        assert.deepEqual([milestones, outbox.length], [new Map([[2, "2026-04-01"]]), 2]);
      });

      it("are found by their age until they are settled, and forgotten with the student", async () => {
        await using harness = await open();
        const { students } = harness;
        const [userId, other] = [someUser(), someUser()];
        const reached = [userId, other].map((each) =>
          streakReached(each, at("2026-03-03"), { days: 2, firstDay: first }),
        );
        for (const event of reached) await students.replaceStreak(event.userId, noStreak, two, [event]);
        const { occurredAt, id } = reached[0]!;
        assert.equal(await unsettled(students, userId, occurredAt), false);
        assert.equal(await unsettled(students, userId, occurredAt + 1), true);
        assert.equal((await students.unsettled(occurredAt + 1, 1)).length, 1);
        await students.settle(userId, id);
        assert.equal(await unsettled(students, userId, occurredAt + 1), false);
        await students.erase({ userId: other, upTo: stampAt(1) });
        assert.equal(await unsettled(students, other, occurredAt + 1), false);
        assert.deepEqual(await students.read(other), newcomer);
      });
    });

    it("lists everybody once, by id, from anywhere on", async () => {
      await using harness = await open();
      const { students } = harness;
      const ids = [someUser(), someUser(), someUser()].toSorted();
      for (const userId of ids) await students.setTimeZone(userId, "UTC");
      const listed: UserId[] = [];
      for (let page = await students.list(null, 2); page.length > 0; page = await students.list(page.at(-1)!, 2)) {
        assert.ok(page.length <= 2);
        listed.push(...page);
      }
      assert.deepEqual(listed, listed.toSorted());
      assert.equal(new Set(listed).size, listed.length);
      assert.ok(ids.every((userId) => listed.includes(userId)));
      assert.ok((await students.count()) >= ids.length);
    });

    describe("erasing", () => {
      const upTo = stampAt(Date.UTC(2026, 2, 2), 5);

      it("forgets the student and leaves the erasure behind", async () => {
        await using harness = await open();
        const { students } = harness;
        const [userId, other] = [someUser(), someUser()];
        for (const each of [userId, other]) await students.setTimeZone(each, "Asia/Tokyo");
        await students.replaceStreak(userId, noStreak, two, []);
        await students.erase({ userId, upTo });
        assert.deepEqual(await students.read(userId), newcomer);
        assert.equal((await students.read(other)).timeZone, "Asia/Tokyo");
        assert.deepEqual(await erasures(students, userId, stampTime(upTo) + 1), [{ userId, upTo }]);
      });

      it("of somebody unknown leaves an erasure too", async () => {
        await using harness = await open();
        const { students } = harness;
        const userId = someUser();
        await students.erase({ userId, upTo });
        assert.deepEqual(await erasures(students, userId, stampTime(upTo) + 1), [{ userId, upTo }]);
      });

      it("is listed once its stamp lies before the instant", async () => {
        await using harness = await open();
        const { students } = harness;
        const userId = someUser();
        await students.erase({ userId, upTo });
        assert.deepEqual(await erasures(students, userId, stampTime(upTo)), []);
        assert.equal((await erasures(students, userId, stampTime(upTo) + 1)).length, 1);
        assert.equal((await students.erasuresBefore(stampTime(upTo) + 1, 0)).length, 0);
      });

      it("is over when it is forgotten; what the student has done since stays", async () => {
        await using harness = await open();
        const { students } = harness;
        const userId = someUser();
        await students.erase({ userId, upTo });
        await students.setTimeZone(userId, "Europe/Paris");
        await students.replaceStreak(userId, noStreak, one, []);
        assert.equal((await erasures(students, userId, stampTime(upTo) + 1)).length, 1);
        await students.forgetErasure({ userId, upTo });
        assert.deepEqual(await erasures(students, userId, stampTime(upTo) + 1), []);
        assert.deepEqual(await students.read(userId), { ...newcomer, streak: one, timeZone: "Europe/Paris" });
        await students.forgetErasure({ userId, upTo });
      });

      it("is known by its stamp until it is forgotten", async () => {
        await using harness = await open();
        const { students } = harness;
        const userId = someUser();
        assert.equal(await students.erasedUpTo(userId), null);
        await students.erase({ userId, upTo });
        assert.equal(await students.erasedUpTo(userId), upTo);
        assert.equal(await students.erasedUpTo(someUser()), null);
        await students.forgetErasure({ userId, upTo });
        assert.equal(await students.erasedUpTo(userId), null);
      });

      it("again forgets whom neither a streak nor a zone is known of, and milestones without a streak", async () => {
        await using harness = await open();
        const { students } = harness;
        const [revived, zoned, returned, unknown] = [someUser(), someUser(), someUser(), someUser()];
        const moment = { occurredAt: 1, day: one.lastDay as Day, zone: "UTC" };
        for (const userId of [revived, zoned, returned]) {
          const reached = streakReached(userId, moment, { days: 1, firstDay: moment.day });
          await students.replaceStreak(userId, noStreak, one, [reached]);
          if (userId !== returned) await students.replaceStreak(userId, one, noStreak, []);
        }
        await students.setTimeZone(zoned, "Asia/Tokyo");
        const kept = await students.read(returned);
        for (const userId of [revived, zoned, returned, unknown]) await students.eraseRevived(userId);
        const listed = await students.list(null, 100_000);
        assert.deepEqual(
          [revived, zoned, returned, unknown].map((userId) => listed.includes(userId)),
          [false, true, true, false],
        );
        assert.deepEqual(await students.read(zoned), { ...newcomer, timeZone: "Asia/Tokyo" });
        assert.deepEqual(await students.read(returned), kept);
        assert.deepEqual([kept.milestones.size, kept.outbox.length], [1, 1]);
      });

      it("again keeps the later stamp, which the end of the earlier one leaves in place", async () => {
        await using harness = await open();
        const { students } = harness;
        const userId = someUser();
        const later = stampAt(stampTime(upTo) + 1_000);
        await students.erase({ userId, upTo });
        await students.erase({ userId, upTo: later });
        await students.forgetErasure({ userId, upTo });
        assert.deepEqual(await erasures(students, userId, stampTime(later) + 1), [{ userId, upTo: later }]);
      });
    });
  });
}
