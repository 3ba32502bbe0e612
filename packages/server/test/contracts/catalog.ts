import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type LectureDetails, maxLectures } from "../../src/domain/course.ts";
import type { CourseId, LectureId } from "../../src/domain/ids.ts";
import type { Catalog } from "../../src/ports/catalog.ts";
import { lecture, someCourse, someUser } from "../support/ids.ts";
import type { OpenStore } from "./store-fixture.ts";

const details: LectureDetails = { title: "Limits", durationSeconds: 600.5, order: 2 };

export function lectures(...ids: string[]): Map<LectureId, LectureDetails> {
  return new Map(ids.map((id, order) => [lecture(id), { title: `Lecture ${id}`, durationSeconds: 60, order }]));
}

/** What every catalog promises, in terms of its port; the store beside it shows the total that dashboards see. */
export function catalogContract(name: string, open: OpenStore): void {
  async function openCourse(...ids: string[]): Promise<
    AsyncDisposable & {
      catalog: Catalog;
      courseId: CourseId;
      version: () => Promise<number>;
      total: () => Promise<number>;
    }
  > {
    const harness = await open();
    const { catalog, store } = harness;
    const courseId = someCourse();
    await catalog.replace({ courseId, title: "Analysis", lectures: lectures(...ids) });
    return {
      catalog,
      courseId,
      version: async () => (await catalog.read(courseId))?.version ?? 0,
      total: async () => (await store.courseProgress(someUser(), [courseId]))[0]?.total ?? -1,
      [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
    };
  }

  describe(`${name} keeps the contract of a catalog`, () => {
    describe("courses", () => {
      it("are unknown until they are put", async () => {
        await using harness = await open();
        const courseId = someCourse();
        assert.equal(await harness.catalog.read(courseId), null);
        assert.equal(await harness.catalog.putTitle(courseId, "Analysis"), "created");
        const course = await harness.catalog.read(courseId);
        assert.ok(course !== null && course.version > 0);
        assert.deepEqual(course, { courseId, title: "Analysis", version: course.version, lectures: new Map() });
      });

      it("take a new title, keep their lectures, and raise their version", async () => {
        await using opened = await openCourse("a", "b");
        const before = await opened.version();
        assert.equal(await opened.catalog.putTitle(opened.courseId, "Analysis II"), "updated");
        const course = await opened.catalog.read(opened.courseId);
        assert.equal(course?.title, "Analysis II");
        assert.deepEqual(course.lectures, lectures("a", "b"));
        assert.ok(course.version > before);
        assert.equal(await opened.total(), 2);
      });

      it("do not change with the same title", async () => {
        await using opened = await openCourse("a");
        const before = await opened.catalog.read(opened.courseId);
        assert.equal(await opened.catalog.putTitle(opened.courseId, "Analysis"), "updated");
        assert.deepEqual(await opened.catalog.read(opened.courseId), before);
      });

      it("become exactly what replaces them", async () => {
        await using opened = await openCourse("a", "b", "c");
        const before = await opened.version();
        const content = { courseId: opened.courseId, title: "Topology", lectures: lectures("c", "constructor", "0") };
        assert.equal(await opened.catalog.replace(content), "updated");
        const course = await opened.catalog.read(opened.courseId);
        assert.deepEqual(course, { ...content, version: course?.version });
        assert.ok((course?.version ?? 0) > before);
        assert.equal(await opened.total(), 3);
      });

      it("are created by a replacement", async () => {
        await using harness = await open();
        const content = { courseId: someCourse(), title: "New", lectures: new Map() };
        assert.equal(await harness.catalog.replace(content), "created");
        assert.equal(await harness.catalog.replace(content), "updated");
      });

      it("are created once by two who race", async () => {
        await using harness = await open();
        const courseId = someCourse();
        const answers = await Promise.all(["A", "B", "C"].map((title) => harness.catalog.putTitle(courseId, title)));
        assert.deepEqual(answers.toSorted(), ["created", "updated", "updated"]);
      });
    });

    describe("lectures", () => {
      it("are added with all their details, and counted", async () => {
        await using opened = await openCourse("a");
        const before = await opened.version();
        assert.equal(await opened.catalog.addLecture(opened.courseId, lecture("toString"), details), "added");
        const course = await opened.catalog.read(opened.courseId);
        assert.deepEqual(course?.lectures.get(lecture("toString")), details);
        assert.ok((course?.version ?? 0) > before);
        assert.equal(await opened.total(), 2);
      });

      it("are not added to a course that is unknown, which stays unknown", async () => {
        await using harness = await open();
        const courseId = someCourse();
        assert.equal(await harness.catalog.addLecture(courseId, lecture("a"), details), "unknown_course");
        assert.equal(await harness.catalog.read(courseId), null);
      });

      it("are not added where the id is taken", async () => {
        await using opened = await openCourse("a");
        const before = await opened.catalog.read(opened.courseId);
        assert.equal(await opened.catalog.addLecture(opened.courseId, lecture("a"), details), "taken");
        assert.deepEqual(await opened.catalog.read(opened.courseId), before);
        assert.equal(await opened.total(), 1);
      });

      it("are not added to a full course, until one is removed", async () => {
        const ids = Array.from({ length: maxLectures }, (_, index) => `l${index}`);
        await using opened = await openCourse(...ids);
        const { catalog, courseId } = opened;
        assert.equal(await catalog.addLecture(courseId, lecture("more"), details), "full");
        assert.equal(await catalog.addLecture(courseId, lecture("l7"), details), "taken");
        assert.equal(await opened.total(), maxLectures);
        await catalog.removeLecture(courseId, lecture("l7"));
        assert.equal(await catalog.addLecture(courseId, lecture("more"), details), "added");
      });

      it("change in what is given alone", async () => {
        await using opened = await openCourse("a", "b");
        const before = await opened.version();
        const { catalog, courseId } = opened;
        const change = async (part: Partial<LectureDetails>): Promise<unknown> =>
          catalog.changeLecture(courseId, lecture("b"), part);
        assert.deepEqual(await change({ title: "New" }), { title: "New", durationSeconds: 60, order: 1 });
        assert.deepEqual(await change({ durationSeconds: 1.5, order: 9 }), {
          title: "New",
          durationSeconds: 1.5,
          order: 9,
        });
        const course = await catalog.read(courseId);
        assert.deepEqual(course?.lectures.get(lecture("b")), { title: "New", durationSeconds: 1.5, order: 9 });
        assert.deepEqual(course.lectures.get(lecture("a")), lectures("a").get(lecture("a")));
        assert.ok(course.version > before);
        assert.equal(await opened.total(), 2);
      });

      it("cannot be changed where there are none", async () => {
        await using opened = await openCourse("a");
        const before = await opened.catalog.read(opened.courseId);
        assert.equal(await opened.catalog.changeLecture(opened.courseId, lecture("b"), { title: "New" }), null);
        assert.equal(await opened.catalog.changeLecture(someCourse(), lecture("a"), { title: "New" }), null);
        assert.deepEqual(await opened.catalog.read(opened.courseId), before);
      });

      it("are removed once", async () => {
        await using opened = await openCourse("a", "b");
        const before = await opened.version();
        const { catalog, courseId } = opened;
        assert.equal(await catalog.removeLecture(courseId, lecture("a")), true);
        const after = await opened.version();
        assert.ok(after > before);
        assert.equal(await catalog.removeLecture(courseId, lecture("a")), false);
        assert.equal(await catalog.removeLecture(someCourse(), lecture("a")), false);
        assert.equal(await opened.version(), after);
        assert.equal(await opened.total(), 1);
      });
    });

    describe("changes that race", () => {
      it("all count", async () => {
        await using opened = await openCourse("old");
        const { catalog, courseId } = opened;
        const ids = Array.from({ length: 20 }, (_, index) => lecture(`l${index}`));
        const answers = await Promise.all([
          ...ids.map((id) => catalog.addLecture(courseId, id, details)),
          catalog.removeLecture(courseId, lecture("old")),
          catalog.putTitle(courseId, "Raced"),
        ]);
        assert.deepEqual(answers, [...ids.map(() => "added"), true, "updated"]);
        const course = await catalog.read(courseId);
        assert.deepEqual(new Set(course?.lectures.keys()), new Set(ids));
        assert.equal(course?.title, "Raced");
        assert.equal(await opened.total(), 20);
      });

      it("add one lecture once", async () => {
        await using opened = await openCourse();
        const answers = await Promise.all(
          [1, 2, 3].map((order) => opened.catalog.addLecture(opened.courseId, lecture("a"), { ...details, order })),
        );
        assert.deepEqual(answers.toSorted(), ["added", "taken", "taken"]);
        const course = await opened.catalog.read(opened.courseId);
        assert.equal(course?.lectures.get(lecture("a"))?.order, answers.indexOf("added") + 1);
        assert.equal(await opened.total(), 1);
      });

      it("remove one lecture once", async () => {
        await using opened = await openCourse("a", "b");
        const answers = await Promise.all(
          [1, 2, 3].map(() => opened.catalog.removeLecture(opened.courseId, lecture("a"))),
        );
        assert.equal(answers.filter(Boolean).length, 1);
        assert.equal(await opened.total(), 1);
      });
    });
  });
}
