import type { Course, LectureDetails } from "../../domain/course.ts";
import type { CourseId, LectureId } from "../../domain/ids.ts";
import type { CatalogCache } from "../../ports/catalog.ts";
import type { RedisConnection } from "./connection.ts";
import { unavailable } from "./failures.ts";
import { courseKey } from "./keys.ts";
import { runScript, type ScriptName } from "./scripts.ts";

/** How long a course stays cached, by chance up to a tenth more or less: courses that were read together are not missed together. */
const cachedForMs = 24 * 60 * 60 * 1000;

/** Longer than a change, or a load that began before it, can last: the store is given 5 s. */
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
  /** The marks of changes that this process has announced and not published, oldest first. */
  readonly #marks = new Map<CourseId, { field: string; announcedAt: number }[]>();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async version(courseId: CourseId): Promise<number | "changing" | null> {
    const version = (await this.#run("course-version", courseId)) as string | null;
    return version === null || version === "changing" ? version : Number(version);
  }

  async read(courseId: CourseId): Promise<Course | null> {
    const json = (await this.#run("course-read", courseId)) as [version: string, json: string] | null;
    return json === null ? null : parseCourse(courseId, json);
  }

  async put(course: Course): Promise<void> {
    await this.#run("course-put", course.courseId, [course.version, courseJson(course), ttlMs()]);
  }

  async announceChange(courseId: CourseId): Promise<void> {
    const announcedAt = performance.now();
    const field = (await this.#run("course-announce", courseId, [
      crypto.randomUUID(),
      changingForMs,
      ttlMs(),
    ])) as string;
    const open = (this.#marks.get(courseId) ?? []).filter((mark) => announcedAt - mark.announcedAt < changingForMs);
    this.#marks.set(courseId, [...open, { field, announcedAt }]);
  }

  /** Takes one of this process's marks away, the oldest: of changes under way together the last mark holds longest. */
  async publishChange(course: Course): Promise<void> {
    const [mark, ...open] = this.#marks.get(course.courseId) ?? [];
    if (open.length === 0) this.#marks.delete(course.courseId);
    else this.#marks.set(course.courseId, open);
    const args = [course.version, courseJson(course), ttlMs(), mark?.field ?? ""];
    await this.#run("course-publish", course.courseId, args);
  }

  async #run(script: ScriptName, courseId: CourseId, args: readonly (string | number)[] = []): Promise<unknown> {
    try {
      return await runScript(this.#connection.general, script, [courseKey(courseId)], args);
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
