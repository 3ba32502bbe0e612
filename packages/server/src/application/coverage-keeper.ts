import { existingCourse, existingLecture } from "./existing.ts";
import type { LectureDetails } from "../domain/course.ts";
import type { LectureId, ProgressKey } from "../domain/ids.ts";
import { coverageOf, credit, type PlayedRange, type PlayedReport, within } from "../domain/played-ranges.ts";
import { serverTimeAfter, stampTime } from "../domain/stamp.ts";
import type { PositionBuffer } from "../ports/position-buffer.ts";
import type { ProgressStore, StoredPlayed } from "../ports/progress-store.ts";
import { retryWhileRaced } from "./compare-and-set.ts";
import type { CourseReader } from "./course-reader.ts";
import type { OneAtATime } from "./one-at-a-time.ts";

export interface LectureCoverage {
  /** What was played in all sittings since the last start over, in order. */
  readonly played: readonly PlayedRange[];
  /** The share of the lecture, 0..1. */
  readonly coverage: number;
  /** What a sitting may begin at. */
  readonly serverTime: number;
}

interface CoverageKeeperDeps {
  store: ProgressStore;
  buffer: Pick<PositionBuffer, "now">;
  courses: CourseReader;
  queue: OneAtATime;
}

/** Keeps what students have played of a lecture, over all sittings and devices. */
export class CoverageKeeper {
  readonly #deps: CoverageKeeperDeps;

  constructor(deps: CoverageKeeperDeps) {
    this.#deps = deps;
  }

  /** @throws ProgressError `unknown_course`, `unknown_lecture` */
  async read(key: ProgressKey, lectureId: LectureId): Promise<LectureCoverage> {
    const { store, buffer } = this.#deps;
    const [lecture, stored, now] = await Promise.all([
      this.#lecture(key, lectureId),
      store.readPlayed(key, lectureId),
      buffer.now(),
    ]);
    return coverageIn(stored, lectureId, lecture, now);
  }

  /**
   * Credits what a sitting has played so far. What nobody can have played since the service first heard of the sitting is
   * not credited, nor is what a sitting played that began before the last start over. Again, late or in another order it
   * changes nothing.
   * @param startedAt the `serverTime` at which the sitting says it began; undefined when it begins now
   * @returns what is credited now, by all sittings
   * @throws ProgressError `unknown_course`, `unknown_lecture`
   */
  async credit(
    key: ProgressKey,
    lectureId: LectureId,
    { startedAt, ...report }: PlayedReport & { startedAt: number | undefined },
  ): Promise<LectureCoverage> {
    const { store, buffer, queue } = this.#deps;
    const lecture = await this.#lecture(key, lectureId);
    const reported = { ...report, ranges: within(report.ranges, lecture.durationSeconds) };
    return queue.run(key.userId, async () => {
      let coverage: LectureCoverage | undefined;
      await retryWhileRaced(async () => {
        const [stored, now] = await Promise.all([store.readPlayed(key, lectureId), buffer.now()]);
        const isForgotten = stored.reset !== null && startedAt !== undefined && startedAt <= stampTime(stored.reset);
        const known = stored.played.get(lectureId) ?? null;
        const credited = isForgotten ? known : credit(known, reported, now);
        const played = new Map(credited === null ? [] : [[lectureId, credited]]);
        coverage = coverageIn({ ...stored, played }, lectureId, lecture, now);
        return credited === known || credited === null
          ? true
          : store.change(key, stored.rev, { type: "credit", lectureId, played: credited });
      });
      return coverage as LectureCoverage;
    });
  }

  async #lecture({ courseId }: ProgressKey, lectureId: LectureId): Promise<LectureDetails> {
    return existingLecture(existingCourse(await this.#deps.courses.read(courseId), courseId), lectureId);
  }
}

function coverageIn(
  { played: all, reset }: StoredPlayed,
  lectureId: LectureId,
  { durationSeconds }: LectureDetails,
  now: number,
): LectureCoverage {
  // The lecture may have become shorter.
  const played = within(all.get(lectureId)?.ranges ?? [], durationSeconds);
  return { played, coverage: coverageOf(played, durationSeconds), serverTime: serverTimeAfter(now, reset) };
}
