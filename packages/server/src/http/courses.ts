import {
  AddLectureRequest,
  ChangeLectureRequest,
  Course,
  Lecture,
  PutCourseRequest,
} from "@aetherlearn/protocol/schema";
import type { Static } from "typebox";
import type { CourseEditor, LectureDraft } from "../application/course-editor.ts";
import type { CourseReader } from "../application/course-reader.ts";
import { existingCourse } from "../application/existing.ts";
import { type Course as CourseOfCatalog, inOrder, type LectureDetails } from "../domain/course.ts";
import { roundToMillisecond } from "../domain/position.ts";
import { CourseParams, courseIdOf, LectureParams, lectureIdOf } from "./ids.ts";
import { type Api, invalidRequest, noContent } from "./validation.ts";

const bodyLimit = 16 * 1024;

/** A change is announced to all processes before it is made. */
const unavailable = ["buffer_unavailable", "store_unavailable"] as const;

const read = {
  schema: {
    operationId: "readCourse",
    tags: ["Catalog"],
    summary: "A course and its lectures, in their order",
    params: CourseParams,
    response: { 200: Course },
  },
  config: { problems: ["unknown_course", "store_unavailable"] },
} as const;

const put = {
  bodyLimit,
  schema: {
    operationId: "putCourse",
    tags: ["Catalog"],
    summary: "Create a course, or change its title",
    params: CourseParams,
    body: PutCourseRequest,
    response: { 200: Course, 201: Course },
  },
  config: { problems: ["forbidden", "course_too_large", ...unavailable] },
} as const;

const addLecture = {
  bodyLimit,
  schema: {
    operationId: "addLecture",
    tags: ["Catalog"],
    summary: "Add a lecture to a course",
    description: "Without a `lectureId` it gets one, without an `order` it comes last.",
    params: CourseParams,
    body: AddLectureRequest,
    response: { 201: Lecture },
  },
  config: {
    problems: [
      "forbidden",
      "unknown_course",
      "lecture_exists",
      "too_many_lectures",
      "course_too_large",
      ...unavailable,
    ],
  },
} as const;

const changeLecture = {
  bodyLimit,
  schema: {
    operationId: "changeLecture",
    tags: ["Catalog"],
    summary: "Change a lecture",
    params: LectureParams,
    body: ChangeLectureRequest,
    response: { 200: Lecture },
  },
  config: { problems: ["forbidden", "unknown_course", "unknown_lecture", "course_too_large", ...unavailable] },
} as const;

const removeLecture = {
  schema: {
    operationId: "removeLecture",
    tags: ["Catalog"],
    summary: "Remove a lecture",
    params: LectureParams,
    response: { 204: noContent("It is removed.") },
  },
  config: { problems: ["forbidden", "unknown_course", "unknown_lecture", ...unavailable] },
} as const;

export function courseReadingRoutes(api: Api, { courses }: { courses: CourseReader }): void {
  api.get("/courses/:courseId", read, async ({ params }) => {
    const courseId = courseIdOf(params);
    return courseOnTheWire(existingCourse(await courses.read(courseId), courseId));
  });
}

export function courseEditingRoutes(api: Api, { editor }: { editor: CourseEditor }): void {
  api.put("/courses/:courseId", put, async ({ params, body }, reply) => {
    const { status, course } = await editor.put(courseIdOf(params), body.title);
    return reply.code(status === "created" ? 201 : 200).send(courseOnTheWire(course));
  });

  api.post("/courses/:courseId/lectures", addLecture, async ({ params, body, url }, reply) => {
    const lecture = await editor.addLecture(courseIdOf(params), draftOf(body));
    const path = url.split("?", 1)[0];
    return reply.code(201).header("location", `${path}/${lecture.lectureId}`).send(lecture);
  });

  api.patch("/courses/:courseId/lectures/:lectureId", changeLecture, ({ params, body }) =>
    editor.changeLecture(courseIdOf(params), lectureIdOf(params), changeOf(body)),
  );

  api.delete("/courses/:courseId/lectures/:lectureId", removeLecture, async ({ params }, reply) => {
    await editor.removeLecture(courseIdOf(params), lectureIdOf(params));
    return reply.code(204).send();
  });
}

/** Only what a lecture is made of, with its id in its one spelling. */
export function draftOf({ lectureId, title, durationSeconds, order }: Static<typeof AddLectureRequest>): LectureDraft {
  return {
    ...(lectureId !== undefined && { lectureId: lectureIdOf({ lectureId }) }),
    title,
    durationSeconds: roundToMillisecond(durationSeconds),
    ...(order !== undefined && { order }),
  };
}

function changeOf({ title, durationSeconds, order }: Static<typeof ChangeLectureRequest>): Partial<LectureDetails> {
  const change = {
    ...(title !== undefined && { title }),
    ...(durationSeconds !== undefined && { durationSeconds: roundToMillisecond(durationSeconds) }),
    ...(order !== undefined && { order }),
  };
  if (Object.keys(change).length > 0) return change;
  throw invalidRequest([{ field: "body", message: "must have at least one of title, durationSeconds and order" }]);
}

function courseOnTheWire(course: CourseOfCatalog): Static<typeof Course> {
  const { courseId, title, version, lectures } = course;
  return {
    courseId,
    title,
    totalLectures: lectures.size,
    version,
    lectures: inOrder(course).map(([lectureId, details]) => ({ lectureId, ...details })),
  };
}
