import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sign, TestService } from "./support.ts";

describe("progress in a course", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start();
    await service.course("c", "a", "b", "d");
  });
  after(() => service[Symbol.asyncDispose]());

  /** Somebody nobody has met. */
  const newcomer = async (sub: string) => {
    const token = await sign({ sub });
    return {
      ask: (method: string, path: string, body?: unknown) => service.student(method, path, { body, token }),
      save: (lectureId: string, watchTime: number, more = {}) =>
        service.student("POST", "/progress/save", { token, body: { courseId: "c", lectureId, watchTime, ...more } }),
      complete: (lectureId: string) =>
        service.student("POST", "/progress/complete", { token, body: { courseId: "c", lectureId } }),
    };
  };

  it("is empty for a newcomer", async () => {
    const { ask } = await newcomer("empty");
    const { status, body } = await ask("GET", "/progress/c");
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body).toSorted(), [
      "completedLectures",
      "completionPercentage",
      "lastWatchedLecture",
      "serverTime",
      "totalLectures",
      "watchTimes",
    ]);
    const { serverTime, ...rest } = body;
    assert.ok(Math.abs(serverTime - Date.now()) < 5_000);
    assert.deepEqual(rest, {
      watchTimes: {},
      completionPercentage: 0,
      completedLectures: [],
      lastWatchedLecture: null,
      totalLectures: 3,
    });
  });

  it("names the device that saved the position of a lecture, if asked and if its player said so", async () => {
    const { ask, save } = await newcomer("devices");
    const deviceOf = async (lectureId: string): Promise<unknown> =>
      (await ask("GET", `/progress/c?lecture=${lectureId}`)).body.device;
    const { serverTime } = (await ask("GET", "/progress/c")).body;
    const from = (first: string, elapsedMs: number) => {
      return { sessionId: first.padEnd(16, "a"), sessionStartedAt: serverTime, elapsedMs, seq: 0 };
    };
    assert.equal(await deviceOf("a"), undefined);
    await save("a", 1, from("1", 1));
    assert.equal(await deviceOf("a"), "computer");
    await save("a", 2, from("3", 2));
    await save("a", 3, from("2", 1));
    assert.equal(await deviceOf("a"), "phone", "the late one did not count");
    await save("b", 2, from("2", 3));
    assert.deepEqual([await deviceOf("a"), await deviceOf("b")], ["phone", "tablet"]);
    await save("b", 2, from("c", 4));
    await save("a", 9);
    assert.deepEqual(
      [await deviceOf("a"), await deviceOf("b"), await deviceOf("none")],
      [undefined, undefined, undefined],
    );
    assert.equal("device" in (await ask("GET", "/progress/c")).body, false);
    assert.equal((await ask("GET", "/progress/c?lecture=a.b")).status, 400);
  });

  it("shows positions, completions and the last lecture watched", async () => {
    const { ask, save, complete } = await newcomer("watching");
    await save("a", 10);
    await save("b", 20.5);
    const answer = await complete("a");
    assert.deepEqual([answer.status, answer.text], [200, '{"message":"completed"}']);
    const { body } = await ask("GET", "/progress/c");
    assert.deepEqual(body.watchTimes, { a: 10, b: 20.5 });
    assert.deepEqual(body.completedLectures, ["a"]);
    assert.equal(body.completionPercentage, 33);
    assert.equal(body.lastWatchedLecture, "b");
  });

  it("completes once, however often it is told", async () => {
    const { ask, complete } = await newcomer("twice");
    await complete("a");
    assert.equal((await complete("a")).status, 200);
    assert.equal((await ask("GET", "/stats/student")).body.totalCompleted, 1);
    assert.deepEqual((await ask("GET", "/progress/heatmap/data")).body.length, 1);
    assert.equal((await ask("GET", "/progress/heatmap/data")).body[0].count, 1);
  });

  it("takes a completion back, also one that never was, and keeps the day", async () => {
    const { ask, complete } = await newcomer("undoing");
    await complete("a");
    const undo = await ask("DELETE", "/progress/c/lectures/a/completion");
    assert.deepEqual([undo.status, undo.text], [204, ""]);
    assert.equal((await ask("DELETE", "/progress/c/lectures/b/completion")).status, 204);
    assert.deepEqual((await ask("GET", "/progress/c")).body.completedLectures, []);
    assert.equal((await ask("GET", "/stats/student")).body.currentStreak, 1);
  });

  it("starts over: late saves of before stay forgotten, sessions from the answered time count", async () => {
    const { ask, save, complete } = await newcomer("again");
    const startedAt: number = (await ask("GET", "/progress/c")).body.serverTime;
    const session = { sessionId: "00000000000000bb", elapsedMs: 0, seq: 0 };
    await save("a", 30, { ...session, sessionStartedAt: startedAt });
    await complete("a");
    const { status, body } = await ask("DELETE", "/progress/c");
    assert.deepEqual([status, body.message, typeof body.serverTime], [200, "started over", "number"]);
    const late = await save("a", 31, { ...session, sessionStartedAt: startedAt, elapsedMs: 1, seq: 1 });
    assert.deepEqual([late.status, late.body.superseded], [200, true]);
    const empty = (await ask("GET", "/progress/c")).body;
    assert.deepEqual([empty.watchTimes, empty.completedLectures], [{}, []]);
    await save("a", 1, { ...session, sessionStartedAt: body.serverTime });
    assert.deepEqual((await ask("GET", "/progress/c")).body.watchTimes, { a: 1 });
    const [listed] = (await ask("GET", "/stats/course-progress")).body;
    assert.deepEqual([listed.courseId, listed.progress], ["c", 0]);
  });

  it("answers 404 for a course or lecture that does not exist", async () => {
    const { ask } = await newcomer("lost");
    const answers = [
      await ask("GET", "/progress/nope"),
      await ask("DELETE", "/progress/nope"),
      await ask("POST", "/progress/complete", { courseId: "nope", lectureId: "a" }),
      await ask("POST", "/progress/complete", { courseId: "c", lectureId: "nope" }),
    ];
    assert.deepEqual(
      answers.map(({ status, body }) => `${status} ${body.code}`),
      ["404 unknown_course", "404 unknown_course", "404 unknown_course", "404 unknown_lecture"],
    );
  });

  it("refuses an illegal id in a path as an invalid request, however long or strange", async () => {
    for (const id of ["__proto__", "a.b", "%00", "a%20b", "%C3%A9", "a%2Fb", "%24where", "x".repeat(9000)]) {
      for (const [method, path] of [
        ["GET", `/progress/${id}`],
        ["DELETE", `/progress/${id}`],
        ["DELETE", `/progress/c/lectures/${id}/completion`],
      ] as const) {
        const { status, body } = await service.student(method, path);
        assert.deepEqual([status, body.code], [400, "invalid_request"], `${method} ${path}`);
        assert.match(body.errors[0].field, /^(courseId|lectureId)$/);
      }
    }
  });

  it("is right at once after a lecture is removed or added", async () => {
    await service.course("changing", "one", "two");
    const token = await sign({ sub: "changing" });
    await service.student("POST", "/progress/complete", { token, body: { courseId: "changing", lectureId: "one" } });
    const percentage = async () => {
      const { body } = await service.student("GET", "/progress/changing", { token });
      return body.completionPercentage as number;
    };
    assert.equal(await percentage(), 50);
    await service.instructor("DELETE", "/courses/changing/lectures/two");
    assert.equal(await percentage(), 100);
    await service.instructor("POST", "/courses/changing/lectures", { body: { title: "Three", durationSeconds: 5 } });
    assert.equal(await percentage(), 50);
    await service.instructor("DELETE", "/courses/changing/lectures/one");
    assert.equal(await percentage(), 0);
    assert.equal((await service.student("GET", "/stats/student", { token })).body.totalCompleted, 1);
  });
});
