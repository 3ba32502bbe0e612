import type { Course, CourseProgressListResponse, CourseProgressResponse } from "@aetherlearn/protocol";
import { type ProgressApi, unlessMissing } from "./progress-api.ts";

/** A course the student has started, with everything the page shows of it. */
export interface StudentCourse {
  course: Course;
  progress: CourseProgressResponse;
  /** Milliseconds since 1970; undefined where nothing was watched yet. */
  lastWatchedAt: number | undefined;
}

// Each course costs two requests; nobody continues the thirtieth.
const mostCourses = 24;

/** The student's courses, the one watched last first. A course that was deleted meanwhile is left out. */
export async function loadStudentCourses(api: ProgressApi, signal?: AbortSignal): Promise<StudentCourse[]> {
  const started = await api.get<CourseProgressListResponse>("/stats/course-progress", signal);
  const newestFirst = started.toSorted((one, other) => (other.lastWatchedAt ?? 0) - (one.lastWatchedAt ?? 0));
  const courses = await Promise.all(
    newestFirst.slice(0, mostCourses).map(async ({ courseId, lastWatchedAt }) => {
      const loaded = await loadCourse(api, courseId, signal);
      return loaded && { ...loaded, lastWatchedAt };
    }),
  );
  return courses.filter((course) => course !== null);
}

export interface LoadedCourse {
  course: Course;
  progress: CourseProgressResponse;
}

export async function loadCourse(
  api: ProgressApi,
  courseId: string,
  signal?: AbortSignal,
): Promise<LoadedCourse | null> {
  const id = encodeURIComponent(courseId);
  const loaded = await unlessMissing(
    Promise.all([
      api.get<Course>(`/courses/${id}`, signal),
      api.get<CourseProgressResponse>(`/progress/${id}`, signal),
    ]),
  );
  if (!loaded) return null;
  const [course, progress] = loaded;
  return {
    course: { ...course, lectures: course.lectures.toSorted((one, other) => one.order - other.order) },
    progress,
  };
}
