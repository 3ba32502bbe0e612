import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Course } from "../../src/domain/course.ts";
import type { CourseId } from "../../src/domain/ids.ts";
import type { Catalog, CatalogCache } from "../../src/ports/catalog.ts";
import { someCourse } from "../support/ids.ts";
import { lectures } from "./catalog.ts";

/** A cache and the catalog behind it. */
export interface CacheHarness extends AsyncDisposable {
  readonly cache: CatalogCache;
  readonly catalog: Catalog;
}

/**
 * What every catalog cache promises: it shows what the catalog says now, or nothing. It may be the catalog's own table, so
 * courses are changed in the catalog first, as whoever uses it does.
 */
export function catalogCacheContract(name: string, open: () => Promise<CacheHarness>): void {
  async function change({ catalog }: CacheHarness, courseId: CourseId, title: string): Promise<Course> {
    await catalog.replace({ courseId, title, lectures: lectures("a", "constructor", "0") });
    const course = await catalog.read(courseId);
    assert.ok(course !== null);
    return course;
  }

  function fill({ cache }: CacheHarness, course: Course): Promise<Course | null> {
    return cache.fill(course.courseId, async () => course);
  }

  /** What the cache shows: whatever its answer, never a version older than this one. */
  async function assertNotOlder({ cache }: CacheHarness, { courseId, version }: Course): Promise<void> {
    const shown = await cache.versions([courseId])[0];
    assert.ok(typeof shown !== "number" || shown >= version, `shows version ${shown} after ${version}`);
  }

  describe(`${name} keeps the contract of a catalog cache`, () => {
    it("knows nothing of an unknown course", async () => {
      await using harness = await open();
      const courseId = someCourse();
      assert.equal(await harness.cache.versions([courseId])[0], null);
      assert.equal(await harness.cache.read(courseId), null);
    });

    it("hands on what was loaded, and what the load failed with", async () => {
      await using harness = await open();
      const course = await change(harness, someCourse(), "Analysis");
      assert.deepEqual(await fill(harness, course), course);
      assert.equal(await harness.cache.fill(someCourse(), async () => null), null);
      const failure = new Error("no catalog");
      await assert.rejects(
        harness.cache.fill(someCourse(), () => Promise.reject(failure)),
        failure,
      );
    });

    it("shows the course that was loaded", async () => {
      await using harness = await open();
      const course = await change(harness, someCourse(), "Analysis");
      await fill(harness, course);
      assert.equal(await harness.cache.versions([course.courseId])[0], course.version);
      assert.deepEqual(await harness.cache.read(course.courseId), course);
    });

    it("tells the versions of many courses, in order", async () => {
      await using harness = await open();
      const one = await change(harness, someCourse(), "Analysis");
      const other = await change(harness, one.courseId, "Topology");
      const third = await change(harness, someCourse(), "Logic");
      for (const course of [other, third]) await fill(harness, course);
      const courseIds = [third.courseId, someCourse(), one.courseId];
      assert.deepEqual(await Promise.all(harness.cache.versions(courseIds)), [third.version, null, other.version]);
      assert.deepEqual(await Promise.all(harness.cache.versions([])), []);
    });

    it("shows an empty course that was loaded", async () => {
      await using harness = await open();
      const courseId = someCourse();
      await harness.catalog.putTitle(courseId, "Empty");
      const course = await harness.catalog.read(courseId);
      assert.ok(course !== null);
      await fill(harness, course);
      assert.deepEqual(await harness.cache.read(courseId), course);
    });

    it("does not go back to an older version that is loaded late", async () => {
      await using harness = await open();
      const older = await change(harness, someCourse(), "Analysis");
      const newer = await change(harness, older.courseId, "Analysis II");
      await fill(harness, newer);
      await fill(harness, older);
      assert.equal(await harness.cache.versions([older.courseId])[0], newer.version);
      assert.deepEqual(await harness.cache.read(older.courseId), newer);
    });

    it("is not trusted while a change is announced", async () => {
      await using harness = await open();
      const before = await change(harness, someCourse(), "Analysis");
      await fill(harness, before);
      await harness.cache.announceChange(before.courseId);
      const after = await change(harness, before.courseId, "Analysis II");
      await fill(harness, before);
      await assertNotOlder(harness, after);
    });

    it("does not cache what was loaded before a change that was published meanwhile", async () => {
      await using harness = await open();
      const before = await change(harness, someCourse(), "Analysis");
      const during = Promise.withResolvers<Course>();
      await harness.cache.fill(before.courseId, async () => {
        await harness.cache.announceChange(before.courseId);
        const after = await change(harness, before.courseId, "Analysis II");
        await harness.cache.publishChange(after);
        during.resolve(after);
        return before;
      });
      await assertNotOlder(harness, await during.promise);
    });

    it("shows the change that was published", async () => {
      await using harness = await open();
      const before = await change(harness, someCourse(), "Analysis");
      await fill(harness, before);
      await harness.cache.announceChange(before.courseId);
      const after = await change(harness, before.courseId, "Analysis II");
      await harness.cache.publishChange(after);
      assert.equal(await harness.cache.versions([after.courseId])[0], after.version);
      assert.deepEqual(await harness.cache.read(after.courseId), after);
      await fill(harness, before);
      await assertNotOlder(harness, after);
    });

    it("takes changes that are published in the wrong order", async () => {
      await using harness = await open();
      const first = await change(harness, someCourse(), "Analysis");
      const second = await change(harness, first.courseId, "Analysis II");
      await Promise.all([harness.cache.announceChange(first.courseId), harness.cache.announceChange(first.courseId)]);
      await harness.cache.publishChange(second);
      await harness.cache.publishChange(first);
      await assertNotOlder(harness, second);
    });

    it("keeps courses apart", async () => {
      await using harness = await open();
      const [one, two] = [await change(harness, someCourse(), "One"), await change(harness, someCourse(), "Two")];
      await fill(harness, one);
      await fill(harness, two);
      await harness.cache.announceChange(one.courseId);
      assert.deepEqual(await harness.cache.read(two.courseId), two);
    });
  });
}
