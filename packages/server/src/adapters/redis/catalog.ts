import type { Course, LectureDetails } from "../../domain/course.ts";
import type { CourseId, LectureId } from "../../domain/ids.ts";
import type { CachedVersion, CatalogCache } from "../../ports/catalog.ts";
import type { RedisConnection } from "./connection.ts";
import { unavailable } from "./failures.ts";
import { courseKey } from "./keys.ts";
import { runScript, type ScriptName } from "./scripts.ts";

/** How long a course stays cached, by chance up to a tenth more or less: courses that were read together are not missed together. */
const cachedForMs = 24 * 60 * 60 * 1000;

/** Longer than a change mostly lasts: the store is given 5 s to answer. One that is given up is marked once more. */
const changingForMs = 10_000;

/** A course on its way through Redis. */
interface CourseJson {
  readonly title: string;
  readonly lectures: [LectureId, LectureDetails][];
}

/**
 * What all processes share of the catalog, one hash for each course; course-version.lua says how it is kept. Rejects with
 * `buffer_unavailable`.
 */
export class RedisCatalogCache implements CatalogCache {
  readonly #connection: RedisConnection;
  readonly #changingForMs: number;
  /** The marks of changes that this process has announced and not published, oldest first. */
  readonly #marks = new Map<CourseId, { field: string; announcedAt: number }[]>();

  /** @param options.changingForMs how long marks hold; 10 s, unless a test is in a hurry */
  constructor(connection: RedisConnection, options: { changingForMs?: number } = {}) {
    this.#connection = connection;
    this.#changingForMs = options.changingForMs ?? changingForMs;
  }

  versions(courseIds: readonly CourseId[]): Promise<CachedVersion>[] {
    // Courses have no hash tag: in a Cluster each may be on another node.
    const parts = this.#connection.isCluster ? courseIds.map((courseId) => [courseId]) : [courseIds];
    return parts.flatMap((part) => {
      const versions = this.#askVersions(part);
      return part.map(async (_, index) => (await versions)[index] as CachedVersion);
    });
  }

  async read(courseId: CourseId): Promise<Course | null> {
    const json = (await this.#run("course-read", [courseId])) as [version: string, json: string] | null;
    return json === null ? null : parseCourse(courseId, json);
  }

  async fill(courseId: CourseId, load: () => Promise<Course | null>): Promise<Course | null> {
    const deadline = await this.#loadDeadline(courseId).catch(() => null);
    const course = await load();
    if (course === null || deadline === null) return course;
    const args = [course.version, courseJson(course), ttlMs(), deadline];
    // Not cached, the course is read again: slower, and still right.
    await this.#run("course-put", [courseId], args).catch(() => undefined);
    return course;
  }

  async announceChange(courseId: CourseId): Promise<void> {
    const announcedAt = performance.now();
    const field = (await this.#run(
      "course-announce",
      [courseId],
      [crypto.randomUUID(), this.#changingForMs, ttlMs()],
    )) as string;
    const open = (this.#marks.get(courseId) ?? []).filter(
      (mark) => announcedAt - mark.announcedAt < this.#changingForMs,
    );
    this.#marks.set(courseId, [...open, { field, announcedAt }]);
  }

  /** Takes one of this process's marks away, the oldest: of changes under way together the last mark holds longest. */
  async publishChange(course: Course): Promise<void> {
    const [mark, ...open] = this.#marks.get(course.courseId) ?? [];
    if (open.length === 0) this.#marks.delete(course.courseId);
    else this.#marks.set(course.courseId, open);
    const args = [course.version, courseJson(course), ttlMs(), mark?.field ?? ""];
    await this.#run("course-publish", [course.courseId], args);
  }

  async #askVersions(courseIds: readonly CourseId[]): Promise<CachedVersion[]> {
    const versions = (await this.#run("course-version", courseIds)) as (string | null)[];
    return versions.map((version) => (version === null || version === "changing" ? version : Number(version)));
  }

  /** Until when what is read from now on may be cached, by Redis' clock; null while the course is changing. */
  async #loadDeadline(courseId: CourseId): Promise<string | null> {
    return (await this.#run("course-load", [courseId], [this.#changingForMs])) as string | null;
  }

  async #run(
    script: ScriptName,
    courseIds: readonly CourseId[],
    args: readonly (string | number)[] = [],
  ): Promise<unknown> {
    try {
      return await runScript(this.#connection.general, script, courseIds.map(courseKey), args);
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function courseJson({ title, lectures }: Course): string {
  return JSON.stringify({ title, lectures: [...lectures] } satisfies CourseJson);
}

function parseCourse(courseId: CourseId, [version, json]: [version: string, json: string]): Course {
  const { title, lectures } = JSON.parse(json) as CourseJson;
  return { courseId, title, version: Number(version), lectures: new Map(lectures) };
}

function ttlMs(): number {
  return Math.round(cachedForMs * (0.9 + Math.random() * 0.2));
}
