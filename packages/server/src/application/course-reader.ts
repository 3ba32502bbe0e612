import { LRUCache } from "lru-cache";
import type { Course } from "../domain/course.ts";
import type { CourseId } from "../domain/ids.ts";
import type { CachedVersion, Catalog, CatalogCache } from "../ports/catalog.ts";
import type { Clock } from "../ports/clock.ts";
import { type Asker, TurnBatch } from "./turn-batch.ts";

/** A course as this process last saw it; null when there was none. Instants are milliseconds since 1970. */
interface Seen {
  readonly course: Course | null;
  readonly checkedAt: number;
  /** When the catalog itself, not the cache, last said so. */
  readonly confirmedAt: number;
}

/** What was seen longer ago is looked up again, and by saves at most this often. */
const trustMs = 1_000;
const maxCoursesInMemory = 50_000;
const maxLecturesInMemory = 500_000;

/**
 * Reads courses with as little work as their readers allow: a read asks the shared cache which version is current, a save
 * trusts this process's memory and waits for nothing. Readers who miss at the same time share one load. Memory never goes back to an
 * older version. Every method rejects with `store_unavailable` when neither memory, cache nor catalog can tell.
 */
export class CourseReader {
  readonly #catalog: Catalog;
  readonly #cache: CatalogCache;
  readonly #clock: Clock;
  readonly #loading = new Map<CourseId, Promise<Course | null>>();
  readonly #refreshing = new Set<CourseId>();
  readonly #turn: TurnBatch<CourseId, CachedVersion>;
  readonly #seen = new LRUCache<CourseId, Seen>({
    max: maxCoursesInMemory,
    maxSize: maxLecturesInMemory,
    sizeCalculation: ({ course }) => 1 + (course?.lectures.size ?? 0),
  });

  constructor(deps: { catalog: Catalog; cache: CatalogCache; clock: Clock }) {
    this.#catalog = deps.catalog;
    this.#cache = deps.cache;
    this.#clock = deps.clock;
    this.#turn = new TurnBatch(deps.clock, (askers) => this.#askVersions(askers));
  }

  /** The course as it is now, or null when there is none. */
  async read(courseId: CourseId): Promise<Course | null> {
    // A cache that does not answer is a cache that has nothing.
    const version = await this.#turn.add(courseId).catch(() => null);
    if (version === "changing") return this.#fromCatalog(courseId);
    const seen = this.#seen.get(courseId);
    // A cache that went back in time, as a replica may after a failover, is put right by the catalog.
    if (version === null || version < (seen?.course?.version ?? 0)) {
      return this.#once(courseId, () => this.#fromCatalog(courseId));
    }
    if (seen?.course?.version === version) {
      this.#remember(courseId, seen.course);
      return seen.course;
    }
    const course = await this.#once(courseId, () => this.#fromCache(courseId));
    // The load that was under way may have begun before this version was published.
    return course !== null && course.version >= version ? course : this.#fromCatalog(courseId);
  }

  /**
   * The course as this process last saw it; undefined when it did not look, null when there was none. What was not seen
   * within the last second is looked up again, for whoever asks next.
   */
  remembered(courseId: CourseId): Course | null | undefined {
    const seen = this.#seen.get(courseId);
    if (seen !== undefined && !this.#isFresh(seen.checkedAt)) this.#refresh(courseId);
    return seen?.course;
  }

  /** The course as the catalog itself said it within the last second, else as it says it now. */
  async confirmed(courseId: CourseId): Promise<Course | null> {
    const seen = this.#seen.get(courseId);
    if (seen !== undefined && this.#isFresh(seen.confirmedAt)) return seen.course;
    return this.#once(courseId, () => this.#fromCatalog(courseId));
  }

  /** This process has just changed the course: loads that began before must not be believed. */
  changed(course: Course): void {
    this.#loading.delete(course.courseId);
    this.#remember(course.courseId, course, this.#clock.now());
  }

  /** Those who ask for the same course in one batch are told the same. */
  #askVersions(askers: readonly Asker<CourseId, CachedVersion>[]): void {
    const courseIds = [...new Set(askers.map(({ ask }) => ask))];
    const answers = this.#cache.versions(courseIds);
    const versions = new Map(courseIds.map((courseId, index) => [courseId, answers[index] as Promise<CachedVersion>]));
    for (const { ask, resolve } of askers) resolve(versions.get(ask) as Promise<CachedVersion>);
  }

  #refresh(courseId: CourseId): void {
    if (this.#refreshing.has(courseId)) return;
    this.#refreshing.add(courseId);
    const done = (): void => void this.#refreshing.delete(courseId);
    this.read(courseId).then(done, done);
  }

  async #fromCache(courseId: CourseId): Promise<Course | null> {
    const course = await this.#cache.read(courseId).catch(() => null);
    if (course === null) return this.#fromCatalog(courseId);
    this.#remember(courseId, course);
    return course;
  }

  async #fromCatalog(courseId: CourseId): Promise<Course | null> {
    const course = await this.#cache.fill(courseId, () => this.#catalog.read(courseId));
    this.#remember(courseId, course, this.#clock.now());
    return course;
  }

  #once(courseId: CourseId, load: () => Promise<Course | null>): Promise<Course | null> {
    const underWay = this.#loading.get(courseId);
    if (underWay !== undefined) return underWay;
    const loading = load().finally(() => {
      if (this.#loading.get(courseId) === loading) this.#loading.delete(courseId);
    });
    this.#loading.set(courseId, loading);
    return loading;
  }

  #remember(courseId: CourseId, course: Course | null, confirmedAt?: number): void {
    const seen = this.#seen.get(courseId);
    if (seen !== undefined && isOlder(course, seen.course)) return;
    this.#seen.set(courseId, {
      course,
      checkedAt: this.#clock.now(),
      confirmedAt: confirmedAt ?? seen?.confirmedAt ?? -Infinity,
    });
  }

  #isFresh(instant: number): boolean {
    const age = this.#clock.now() - instant;
    return age >= 0 && age < trustMs;
  }
}

/** Courses are never deleted, so "there is none" is older than any version. */
function isOlder(course: Course | null, seen: Course | null): boolean {
  return (course?.version ?? 0) < (seen?.version ?? 0);
}
