import { CoverageResponse, CreditRequest } from "@aetherlearn/protocol/schema";
import type { Static } from "typebox";
import type { CoverageKeeper, LectureCoverage } from "../application/coverage-keeper.ts";
import type { PlayedRange } from "../domain/played-ranges.ts";
import { keyOf, LectureParams, lectureIdOf } from "./ids.ts";
import { type Api, invalidRequest } from "./validation.ts";

const path = "/progress/:courseId/lectures/:lectureId/played";

const read = {
  schema: {
    operationId: "readPlayed",
    tags: ["Progress"],
    summary: "What was played of a lecture",
    description: "In all sittings since the last start over, each second once.",
    params: LectureParams,
    response: { 200: CoverageResponse },
  },
  config: { problems: ["unknown_course", "unknown_lecture", "buffer_unavailable", "store_unavailable"] },
} as const;

const credit = {
  schema: {
    operationId: "creditPlayed",
    tags: ["Progress"],
    summary: "Credit what a sitting has played of a lecture",
    description:
      "The answer is the union with what earlier sittings played. More than can have been played since the service first " +
      "heard of the sitting is not credited yet: so report once at the beginning, with nothing played. Sent again, it changes nothing.",
    params: LectureParams,
    body: CreditRequest,
    response: { 200: CoverageResponse },
  },
  config: { problems: ["unknown_course", "unknown_lecture", "buffer_unavailable", "store_unavailable", "busy"] },
} as const;

/** These ask the store: players come here when they rest, not with every heartbeat. */
export function coverageRoutes(api: Api, { coverage }: { coverage: CoverageKeeper }): void {
  api.get(path, read, async ({ caller, params }) => {
    return answer(await coverage.read(keyOf(caller, params), lectureIdOf(params)));
  });

  api.put(path, credit, async ({ caller, params, body }) => {
    const { played, sessionId, sessionStartedAt } = body;
    const sitting = { ranges: played.map(inOrder), sittingId: sessionId.toLowerCase(), startedAt: sessionStartedAt };
    return answer(await coverage.credit(keyOf(caller, params), lectureIdOf(params), sitting));
  });
}

function inOrder(range: [number, number], index: number): PlayedRange {
  if (range[0] > range[1])
    throw invalidRequest([{ field: `played.${index}`, message: "must not end before it begins" }]);
  return range;
}

function answer({ played, ...rest }: LectureCoverage): Static<typeof CoverageResponse> {
  return { ...rest, played: rangesOf(played) };
}

/** As the wire has them. */
export function rangesOf(ranges: readonly PlayedRange[]): [number, number][] {
  return ranges.map(([from, to]) => [from, to]);
}
