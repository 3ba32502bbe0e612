import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readAchievements } from "../../src/achievements-file.ts";
import { TestClock } from "../support/test-clock.ts";
import { sign, TestService } from "./support.ts";

interface Shown {
  readonly achievementId: string;
  readonly title: string;
  readonly date?: string;
  readonly earnedAt?: number;
  readonly fact?: string;
  readonly progress?: number;
  readonly target?: number;
}

const lectures = Array.from({ length: 12 }, (_, index) => `l${index}`);
const defaults = readAchievements();

describe("achievements", () => {
  async function start(): Promise<{ service: TestService; clock: TestClock }> {
    const clock = new TestClock({ now: Date.UTC(2026, 0, 15, 22) });
    const service = await TestService.start({}, clock);
    await service.course("c", ...lectures);
    await service.course("short", "a");
    return { service, clock };
  }

  async function shown(service: TestService, token: string): Promise<{ earned: Shown[]; locked: Shown[] }> {
    const { status, body } = await service.student("GET", "/stats/achievements", { token });
    assert.equal(status, 200);
    return body as { earned: Shown[]; locked: Shown[] };
  }

  it("are all locked for a newcomer, in the order they are declared, with nothing done", async () => {
    await using service = (await start()).service;
    const { earned, locked } = await shown(service, await sign({ sub: "new" }));
    assert.deepEqual(earned, []);
    const expected = defaults.map(({ id, title, description, fact, atLeast }) => ({
      achievementId: id,
      title,
      description,
      fact,
      progress: 0,
      target: atLeast,
    }));
    assert.deepEqual(locked, expected);
  });

  it("are earned with the completion that reaches them, dated in the student's zone, newest first", async () => {
    const { service, clock } = await start();
    await using _ = service;
    const token = await sign({ sub: "learner", zoneinfo: "Asia/Kolkata" });
    const complete = async (courseId: string, lectureId: string): Promise<void> => {
      const { status } = await service.student("POST", "/progress/complete", { token, body: { courseId, lectureId } });
      assert.equal(status, 200);
    };
    await complete("c", "l0");
    const first = await shown(service, token);
    assert.deepEqual(first.earned, [
      {
        achievementId: "first-lecture",
        title: "First lecture",
        description: "Complete a lecture.",
        earnedAt: clock.now(),
        date: "2026-01-16",
      },
    ]);
    const progressOf = (list: readonly Shown[], id: string) => list.find((each) => each.achievementId === id)?.progress;
    assert.equal(progressOf(first.locked, "lectures-10"), 1);
    for (const id of ["l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8"]) await complete("c", id);
    assert.equal(progressOf((await shown(service, token)).locked, "lectures-10"), 9);
    clock.advance(86_400_000);
    await complete("short", "a");
    const { earned, locked } = await shown(service, token);
    assert.deepEqual(
      earned.map(({ achievementId, date }) => [achievementId, date]),
      [
        ["first-course", "2026-01-17"],
        ["lectures-10", "2026-01-17"],
        ["first-lecture", "2026-01-16"],
      ],
    );
    assert.deepEqual(
      ["lectures-100", "streak-3", "comeback"].map((id) => progressOf(locked, id)),
      [10, 2, 1],
    );
  });

  it("stay, whatever is undone, started over or declared later", async () => {
    const { service } = await start();
    await using _ = service;
    const token = await sign({ sub: "undoing" });
    await service.student("POST", "/progress/complete", { token, body: { courseId: "short", lectureId: "a" } });
    const before = await shown(service, token);
    assert.equal(before.earned.length, 2);
    await service.student("DELETE", "/progress/short/lectures/a/completion", { token });
    await service.student("DELETE", "/progress/short", { token });
    assert.deepEqual((await shown(service, token)).earned, before.earned);
    await service.restart({ achievements: [{ id: "other", title: "Other", fact: "lecturesCompleted", atLeast: 5 }] });
    const { earned, locked } = await shown(service, token);
    const kept = before.earned.map(({ achievementId, title, earnedAt, date }) => ({
      achievementId,
      title,
      earnedAt,
      date,
    }));
    assert.deepEqual(earned, kept);
    assert.deepEqual(locked, [
      { achievementId: "other", title: "Other", fact: "lecturesCompleted", progress: 0, target: 5 },
    ]);
    await service.student("POST", "/progress/complete", { token, body: { courseId: "short", lectureId: "a" } });
    assert.deepEqual((await shown(service, token)).earned, kept);
  });

  it("need marks where any activity counts for the streak", async () => {
    const clock = new TestClock({ now: Date.UTC(2026, 0, 15, 12) });
    await using service = await TestService.start({ streakCounts: "activity" }, clock);
    const token = await sign({ sub: "marking" });
    for (let day = 0; day < 3; day++) {
      const { status } = await service.student("POST", "/progress/heatmap/mark", { token });
      assert.equal(status, 200);
      clock.advance(86_400_000);
    }
    const { earned } = await shown(service, token);
    assert.deepEqual(
      earned.map(({ achievementId, date }) => [achievementId, date]),
      [["streak-3", "2026-01-17"]],
    );
    assert.ok(service.dump().includes("streak.reached/marking/2026-01-15/3"));
  });
});
