import { issueToken } from "../../packages/server/src/demo/token.ts";
import { ApiClient } from "../../packages/server/test/replay/api-client.ts";
import { inParallel } from "../../packages/server/test/replay/audience.ts";
import { courseOf } from "../../packages/server/test/support/process-client.ts";
import { jwtSecret } from "../../packages/server/test/support/process.ts";
import type { RequestPlan } from "../load/request.ts";

const lecturesOfCourse = 50;
const courseCount = 20;
const savesAtOnce = 32;

/** The catalog that every measured service knows. */
export const courses: readonly object[] = Array.from({ length: courseCount }, (_, index) =>
  courseOf(`course-${index}`, lecturesOfCourse),
);

/** What one request of each of so many students looks like; each has a course of its own among the twenty. */
export async function requestsOf(
  kind: RequestPlan["kind"],
  students: number,
  name: string = "student",
): Promise<RequestPlan[]> {
  return Promise.all(
    Array.from({ length: students }, async (_, index) => {
      const { token } = await issueToken(jwtSecret, { sub: `${name}-${index}` });
      return { kind, token, courseId: `course-${index % courseCount}`, lectureId: `l-${index % lecturesOfCourse}` };
    }),
  );
}

/** Lets each of these students have watched something of every lecture of the course. */
export async function watchWholeCourses(url: string, students: readonly RequestPlan[]): Promise<void> {
  await watch(url, students, lecturesOfCourse);
}

/** Lets each of these students have watched something of one lecture. */
export async function watchOneLecture(url: string, students: readonly RequestPlan[]): Promise<void> {
  await watch(url, students, 1);
}

async function watch(url: string, students: readonly RequestPlan[], lectures: number): Promise<void> {
  using client = new ApiClient(url, { connections: savesAtOnce });
  await inParallel(students, savesAtOnce, async ({ token, courseId }) => {
    for (let lecture = 0; lecture < lectures; lecture++) {
      const save = { courseId, lectureId: `l-${lecture}`, watchTime: 1_000 + lecture };
      await client.call(token, "POST", "/progress/save", save);
    }
  });
}
