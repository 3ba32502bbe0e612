import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sign, TestService } from "./support.ts";

describe("the catalog", () => {
  let service: TestService;
  before(async () => {
    service = await TestService.start();
  });
  after(() => service[Symbol.asyncDispose]());

  const edit = (method: string, path: string, body?: unknown) =>
    service.instructor(method, `/courses/${path}`, { body });

  it("creates a course with 201 and changes it with 200", async () => {
    const created = await edit("PUT", "new", { title: "New" });
    assert.equal(created.status, 201);
    assert.deepEqual(created.body, { courseId: "new", title: "New", totalLectures: 0, version: 1, lectures: [] });
    const changed = await edit("PUT", "new", { title: "Newer", ignored: true });
    assert.deepEqual([changed.status, changed.body.title, changed.body.version], [200, "Newer", 2]);
  });

  it("shows a course to any student, lectures in their order", async () => {
    await edit("PUT", "ordered", { title: "Ordered" });
    await edit("POST", "ordered/lectures", { title: "Last", durationSeconds: 1, lectureId: "z", order: 9 });
    await edit("POST", "ordered/lectures", { title: "First", durationSeconds: 2.0004, lectureId: "y", order: 0 });
    await edit("POST", "ordered/lectures", { title: "After", durationSeconds: 3, lectureId: "x" });
    const { status, body } = await service.student("GET", "/courses/ordered");
    assert.equal(status, 200);
    assert.equal(body.totalLectures, 3);
    assert.deepEqual(body.lectures, [
      { lectureId: "y", title: "First", durationSeconds: 2, order: 0 },
      { lectureId: "z", title: "Last", durationSeconds: 1, order: 9 },
      { lectureId: "x", title: "After", durationSeconds: 3, order: 10 },
    ]);
  });

  it("adds a lecture with 201, its address, and an id when it has none", async () => {
    await edit("PUT", "growing", { title: "Growing" });
    const named = await edit("POST", "growing/lectures", { title: "A", durationSeconds: 1, lectureId: "a" });
    assert.equal(named.status, 201);
    assert.equal(named.headers.get("location"), "/api/v1/courses/growing/lectures/a");
    const unnamed = await edit("POST", "growing/lectures", { title: "B", durationSeconds: 1 });
    assert.match(unnamed.body.lectureId, /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
    const taken = await edit("POST", "growing/lectures", { title: "C", durationSeconds: 1, lectureId: "a" });
    assert.deepEqual([taken.status, taken.body.code], [409, "lecture_exists"]);
  });

  it("changes and removes a lecture", async () => {
    await service.course("shrinking", "a", "b");
    const changed = await edit("PATCH", "shrinking/lectures/a", { title: "Anew", order: 5 });
    assert.deepEqual(changed.body, { lectureId: "a", title: "Anew", durationSeconds: 100, order: 5 });
    const removed = await edit("DELETE", "shrinking/lectures/a");
    assert.deepEqual([removed.status, removed.text], [204, ""]);
    for (const again of [
      await edit("DELETE", "shrinking/lectures/a"),
      await edit("PATCH", "shrinking/lectures/a", { order: 1 }),
    ]) {
      assert.deepEqual([again.status, again.body.code], [404, "unknown_lecture"]);
    }
    assert.equal((await service.student("GET", "/courses/shrinking")).body.totalLectures, 1);
  });

  it("answers 404 for a course that does not exist", async () => {
    const answers = [
      await service.student("GET", "/courses/nope"),
      await edit("POST", "nope/lectures", { title: "A", durationSeconds: 1 }),
      await edit("PATCH", "nope/lectures/a", { title: "A" }),
      await edit("DELETE", "nope/lectures/a"),
    ];
    for (const { status, body } of answers) assert.deepEqual([status, body.code], [404, "unknown_course"]);
  });

  it("is changed by instructors and admins only, by nobody without a token", async () => {
    await service.course("guarded", "a");
    const changes = [
      ["PUT", "/courses/guarded", { title: "Mine" }],
      ["POST", "/courses/guarded/lectures", { title: "B", durationSeconds: 1 }],
      ["PATCH", "/courses/guarded/lectures/a", { title: "B" }],
      ["DELETE", "/courses/guarded/lectures/a", undefined],
      ["POST", "/courses/import", { courses: [] }],
    ] as const;
    const unchanged = service.dump();
    for (const [method, path, body] of changes) {
      for (const role of [undefined, "student", "Admin", "", 1, null, { admin: true }, ["student"]]) {
        const answer = await service.student(method, path, { body, token: await sign({ role }) });
        assert.deepEqual([answer.status, answer.body.code], [403, "forbidden"], `${method} ${JSON.stringify(role)}`);
      }
      assert.equal((await service.student(method, path, { body, token: null })).status, 401);
    }
    assert.equal(service.dump(), unchanged);
    for (const role of ["instructor", "admin", ["student", "admin"]]) {
      const token = await sign({ role });
      assert.equal((await service.student("PUT", "/courses/guarded", { body: { title: "Ours" }, token })).status, 200);
    }
  });

  it("refuses what is no course or lecture and names the fields", async () => {
    await service.course("strict", "a");
    const unchanged = service.dump();
    const cases: [method: string, path: string, body: unknown, field: string][] = [
      ["PUT", "strict", {}, "title"],
      ["PUT", "strict", { title: "" }, "title"],
      ["PUT", "strict", { title: "x".repeat(501) }, "title"],
      ["PUT", "strict", "null", "body"],
      ["PUT", "strict", "[]", "body"],
      ["POST", "strict/lectures", { title: "A", durationSeconds: "5" }, "durationSeconds"],
      ["POST", "strict/lectures", { title: "A", durationSeconds: 0 }, "durationSeconds"],
      ["POST", "strict/lectures", { title: "A", durationSeconds: 0.0001 }, "durationSeconds"],
      ["POST", "strict/lectures", { title: "A", durationSeconds: 1, order: 1.5 }, "order"],
      ["POST", "strict/lectures", { title: "A", durationSeconds: 1, lectureId: "__proto__" }, "lectureId"],
      ["PATCH", "strict/lectures/a", {}, "body"],
      ["PATCH", "strict/lectures/a", { unknown: 1 }, "body"],
      ["PATCH", "strict/lectures/a", { order: -1 }, "order"],
      ["PUT", "a.b", { title: "A" }, "courseId"],
    ];
    for (const [method, path, body, field] of cases) {
      const answer = await edit(method, path, body);
      assert.deepEqual(
        [answer.status, answer.body.errors?.[0].field],
        [400, field],
        `${method} ${JSON.stringify(body)}`,
      );
    }
    assert.equal(service.dump(), unchanged);
  });

  it("takes bodies up to 16 KiB", async () => {
    const padded = (size: number) => ({ title: "Padded", padding: "x".repeat(size) });
    assert.equal((await edit("PUT", "padded", padded(15_000))).status, 201);
    assert.equal((await edit("PUT", "padded", padded(17_000))).status, 413);
  });

  it("keeps titles to the letter", async () => {
    const title = 'Ünïcode 🎓 "quotes" \\ <script> ${x} \u202e \u0000 end';
    await edit("PUT", "titled", { title });
    assert.equal((await service.student("GET", "/courses/titled")).body.title, title);
  });
});
