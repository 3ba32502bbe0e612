import type { CourseId, LectureId } from "../../domain/ids.ts";
import type { Position, PositionState } from "../../domain/position.ts";
import { isStamp, serverTimeAfter, type Stamp } from "../../domain/stamp.ts";
import type { BufferedProgress, Claim, SaveOutcome } from "../../ports/position-buffer.ts";
import { keyOfMember } from "./keys.ts";

/** A hash as a script returns it: field, value, field, value, ... */
type FlatHash = readonly string[];

/** An answer of save.lua. */
export type SaveAnswer =
  | readonly [status: "stored" | "superseded" | "ahead", stamp: Stamp, persisted: Stamp | "", reset: Stamp | ""]
  | readonly [status: "full"]
  | readonly [status: "failed", reason: string];

/** What a claim of claim.lua looks like. */
export type ClaimReply = readonly [member: string, hash: FlatHash];

const stampLength = 37;

export function saveOutcome(answer: SaveAnswer, now: number, isCrowded: boolean): SaveOutcome {
  switch (answer[0]) {
    case "full":
      return { status: "full" };
    case "failed":
      return { status: "failed", reason: answer[1] };
    case "ahead":
      return { status: "ahead", serverTime: serverTimeAfter(now, answer[3] || null) };
    case "stored":
    case "superseded": {
      const [status, stamp, persisted, reset] = answer;
      const serverTime = serverTimeAfter(now, reset || null);
      return { status, stamp, persisted: persisted || null, serverTime, ...(isCrowded && { isCrowded }) };
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

export function bufferedProgress(now: number, hash: FlatHash): BufferedProgress {
  return { ...parse(hash).state, now };
}

export function claimOf([member, hash]: ClaimReply, claimedAt: number): Claim {
  const { state, bookkeeping } = parse(hash);
  return {
    key: keyOfMember(member),
    version: bookkeeping.get(":v") ?? "",
    claimedAt,
    attempts: Number(bookkeeping.get(":attempts") ?? 0),
    ...state,
  };
}

/** Fields of lectures are positions, fields that begin with a colon are bookkeeping; what is neither was not written by us. */
function parse(hash: FlatHash): { state: PositionState; bookkeeping: Map<string, string> } {
  const positions = new Map<LectureId, Position>();
  const bookkeeping = new Map<string, string>();
  for (let index = 0; index < hash.length; index += 2) {
    const [field, value] = [hash[index] as string, hash[index + 1] as string];
    if (field.startsWith(":")) {
      bookkeeping.set(field, value);
      continue;
    }
    const stamp = value.slice(0, stampLength);
    const seconds = Number(value.slice(stampLength + 1));
    if (isStamp(stamp) && Number.isFinite(seconds)) positions.set(field as LectureId, { stamp, seconds });
  }
  const reset = bookkeeping.get(":reset") ?? "";
  return { state: { positions, reset: isStamp(reset) ? reset : null }, bookkeeping };
}
