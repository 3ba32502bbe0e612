import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { CoverageResponse } from "@aetherlearn/protocol";
import { TestClock } from "../support/test-clock.ts";
import { type Answer, sign, TestService } from "./support.ts";

const path = "/progress/c/lectures/a/played";
const sessionId = "1".repeat(16);

const outcomeOf = ({ status, body }: Answer): string => `${status} ${body?.code}`;

describe("what was played of a lecture", () => {
  const clock = new TestClock({ now: Date.now() });
  let service: TestService;
  before(async () => {
    service = await TestService.start({}, clock);
    await service.course("c", "a", "b");
  });
  after(() => service[Symbol.asyncDispose]());

  /** Somebody nobody has met. */
  const newcomer = async (sub: string) => {
    const token = await sign({ sub });
    const ask = (method: string, at: string, body?: unknown): Promise<Answer> =>
      service.student(method, at, { body, token });
    return {
      ask,
      credit: (played: unknown, more = {}) => ask("PUT", path, { played, sessionId, ...more }),
      read: async () => (await ask("GET", path)).body as CoverageResponse,
    };
  };

  /** Somebody whose sitting began a minute ago. */
  const watching = async (sub: string) => {
    const student = await newcomer(sub);
    const { serverTime: sessionStartedAt } = (await student.credit([])).body;
    clock.advance(60_000);
    const credit = (played: unknown, more = {}) => student.credit(played, { sessionStartedAt, ...more });
    return { ...student, credit };
  };

  it("is nothing for a newcomer, and says when a sitting may begin", async () => {
    const { ask } = await newcomer("empty");
    const { status, body } = await ask("GET", path);
    const { serverTime, ...rest } = body;
    assert.deepEqual([status, rest], [200, { played: [], coverage: 0 }]);
    assert.equal(serverTime, clock.now());
  });

  it("is the union of all sittings, to a tenth of a second", async () => {
    const { ask, credit, read } = await watching("union");
    assert.equal((await credit([[0, 30.04]])).status, 200);
    const { body } = await credit([
      [30, 60],
      [90, 95.25],
      [20, 40],
    ]);
    assert.deepEqual(
      [body.played, body.coverage],
      [
        [
          [0, 60],
          [90, 95.3],
        ],
        0.653,
      ],
    );
    const { played, coverage } = await read();
    assert.deepEqual([played, coverage], [body.played, body.coverage]);
    assert.deepEqual((await ask("GET", "/progress/c/lectures/b/played")).body.played, []);
  });

  it("is credited no faster than time goes by since the service heard of the sitting, whatever that says", async () => {
    const { credit } = await newcomer("hasty");
    assert.deepEqual((await credit([[0, 90]], { sessionStartedAt: 0 })).body.played, []);
    assert.deepEqual((await credit([[0, 90]], { sessionStartedAt: clock.now() - 3_600_000 })).body.played, []);
    clock.advance(5_000);
    assert.deepEqual((await credit([[0, 90]])).body.played, [], "a minute and a half within five seconds");
    assert.deepEqual((await credit([[90, 900]])).body.played, [[90, 100]], "not beyond the end");
    assert.deepEqual((await credit([[0, 40]])).body.played, [[90, 100]], "a part of the time is used up");
    const other = { sessionId: "3".repeat(16) };
    assert.deepEqual(
      (await credit([[0, 40]], other)).body.played,
      [[90, 100]],
      "another sitting has no time of its own",
    );
    clock.advance(20_000);
    assert.deepEqual((await credit([[0, 90]], other)).body.played, [[0, 100]]);
  });

  it("ends where the lecture ends, also when that has become shorter", async () => {
    const { credit, read } = await watching("shortened");
    const change = (durationSeconds: number) =>
      service.instructor("PATCH", "/courses/c/lectures/a", { body: { durationSeconds } });
    await credit([
      [0, 10],
      [50, 100],
    ]);
    await change(40);
    const { played, coverage } = await read();
    assert.deepEqual([played, coverage], [[[0, 10]], 0.25]);
    await change(100);
  });

  it("is the same whatever is sent twice, late, or at once", async () => {
    const { credit, read } = await watching("twice");
    const reports = [[[0, 10]], [[0, 15]], [[0, 20]]];
    await Promise.all([...reports, ...reports.toReversed()].map((report) => credit(report)));
    assert.deepEqual((await read()).played, [[0, 20]]);
  });

  it("is forgotten with a start over; what was played before it does not come back", async () => {
    const { ask, credit, read } = await watching("again");
    await credit([[0, 20]]);
    await ask("DELETE", "/progress/c");
    assert.deepEqual((await read()).played, []);
    // So little that nothing but the start over stands against it.
    assert.deepEqual((await credit([[0, 5]])).body.played, []);
    assert.deepEqual((await credit([[0, 5]], { sessionId: "2".repeat(16), sessionStartedAt: undefined })).body.played, [
      [0, 5],
    ]);
  });

  it("leaves positions and completions as they are, and stays when a completion is taken back", async () => {
    const { ask, credit, read } = await watching("apart");
    await ask("POST", "/progress/save", { courseId: "c", lectureId: "a", watchTime: 7 });
    await credit([[0, 20]]);
    await ask("POST", "/progress/complete", { courseId: "c", lectureId: "a" });
    await ask("DELETE", "/progress/c/lectures/a/completion");
    const { body } = await ask("GET", "/progress/c");
    assert.deepEqual([body.watchTimes, body.completedLectures], [{ a: 7 }, []]);
    assert.deepEqual((await read()).played, [[0, 20]]);
  });

  it("is exported and erased with everything else", async () => {
    const { ask, credit, read } = await watching("exported");
    await credit([[0, 20]]);
    const [course] = (await ask("GET", "/me/data")).body.courses;
    assert.deepEqual(course.played, [{ lectureId: "a", ranges: [[0, 20]] }]);
    assert.equal((await ask("DELETE", "/me/data")).status, 204);
    assert.deepEqual((await read()).played, []);
  });

  it("takes two hundred ranges, and knows thirty", async () => {
    const { credit } = await watching("scattered");
    const played = Array.from({ length: 200 }, (_, index) => [10_000 + index * 2 + 0.1, 10_000 + index * 2 + 1.2]);
    assert.equal((await credit(played)).status, 200);
    const short = Array.from({ length: 200 }, (_, index) => [index * 2 + 0.1, index * 2 + 1.2]);
    assert.equal((await credit(short)).body.played.length, 30);
  });

  it("refuses what makes no sense, and says where", async () => {
    const { ask, credit } = await newcomer("wrong");
    const cases: [unknown, string][] = [
      [[[5, 3]], "played.0"],
      [
        [
          [0, 1],
          [-1, 3],
        ],
        "played.1.0",
      ],
      [[[0]], "played.0"],
      [[["0", 3]], "played.0.0"],
      [[[0, 1, 2]], "played.0"],
      ["0-5", "played"],
      [undefined, "played"],
      [Array.from({ length: 201 }, () => [0, 1]), "played"],
    ];
    for (const [played, field] of cases) {
      const answer = await credit(played);
      assert.equal(outcomeOf(answer), "400 invalid_request", JSON.stringify(played));
      assert.ok(
        answer.fields.some((name) => name.startsWith(field)),
        `${field}: ${answer.text}`,
      );
    }
    for (const wrong of [{ sessionStartedAt: -1 }, { sessionId: "1" }, { sessionId: undefined }]) {
      assert.equal(outcomeOf(await credit([[0, 1]], wrong)), "400 invalid_request");
    }
    const elsewhere = await ask("PUT", "/progress/c/lectures/none/played", { played: [], sessionId });
    assert.equal(outcomeOf(elsewhere), "404 unknown_lecture");
    assert.equal(outcomeOf(await ask("GET", "/progress/none/lectures/a/played")), "404 unknown_course");
    assert.equal(outcomeOf(await ask("GET", "/progress/c/lectures/a.b/played")), "400 invalid_request");
    assert.equal(outcomeOf(await service.at("GET", `/api/v1${path}`)), "401 unauthorized");
  });
});
