import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sign, TestService } from "./support.ts";

describe("/me", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start();
    await service.course("c", "a", "b");
  });
  after(() => service[Symbol.asyncDispose]());

  it("shows the default zone until another is chosen", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const { body } = await service.student("GET", "/me");
    assert.deepEqual(body, { userId: "auth0|student", timeZone: "UTC", effectiveTimeZone: "UTC", today });
  });

  it("keeps a chosen zone in its proper spelling, under the token's", async () => {
    const token = await sign({ sub: "mover" });
    const { status, body } = await service.student("PUT", "/me", { token, body: { timeZone: "asia/kolkata" } });
    assert.deepEqual([status, body.timeZone, body.effectiveTimeZone], [200, "Asia/Kolkata", "Asia/Kolkata"]);
    const travelling = await sign({ sub: "mover", zoneinfo: "Europe/Berlin" });
    const abroad = (await service.student("GET", "/me", { token: travelling })).body;
    assert.deepEqual([abroad.timeZone, abroad.effectiveTimeZone], ["Asia/Kolkata", "Europe/Berlin"]);
  });

  it("refuses a zone that is none", async () => {
    const unchanged = service.dump();
    for (const timeZone of ["Mars/Olympus", "+05:30", "", "x".repeat(65), 5, null, "UTC\u0000", "../etc/passwd"]) {
      const { status, body } = await service.student("PUT", "/me", { body: { timeZone } });
      assert.deepEqual(
        [status, body.code, body.errors[0].field],
        [400, "invalid_request", "timeZone"],
        String(timeZone),
      );
    }
    assert.equal(service.dump(), unchanged);
  });

  it("hands out everything and forgets everything", async () => {
    const token = await sign({ sub: "leaving" });
    const ask = (method: string, path: string, body?: unknown) => service.student(method, path, { token, body });
    await ask("POST", "/progress/save", { courseId: "c", lectureId: "a", watchTime: 12.5 });
    await ask("POST", "/progress/complete", { courseId: "c", lectureId: "b" });
    const { body } = await ask("GET", "/me/data");
    assert.equal(body.userId, "leaving");
    assert.equal(body.courses[0].positions[0].watchTime, 12.5);
    assert.match(body.courses[0].positions[0].stamp, /^\d{21}[0-9a-f]{16}$/);
    assert.equal(body.courses[0].completions[0].lectureId, "b");
    assert.deepEqual(body.activities[0].completions, ["c/b"]);
    const [{ achievementId, title, date, event }] = body.achievements;
    assert.deepEqual(
      [achievementId, title, date, event],
      ["first-lecture", "First lecture", body.activities[0].date, "lecture.completed/leaving/c/b/1"],
    );
    const erased = await ask("DELETE", "/me/data");
    assert.deepEqual([erased.status, erased.text], [204, ""]);
    const { body: forgotten } = await ask("GET", "/me/data");
    assert.deepEqual(
      [forgotten.courses, forgotten.activities, forgotten.achievements, forgotten.streak.longestStreak],
      [[], [], [], 0],
    );
  });
});
