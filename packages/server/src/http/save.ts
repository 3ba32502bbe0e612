/**
 * The hot path: every playing video comes here every few seconds. From the gate to the answer it does nothing twice, logs
 * nothing and asks no database; what is slow about it is the buffer.
 */
import { SaveRequest, SaveResponse } from "@aetherlearn/protocol/schema";
import type { Static } from "typebox";
import type { Heartbeat, PositionSaver, Saved } from "../application/save-position.ts";
import type { Gate } from "./gate.ts";
import { keyOf, lectureIdOf } from "./ids.ts";
import { bodyOf, parseJsonBody } from "./json-body.ts";
import type { Caller } from "./token-verifier.ts";
import type { Api } from "./validation.ts";

/** A checked heartbeat. */
export type SaveBody = Static<typeof SaveRequest>;

/** Saves, and makes the answer to it. */
export type AnswerSave = (caller: Caller, body: SaveBody) => Promise<Static<typeof SaveResponse>>;

export function saveAnswerer(saver: PositionSaver): AnswerSave {
  return async (caller, body) => {
    const session = sessionOf(body);
    const saved = await saver.save({
      key: keyOf(caller, body),
      lectureId: lectureIdOf(body),
      seconds: body.watchTime,
      ...(session && { session }),
    });
    return session === undefined ? synced : syncedSession(saved);
  };
}

export function saveRoute(api: Api, { answerSave, gate }: { answerSave: AnswerSave; gate: Gate }): void {
  api.addContentTypeParser("text/plain", { parseAs: "buffer" }, parseJsonBody);
  api.addHook("onRequest", gate.requireTokenUnlessBeacon);
  api.addHook("preParsing", bodyOf);
  api.addHook("preValidation", gate.requireTokenOfBeacon);

  api.post(
    "/progress/save",
    {
      schema: {
        operationId: "saveProgress",
        tags: ["Progress"],
        summary: "Save where the student is in a lecture",
        description:
          "The heartbeat of a playing video. A save that lost to a newer one is still `synced`: newer data is stored. " +
          "Beacons of a closing page, which can send no headers, come as `text/plain` with the token in the body.",
        body: SaveRequest,
        response: { 200: SaveResponse },
      },
      config: {
        takesBeacons: true,
        problems: ["unknown_course", "unknown_lecture", "session_clock", "buffer_full", "buffer_unavailable"],
      },
    },
    ({ caller, body }) => answerSave(caller, body),
  );
}

/** How often players should save while the buffer is filling up: a third as often as usual. */
const crowdedIntervalMs = 15_000;

const synced = { message: "synced" } as const;

/** All four fields or none: the schema refuses the rest. */
function sessionOf({ sessionId, sessionStartedAt, elapsedMs, seq }: SaveBody): Heartbeat["session"] {
  const isSession =
    sessionId !== undefined && sessionStartedAt !== undefined && elapsedMs !== undefined && seq !== undefined;
  return isSession ? { sessionId, sessionStartedAt, elapsedMs, seq } : undefined;
}

function syncedSession({ status, stamp, persisted, serverTime, isCrowded }: Saved): Static<typeof SaveResponse> {
  const pace = isCrowded === true && { nextIntervalMs: crowdedIntervalMs };
  return { message: "synced", serverTime, stamp, superseded: status === "superseded", persisted, ...pace };
}
