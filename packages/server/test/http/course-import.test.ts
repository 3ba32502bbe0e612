import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestService } from "./support.ts";

const tooMany = "must not have more than 10000 items";

describe("POST /courses/import", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start();
  });
  after(() => service[Symbol.asyncDispose]());

  const importAll = (courses: unknown) => service.instructor("POST", "/courses/import", { body: { courses } });
  const lecture = (lectureId: string) => ({ lectureId, title: lectureId, durationSeconds: 10 });

  it("creates, updates and makes each course exactly what it says", async () => {
    const first = await importAll([{ courseId: "one", title: "One", lectures: [lecture("b"), lecture("a")] }]);
    assert.deepEqual(first.body, { results: [{ courseId: "one", status: "created" }] });
    const second = await importAll([{ courseId: "one", title: "One", lectures: [lecture("c")] }]);
    assert.deepEqual(second.body, { results: [{ courseId: "one", status: "updated" }] });
    const { body } = await service.student("GET", "/courses/one");
    assert.deepEqual(body.lectures, [{ lectureId: "c", title: "c", durationSeconds: 10, order: 0 }]);
  });

  it("reports each bad course and takes the others", async () => {
    const { status, body } = await importAll([
      { courseId: "good-1", title: "Good", lectures: [] },
      { courseId: "__proto__", title: "Bad", lectures: [] },
      { courseId: 5, title: "Bad", lectures: [] },
      null,
      "text",
      [],
      { courseId: "no-title", lectures: [] },
      { courseId: "bad-lecture", title: "Bad", lectures: [{ title: "A", durationSeconds: "1" }] },
      { courseId: "twice", title: "Bad", lectures: [lecture("a"), lecture("a")] },
      { courseId: "y".repeat(300), title: "Bad", lectures: [] },
      { courseId: "good-2", title: "Good", lectures: [lecture("constructor"), lecture("toString")] },
    ]);
    assert.equal(status, 200);
    assert.deepEqual(
      (body.results as Record<string, unknown>[]).map((row) => [row["courseId"], row["status"], row["code"]]),
      [
        ["good-1", "created", undefined],
        ["__proto__", "failed", "invalid_request"],
        [null, "failed", "invalid_request"],
        [null, "failed", "invalid_request"],
        [null, "failed", "invalid_request"],
        [null, "failed", "invalid_request"],
        ["no-title", "failed", "invalid_request"],
        ["bad-lecture", "failed", "invalid_request"],
        ["twice", "failed", "lecture_exists"],
        [null, "failed", "invalid_request"],
        ["good-2", "created", undefined],
      ],
    );
    assert.match(body.results[7].detail, /lectures\.0\.durationSeconds must be number/);
    assert.equal((await service.student("GET", "/courses/good-2")).body.totalLectures, 2);
    assert.equal((await service.student("GET", "/courses/bad-lecture")).status, 404);
  });

  it("says of a list with too many items just that, and not what is wrong with each", async () => {
    const nothings = Array.from({ length: 10_001 }, () => 0);
    const whole = await importAll(nothings);
    assert.deepEqual([whole.status, whole.body.errors], [400, [{ field: "courses", message: tooMany }]]);
    const { body } = await importAll([{ courseId: "long", title: "Long", lectures: nothings }]);
    assert.equal(body.results[0].detail, `Correct the course: lectures ${tooMany}.`);
  });

  it("takes up to 8 MiB, and not more", async () => {
    const big = (bytes: number) => [{ courseId: "big", title: "Big", lectures: [], padding: "x".repeat(bytes) }];
    assert.equal((await importAll(big(8 * 1024 * 1024 - 200))).body.results[0].status, "created");
    const { status, body } = await importAll(big(8 * 1024 * 1024));
    assert.deepEqual([status, body.code], [413, "body_too_large"]);
  });

  it("does not even parse what is nested absurdly deep, and takes brackets in titles for letters", async () => {
    const nested = (depth: number) => `{"courses":[${"[".repeat(depth)}${"]".repeat(depth)}]}`;
    const { status, body } = await service.instructor("POST", "/courses/import", { body: nested(4_000_000) });
    assert.deepEqual([status, body.code], [400, "invalid_json"]);
    assert.equal((await service.instructor("POST", "/courses/import", { body: nested(50) })).status, 200);
    const title = `"\\${"[{".repeat(200)}`;
    const lectures = Array.from({ length: 100 }, (_, index) => ({ ...lecture(`l${index}`), title }));
    const answer = await importAll([{ courseId: "brackets", title, lectures }]);
    assert.equal(answer.body.results[0].status, "created");
  });

  it("lets others in between", async () => {
    const courses = Array.from({ length: 500 }, (_, index) => ({ courseId: `n${index}`, title: "N", lectures: [] }));
    const importing = importAll(courses);
    const others = Array.from({ length: 10 }, () => service.at("GET", "/health/live"));
    const first = await Promise.race([importing.then(() => "import"), Promise.all(others).then(() => "others")]);
    assert.equal(first, "others");
    assert.equal((await importing).body.results.length, 500);
  });

  it("refuses a body that is no list of courses", async () => {
    for (const body of [{}, { courses: {} }, { courses: "x" }, { courses: null }, [], "null"]) {
      assert.equal((await service.instructor("POST", "/courses/import", { body })).status, 400, JSON.stringify(body));
    }
    assert.equal((await importAll(Array.from({ length: 10_001 }, () => 0))).status, 400);
    assert.deepEqual((await importAll([])).body, { results: [] });
  });
});
