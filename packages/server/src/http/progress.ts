import {
  CompleteRequest,
  CompleteResponse,
  CourseProgressQuery,
  CourseProgressResponse,
  StartOverResponse,
} from "@aetherlearn/protocol/schema";
import type { Completions } from "../application/completions.ts";
import type { ProgressReader } from "../application/progress-reader.ts";
import { CourseParams, courseIdOf, keyOf, LectureParams, lectureIdOf } from "./ids.ts";
import { type Api, noContent } from "./validation.ts";

interface ProgressDeps {
  completions: Completions;
  progress: ProgressReader;
}

const complete = {
  schema: {
    operationId: "completeLecture",
    tags: ["Progress"],
    summary: "Complete a lecture",
    description: "The first time is kept; again changes nothing. Activity and streak are right when it is answered.",
    body: CompleteRequest,
    response: { 200: CompleteResponse },
  },
  config: { problems: ["unknown_course", "unknown_lecture", "store_unavailable", "busy"] },
} as const;

const read = {
  schema: {
    operationId: "readProgress",
    tags: ["Progress"],
    summary: "Where the student is in each lecture of a course",
    params: CourseParams,
    querystring: CourseProgressQuery,
    response: { 200: CourseProgressResponse },
  },
  config: { problems: ["unknown_course", "buffer_unavailable", "store_unavailable"] },
  // Half of what the schema's own serializer takes for the many lectures of a course.
  serializerCompiler: () => (answer: unknown) => JSON.stringify(answer),
} as const;

const startOver = {
  schema: {
    operationId: "startOver",
    tags: ["Progress"],
    summary: "Start a course over",
    description:
      "Forgets positions and completions. Saves made before it that arrive later do not bring them back; sessions " +
      "that start from the answered `serverTime` count.",
    params: CourseParams,
    response: { 200: StartOverResponse },
  },
  config: { problems: ["unknown_course", "buffer_unavailable", "store_unavailable", "busy"] },
} as const;

const undo = {
  schema: {
    operationId: "undoCompletion",
    tags: ["Progress"],
    summary: "Take a completion back",
    description: "Also when there was none. The day's activity and the streak stay.",
    params: LectureParams,
    response: { 204: noContent("It is not completed.") },
  },
  config: { problems: ["store_unavailable", "busy"] },
} as const;

export function progressRoutes(api: Api, { completions, progress }: ProgressDeps): void {
  api.post("/progress/complete", complete, async ({ caller, body }) => {
    await completions.complete(caller, keyOf(caller, body), lectureIdOf(body));
    return { message: "completed" } as const;
  });

  api.get("/progress/:courseId", read, ({ caller, params, query }) => {
    const lectureId = query.lecture === undefined ? undefined : lectureIdOf({ lectureId: query.lecture });
    return progress.read(caller, courseIdOf(params), lectureId);
  });

  api.delete("/progress/:courseId", startOver, async ({ caller, params }) => {
    const serverTime = await completions.startOver(keyOf(caller, params));
    return { message: "started over", serverTime } as const;
  });

  api.delete("/progress/:courseId/lectures/:lectureId/completion", undo, async ({ caller, params }, reply) => {
    await completions.undo(keyOf(caller, params), lectureIdOf(params));
    return reply.code(204).send();
  });
}
