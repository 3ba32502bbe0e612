import { completedOf, completionPercentage } from "../domain/completion.ts";
import type { Course } from "../domain/course.ts";
import type { LectureId, ProgressKey } from "../domain/ids.ts";
import { joinPositions, type Positions, roundToMillisecond } from "../domain/position.ts";
import { type Device, deviceOf, serverTimeAfter, sessionFloor, type Stamp } from "../domain/stamp.ts";
import type { Clock } from "../ports/clock.ts";
import type { PositionBuffer } from "../ports/position-buffer.ts";
import type { ProgressStore, StoredProgress } from "../ports/progress-store.ts";
import { BothSidesReader } from "./both-sides.ts";
import type { CourseReader } from "./course-reader.ts";
import { existingCourse } from "./existing.ts";
import type { Followers } from "./followers.ts";
import type { Identity, StudentDay } from "./student-day.ts";
import type { Telemetry } from "../ports/telemetry.ts";

export interface CourseView {
  /** Resume position of each existing lecture, in seconds. Without a prototype: a lecture may be called `constructor`. */
  readonly watchTimes: Readonly<Record<LectureId, number>>;
  readonly completionPercentage: number;
  readonly completedLectures: LectureId[];
  readonly lastWatchedLecture: LectureId | null;
  readonly totalLectures: number;
  readonly serverTime: number;
  /** Where the position of the lecture asked for was saved, if its player said so. */
  readonly device?: Device;
}

interface ProgressReaderDeps {
  buffer: PositionBuffer;
  store: ProgressStore;
  courses: CourseReader;
  followers: Followers;
  days: StudentDay;
  telemetry: Telemetry;
  clock: Clock;
}

/** Reads one student's progress in one course: what the buffer and the store know, joined. */
export class ProgressReader {
  readonly #deps: ProgressReaderDeps;
  readonly #bothSides: BothSidesReader;

  constructor(deps: ProgressReaderDeps) {
    this.#deps = deps;
    this.#bothSides = new BothSidesReader(deps);
  }

  /**
   * @param lectureId the lecture of which the device is wanted
   * @throws ProgressError `unknown_course`
   */
  async read(identity: Identity, courseId: ProgressKey["courseId"], lectureId?: LectureId): Promise<CourseView> {
    const key = { userId: identity.userId, courseId };
    const [[buffered, stored], found] = await Promise.all([
      this.#bothSides.read(key),
      this.#deps.courses.read(courseId),
    ]);
    const course = existingCourse(found, courseId);
    const { positions, reset } = joinPositions(buffered, stored);
    const device = lectureId && deviceAt(positions, course, lectureId);
    const completed = completedOf(course, stored.completedAt.keys());
    this.#completeLate(identity, key, course, stored, completed.length);
    const { watchTimes, lastWatchedLecture, newest } = watchedIn(course, positions);
    return {
      watchTimes,
      completionPercentage: completionPercentage(completed.length, course.lectures.size),
      completedLectures: completed,
      lastWatchedLecture,
      totalLectures: course.lectures.size,
      serverTime: serverTimeAfter(buffered.now, sessionFloor(buffered.now, newest, reset)),
      ...(device && { device }),
    };
  }

  /** A lecture that was removed may leave the course complete with nobody completing anything; the read notices. */
  #completeLate(identity: Identity, key: ProgressKey, course: Course, stored: StoredProgress, completed: number): void {
    if (stored.courseCompletedAt !== null || completed === 0 || completed < course.lectures.size) return;
    const { days, followers, telemetry } = this.#deps;
    const work = async () => {
      const event = await followers.completeCourse(key, await days.now(identity));
      if (event !== null) await followers.settle(key, [event]);
    };
    work().catch((error: unknown) => telemetry.backgroundFailed("complete course", error));
  }
}

/** What was watched of lectures that exist, within durations that may have become shorter. One pass: a course may have many. */
function watchedIn(
  course: Course,
  positions: Positions,
): Pick<CourseView, "watchTimes" | "lastWatchedLecture"> & { newest: Stamp | null } {
  const watchTimes = Object.create(null) as Record<LectureId, number>;
  let lastWatchedLecture: LectureId | null = null;
  let newest: Stamp | null = null;
  for (const [lectureId, { stamp, seconds }] of positions) {
    const lecture = course.lectures.get(lectureId);
    if (lecture === undefined) continue;
    watchTimes[lectureId] = roundToMillisecond(Math.min(seconds, lecture.durationSeconds));
    if (newest === null || stamp > newest) [newest, lastWatchedLecture] = [stamp, lectureId];
  }
  return { watchTimes, lastWatchedLecture, newest };
}

function deviceAt(positions: Positions, course: Course, lectureId: LectureId): Device | undefined {
  const position = course.lectures.has(lectureId) ? positions.get(lectureId) : undefined;
  return position && deviceOf(position.stamp);
}
