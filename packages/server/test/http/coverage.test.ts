import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { CoverageResponse } from "@aetherlearn/protocol";
import { type Answer, sign, TestService } from "./support.ts";

const path = "/progress/c/lectures/a/played";

const outcomeOf = ({ status, body }: Answer): string => `${status} ${body?.code}`;

describe("what was played of a lecture", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start();
    await service.course("c", "a", "b");
  });
  after(() => service[Symbol.asyncDispose]());

  /** Somebody nobody has met, whose sitting began a minute ago. */
  const newcomer = async (sub: string) => {
    const token = await sign({ sub });
    const ask = (method: string, at: string, body?: unknown): Promise<Answer> =>
      service.student(method, at, { body, token });
    const sessionStartedAt = Date.now() - 60_000;
    return {
      ask,
      credit: (played: unknown, more = {}) => ask("PUT", path, { played, sessionStartedAt, ...more }),
      read: async () => (await ask("GET", path)).body as CoverageResponse,
    };
  };

  it("is nothing for a newcomer, and says when a sitting may begin", async () => {
    const { ask } = await newcomer("empty");
    const { status, body } = await ask("GET", path);
    const { serverTime, ...rest } = body;
    assert.deepEqual([status, rest], [200, { played: [], coverage: 0 }]);
    assert.ok(Math.abs(serverTime - Date.now()) < 5_000);
  });

  it("is the union of all sittings, to a tenth of a second", async () => {
    const { ask, credit, read } = await newcomer("union");
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

  it("is credited no faster than time goes by, and not beyond the end of the lecture", async () => {
    const { credit } = await newcomer("hasty");
    const justNow = { sessionStartedAt: Date.now() - 5_000 };
    assert.deepEqual((await credit([[0, 90]], justNow)).body.played, [], "a minute and a half within five seconds");
    assert.deepEqual((await credit([[90, 900]], justNow)).body.played, [[90, 100]]);
    assert.deepEqual((await credit([[0, 40]], justNow)).body.played, [[90, 100]], "a part of the time is used up");
    const later = { sessionStartedAt: Date.now() + 3_600_000 };
    assert.deepEqual((await credit([[0, 60]], later)).body.played, [[90, 100]], "no sitting begins in the future");
  });

  it("is the same whatever is sent twice, late, or at once", async () => {
    const { credit, read } = await newcomer("twice");
    const reports = [[[0, 10]], [[0, 15]], [[0, 20]]];
    await Promise.all([...reports, ...reports.toReversed()].map((report) => credit(report)));
    assert.deepEqual((await read()).played, [[0, 20]]);
  });

  it("is forgotten with a start over; what was played before it does not come back", async () => {
    const { ask, credit, read } = await newcomer("again");
    await credit([[0, 20]]);
    const { body } = await ask("DELETE", "/progress/c");
    assert.deepEqual((await read()).played, []);
    assert.deepEqual((await credit([[0, 20]])).body.played, []);
    assert.deepEqual((await credit([[0, 5]], { sessionStartedAt: body.serverTime })).body.played, [[0, 5]]);
  });

  it("leaves positions and completions as they are, and stays when a completion is taken back", async () => {
    const { ask, credit, read } = await newcomer("apart");
    await ask("POST", "/progress/save", { courseId: "c", lectureId: "a", watchTime: 7 });
    await credit([[0, 20]]);
    await ask("POST", "/progress/complete", { courseId: "c", lectureId: "a" });
    await ask("DELETE", "/progress/c/lectures/a/completion");
    const { body } = await ask("GET", "/progress/c");
    assert.deepEqual([body.watchTimes, body.completedLectures], [{ a: 7 }, []]);
    assert.deepEqual((await read()).played, [[0, 20]]);
  });

  it("is exported and erased with everything else", async () => {
    const { ask, credit, read } = await newcomer("exported");
    await credit([[0, 20]]);
    const [course] = (await ask("GET", "/me/data")).body.courses;
    assert.deepEqual(course.played, [{ lectureId: "a", ranges: [[0, 20]] }]);
    assert.equal((await ask("DELETE", "/me/data")).status, 204);
    assert.deepEqual((await read()).played, []);
  });

  it("takes two hundred ranges, and knows fifty", async () => {
    const { credit } = await newcomer("scattered");
    const played = Array.from({ length: 200 }, (_, index) => [10_000 + index * 2 + 0.1, 10_000 + index * 2 + 1.2]);
    assert.equal((await credit(played)).status, 200);
    const short = Array.from({ length: 200 }, (_, index) => [index * 2 + 0.1, index * 2 + 1.2]);
    assert.equal((await credit(short)).body.played.length, 50);
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
    assert.equal(outcomeOf(await credit([[0, 1]], { sessionStartedAt: -1 })), "400 invalid_request");
    const elsewhere = await ask("PUT", "/progress/c/lectures/none/played", { played: [], sessionStartedAt: 0 });
    assert.equal(outcomeOf(elsewhere), "404 unknown_lecture");
    assert.equal(outcomeOf(await ask("GET", "/progress/none/lectures/a/played")), "404 unknown_course");
    assert.equal(outcomeOf(await ask("GET", "/progress/c/lectures/a.b/played")), "400 invalid_request");
    assert.equal(outcomeOf(await service.at("GET", `/api/v1${path}`)), "401 unauthorized");
  });
});
