/** Courses and their lectures on the wire. */
import { Type } from "typebox";
import { CourseId, LectureId, Title } from "./fields.ts";

const lectureFields = {
  title: Title,
  durationSeconds: Type.Number({ minimum: 0.001, maximum: 1e9, description: "Seconds, kept to the millisecond." }),
  order: Type.Integer({ minimum: 0, maximum: 1e9 }),
};

export const Lecture = Type.Object({ lectureId: LectureId, ...lectureFields });
export const Course = Type.Object({
  courseId: CourseId,
  title: Title,
  totalLectures: Type.Integer({ minimum: 0 }),
  version: Type.Integer({ minimum: 1 }),
  lectures: Type.Array(Lecture),
});
export const PutCourseRequest = Type.Object({ title: Title }, { examples: [{ title: "TypeScript basics" }] });
export const AddLectureRequest = Type.Object(
  {
    title: Title,
    durationSeconds: lectureFields.durationSeconds,
    lectureId: Type.Optional(LectureId),
    order: Type.Optional(lectureFields.order),
  },
  { examples: [{ title: "Introduction", durationSeconds: 634.5, lectureId: "intro" }] },
);
export const ChangeLectureRequest = Type.Partial(Type.Object(lectureFields), {
  minProperties: 1,
  description: "At least one of them.",
  examples: [{ title: "Introduction, revised" }],
});

/** One course of an import; it becomes the whole truth about that course. */
export const ImportedCourse = Type.Object({
  courseId: CourseId,
  title: Title,
  lectures: Type.Array(AddLectureRequest, { maxItems: 10_000 }),
});
export const ImportRequest = Type.Object({
  courses: Type.Array(
    Type.Unknown({ description: "Each an object {courseId, title, lectures}; checked one by one." }),
    {
      maxItems: 10_000,
      examples: [
        [
          {
            courseId: "typescript-basics",
            title: "TypeScript basics",
            lectures: [{ title: "Introduction", durationSeconds: 634.5, lectureId: "intro" }],
          },
        ],
      ],
    },
  ),
});
export const ImportResponse = Type.Object({
  results: Type.Array(
    Type.Object({
      courseId: Type.Union([Type.String(), Type.Null()]),
      status: Type.Enum(["created", "updated", "failed"]),
      code: Type.Optional(Type.String()),
      detail: Type.Optional(Type.String()),
    }),
  ),
});
