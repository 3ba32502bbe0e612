import type { Course, LectureDetails } from "../domain/course.ts";
import { ProgressError } from "../domain/errors.ts";
import type { CourseId, LectureId } from "../domain/ids.ts";

/** @throws ProgressError `unknown_course` */
export function existingCourse(course: Course | null, courseId: CourseId): Course {
  if (course !== null) return course;
  throw new ProgressError("unknown_course", `There is no course "${courseId}": check the id, or add the course first.`);
}

/** @throws ProgressError `unknown_lecture` */
export function existingLecture(course: Course, lectureId: LectureId): LectureDetails {
  const lecture = course.lectures.get(lectureId);
  if (lecture !== undefined) return lecture;
  throw new ProgressError(
    "unknown_lecture",
    `There is no lecture "${lectureId}" in course "${course.courseId}": check the id, or add it.`,
  );
}
