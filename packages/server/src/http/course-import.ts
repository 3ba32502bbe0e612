import { promisify } from "node:util";
import { ImportedCourse, ImportRequest, ImportResponse } from "@aetherlearn/protocol/schema";
import type { FastifyBaseLogger } from "fastify";
import type { Static } from "typebox";
import type { CourseEditor } from "../application/course-editor.ts";
import { ProgressError } from "../domain/errors.ts";
import { draftOf } from "./courses.ts";
import { courseIdOf } from "./ids.ts";
import { type Api, checker, sentence } from "./validation.ts";

type Result = Static<typeof ImportResponse>["results"][number];

const mebibyte = 1024 * 1024;
/** A longer "id" is not worth repeating. */
const maxEchoedId = 255;

const nextTurn = promisify(setImmediate);

const check = checker(ImportedCourse, "course");

export function courseImportRoute(api: Api, { editor }: { editor: CourseEditor }): void {
  api.post(
    "/courses/import",
    {
      bodyLimit: 8 * mebibyte,
      schema: {
        operationId: "importCourses",
        tags: ["Catalog"],
        summary: "Create or replace many courses",
        description: "Each course stands for itself: a bad one is reported and the others go on.",
        body: ImportRequest,
        response: { 200: ImportResponse },
      },
      config: { problems: ["forbidden"] },
    },
    async ({ body, log }) => {
      const results: Result[] = [];
      for (const course of body.courses) {
        results.push(await importCourse(editor, course, log));
        // Thousands of courses must not keep the saves of all students waiting.
        await nextTurn();
      }
      return { results };
    },
  );
}

async function importCourse(editor: CourseEditor, candidate: unknown, log: FastifyBaseLogger): Promise<Result> {
  const checked = check(candidate);
  if ("errors" in checked) {
    const detail = `Correct the course: ${sentence(checked.errors)}.`;
    return { courseId: claimedId(candidate), status: "failed", code: "invalid_request", detail };
  }
  const courseId = courseIdOf(checked.value);
  const { title, lectures } = checked.value;
  try {
    return { courseId, status: await editor.replace({ courseId, title, lectures: lectures.map(draftOf) }) };
  } catch (error) {
    if (error instanceof ProgressError) return { courseId, status: "failed", code: error.code, detail: error.message };
    log.error({ err: error, courseId }, "import of a course failed");
    return { courseId, status: "failed", code: "internal", detail: "Something went wrong on our side: try it again." };
  }
}

function claimedId(candidate: unknown): string | null {
  if (typeof candidate !== "object" || candidate === null) return null;
  const { courseId } = candidate as { courseId?: unknown };
  return typeof courseId === "string" && courseId.length <= maxEchoedId ? courseId : null;
}
