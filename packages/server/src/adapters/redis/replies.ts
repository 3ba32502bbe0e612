import type { CourseId, LectureId } from "../../domain/ids.ts";
import type { Position, PositionState } from "../../domain/position.ts";
import { isStamp, serverTimeAfter, type Stamp } from "../../domain/stamp.ts";
import type { BufferedProgress, Claim, SaveOutcome, UnflushedProgress } from "../../ports/position-buffer.ts";
import { unavailable } from "./failures.ts";
import { keyOfMember } from "./keys.ts";

/** A hash as a script returns it: field, value, field, value, ... */
type FlatHash = readonly string[];

/** What a claim of claim.lua looks like. */
export type ClaimReply = readonly [member: string, version: string, reset: string, attempts: string, hash: FlatHash];

/** What read.lua tells of one key. */
export type ReadReply =
  | readonly [now: number, reset: string, json: string, version?: string]
  | readonly [now: number, reason: string];

const stampLength = 37;

/** @param answer as save.lua gives it; @param own the stamp of the save itself, or of the clock if it has no session */
export function saveOutcome(answer: string | null, own: Stamp, now: number, isCrowded: boolean): SaveOutcome {
  const crowd = isCrowded && { isCrowded };
  // Nearly every answer.
  if (answer === null) return { status: "stored", stamp: own, persisted: null, serverTime: now, ...crowd };
  const [status, stamp, persisted, floor] = answer.split("|") as [SaveOutcome["status"], ...(Stamp | "")[]];
  switch (status) {
    case "full":
      return { status };
    case "failed":
      return { status, reason: answer.slice("failed|".length) };
    case "ahead":
      return { status, serverTime: serverTimeAfter(now, floor || null) };
    case "stored":
    case "superseded": {
      const serverTime = serverTimeAfter(now, floor || null);
      return { status, stamp: stamp || own, persisted: persisted || null, serverTime, ...crowd };
    }
  }
}

/** What started.lua tells: course, newest stamp, newest reset, course, ... */
export function startedCourses(reply: readonly string[]): Map<CourseId, Stamp | null> {
  const started = new Map<CourseId, Stamp | null>();
  for (let index = 0; index < reply.length; index += 3) {
    const [course, last = "", reset = ""] = reply.slice(index, index + 3);
    started.set(course as CourseId, last > reset ? (last as Stamp) : null);
  }
  return started;
}

/** @throws ProgressError `buffer_unavailable` when something else is in the key's place */
export function bufferedProgress([now, reset, json]: ReadReply): BufferedProgress {
  if (json === undefined) throw unavailable(new Error(reset));
  return { ...positionState(reset, JSON.parse(json) as FlatHash), now };
}

/** @throws ProgressError likewise */
export function unflushedProgress(reply: ReadReply): UnflushedProgress {
  const [, , , version = null] = reply;
  return { ...bufferedProgress(reply), flushedVersion: version };
}

export function claimOf([member, version, reset, attempts, hash]: ClaimReply, claimedAt: number): Claim {
  return {
    key: keyOfMember(member),
    version,
    claimedAt,
    attempts: Number(attempts),
    ...positionState(reset, hash),
  };
}

/**
 * Fields of lectures are positions, with two colons before them those that the store has; one colon is bookkeeping. What is
 * neither was not written by us.
 * Whether stamps are stamps is looked at by those who store them: a read has no time for it.
 */
function positionState(reset: string, hash: FlatHash): PositionState {
  const positions = new Map<LectureId, Position>();
  for (let index = 0; index < hash.length; index += 2) {
    const [field, value] = [hash[index] as string, hash[index + 1] as string];
    const isFlushed = field.startsWith("::");
    if (!isFlushed && field.startsWith(":")) continue;
    const seconds = Number(value.slice(stampLength + 1));
    const isPosition = value.charAt(stampLength) === "|" && Number.isFinite(seconds);
    if (!isPosition) continue;
    const lectureId = (isFlushed ? field.slice(2) : field) as LectureId;
    const stamp = value.slice(0, stampLength) as Stamp;
    if (stamp > (positions.get(lectureId)?.stamp ?? "")) positions.set(lectureId, { stamp, seconds });
  }
  return { positions, reset: isStamp(reset) ? reset : null };
}
