import type { Course, LectureDetails } from "../domain/course.ts";
import { ProgressError } from "../domain/errors.ts";
import type { CourseId, LectureId } from "../domain/ids.ts";

/** @throws ProgressError `unknown_course` */
export function existingCourse(course: Course | null, courseId: CourseId): Course {
  if (course === null) throw unknownCourse(courseId);
  return course;
}

/** @throws ProgressError `unknown_lecture` */
export function existingLecture({ courseId, lectures }: Course, lectureId: LectureId): LectureDetails {
  const lecture = lectures.get(lectureId);
  if (lecture === undefined) throw unknownLecture(courseId, lectureId);
  return lecture;
}

export function unknownCourse(courseId: CourseId): ProgressError {
  return new ProgressError(
    "unknown_course",
    `There is no course "${courseId}": check the id, or add the course first.`,
  );
}

export function unknownLecture(courseId: CourseId, lectureId: LectureId): ProgressError {
  const message = `There is no lecture "${lectureId}" in course "${courseId}": check the id, or add it.`;
  return new ProgressError("unknown_lecture", message);
}
