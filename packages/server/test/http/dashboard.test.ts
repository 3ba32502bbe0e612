import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sign, TestService } from "./support.ts";

describe("the dashboard", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start();
    await service.course("c", "a", "b");
  });
  after(() => service[Symbol.asyncDispose]());

  const today = () => new Date().toISOString().slice(0, 10);

  it("has nothing to show a newcomer", async () => {
    const token = await sign({ sub: "new" });
    const ask = async (path: string): Promise<unknown> => (await service.student("GET", path, { token })).body;
    assert.deepEqual(await ask("/progress/heatmap/data"), []);
    assert.deepEqual(await ask("/stats/course-progress"), []);
    assert.deepEqual(await ask("/stats/student"), {
      currentStreak: 0,
      longestStreak: 0,
      lastActiveDate: null,
      activeToday: false,
      totalCompleted: 0,
    });
  });

  it("marks a day with no body, an empty one or any JSON at all", async () => {
    const token = await sign({ sub: "marking" });
    for (const how of [{}, { body: "", type: "application/json" }, { body: {} }, { body: "[1]" }, { body: "null" }]) {
      const { status, text } = await service.student("POST", "/progress/heatmap/mark", { token, ...how });
      assert.deepEqual([status, text], [200, '{"message":"marked"}'], JSON.stringify(how));
    }
    const { body } = await service.student("GET", "/progress/heatmap/data", { token });
    assert.deepEqual(body, [{ date: today(), count: 5 }]);
    const stats = (await service.student("GET", "/stats/student", { token })).body;
    assert.deepEqual([stats.activeToday, stats.currentStreak], [true, 0]);
  });

  it("refuses to mark with a body it cannot read", async () => {
    const refusals = [
      await service.student("POST", "/progress/heatmap/mark", { body: "{" }),
      await service.student("POST", "/progress/heatmap/mark", { body: new Uint8Array([123, 125]), type: null }),
    ];
    assert.deepEqual(
      refusals.map(({ status }) => status),
      [400, 415],
    );
  });

  it("fills the heatmap with 365 days ending today when asked to", async () => {
    const { body } = await service.student("GET", "/progress/heatmap/data?fill=zero");
    const dates = (body as { date: string }[]).map(({ date }) => date);
    assert.deepEqual([dates.length, dates.at(-1)], [365, today()]);
    assert.deepEqual(dates, [...new Set(dates)].toSorted());
  });

  it("takes no other filling than zero", async () => {
    for (const query of [
      "fill=one",
      "fill=",
      "fill",
      "fill=zero&fill=zero",
      "fill=Zero",
      "fill=%00",
      "fill[]=zero&fill=1",
    ]) {
      const { status, body } = await service.student("GET", `/progress/heatmap/data?${query}`);
      assert.deepEqual([status, body.code, body.errors[0].field], [400, "invalid_request", "fill"], query);
    }
    assert.equal((await service.student("GET", "/progress/heatmap/data?other=1&__proto__=x")).status, 200);
  });

  it("lists a course that was started a moment ago", async () => {
    const token = await sign({ sub: "starting" });
    await service.student("POST", "/progress/save", { token, body: { courseId: "c", lectureId: "a", watchTime: 1 } });
    const { body } = await service.student("GET", "/stats/course-progress", { token });
    const [{ lastWatchedAt, ...row }] = body;
    assert.deepEqual([body.length, row], [1, { courseId: "c", progress: 0 }]);
    assert.ok(Math.abs(Date.now() - lastWatchedAt) < 60_000);
  });

  it("does not say when a course was watched that never was", async () => {
    const token = await sign({ sub: "examined" });
    await service.student("POST", "/progress/complete", { token, body: { courseId: "c", lectureId: "a" } });
    const { text } = await service.student("GET", "/stats/course-progress", { token });
    assert.match(text, /^\[\{"courseId":"c","progress":\d+\}\]$/);
  });

  it("takes the day from the token's zone, and ignores a zone that is none", async () => {
    const zoneOf = async (zoneinfo: unknown) => {
      const token = await sign({ sub: "traveller", zoneinfo });
      const { body } = await service.student("GET", "/me", { token });
      return body.effectiveTimeZone as unknown;
    };
    assert.equal(await zoneOf("Pacific/Kiritimati"), "Pacific/Kiritimati");
    for (const none of ["Mars/Olympus", "", "+05:30", 5, null, ["UTC"]]) {
      assert.equal(await zoneOf(none), "UTC", JSON.stringify(none));
    }
  });

  it("answers HEAD like GET, without a body", async () => {
    for (const path of ["/stats/student", "/progress/heatmap/data", "/progress/c", "/me"]) {
      const { status, text, headers } = await service.student("HEAD", path);
      assert.deepEqual([status, text], [200, ""], path);
      assert.equal(headers.get("content-type"), "application/json; charset=utf-8");
    }
    assert.equal((await service.at("HEAD", "/api/v1/stats/student")).status, 401);
  });
});
