import { sessionStamp } from "../../src/domain/stamp.ts";
import { type Client, isRefused, isUnknown, type Session } from "./process-client.ts";
import { until } from "./process-waiting.ts";

/**
 * What a client knows of its request: it was done; it may have been done, now or later, because nobody answered or the answer
 * was a 503; it was refused, so it was not done.
 */
export type Outcome = "done" | "maybe" | "refused";

export interface Operation {
  readonly userId: string;
  readonly courseId: string;
  readonly lectureId: string;
  /** Milliseconds of the test's own monotonic clock. */
  readonly startedAt: number;
  /** Infinity while there is no answer: it may still be done. */
  endedAt: number;
  outcome: Outcome;
  /** The answer that refused it. */
  refusal?: string;
}

export interface Save extends Operation {
  readonly seconds: number;
  /** Of a save with a session; any other gets its stamp from the service. */
  readonly stamp?: string;
}

export type Completion = Operation;

type Place = Pick<Operation, "userId" | "courseId" | "lectureId">;

/** Every request that clients have made, with its start, its end and what came of it. */
export class History {
  readonly saves: Save[] = [];
  readonly completions: Completion[] = [];
  /** Completions taken back. */
  readonly undos: Operation[] = [];
  /** Of whole courses: which lecture they name means nothing. */
  readonly startOvers: Operation[] = [];

  get acknowledged(): number {
    return [...this.saves, ...this.completions].filter(({ outcome }) => outcome === "done").length;
  }

  save(client: Client, place: Place, seconds: number, session?: Session): Promise<Outcome> {
    const stamp = session && { stamp: sessionStamp(session) };
    const save: Save = { ...begun(place), seconds, ...stamp };
    this.saves.push(save);
    return ending(save, client.save(place.courseId, place.lectureId, seconds, session));
  }

  /** Saves again and again until it is acknowledged, as a player does: a busy machine may not answer in time. */
  async saved(client: Client, place: Place, seconds: number, session?: Session): Promise<void> {
    const isDone = async (): Promise<boolean> => (await this.save(client, place, seconds, session)) === "done";
    await until(`${place.userId} has saved ${seconds}`, isDone, { withinMs: 30_000 });
  }

  complete(client: Client, place: Place): Promise<Outcome> {
    const completion: Completion = begun(place);
    this.completions.push(completion);
    return ending(completion, client.complete(place.courseId, place.lectureId));
  }

  undo(client: Client, place: Place): Promise<Outcome> {
    const undo: Operation = begun(place);
    this.undos.push(undo);
    return ending(undo, client.undo(place.courseId, place.lectureId));
  }

  startOver(client: Client, place: Place): Promise<Outcome> {
    const startOver: Operation = begun(place);
    this.startOvers.push(startOver);
    return ending(startOver, client.startOver(place.courseId));
  }

  /**
   * The buffer has lost what the store has not got, as the loss table says it may: of each such save nobody can ask more
   * than that it may be there.
   * @returns how many acknowledged saves that are
   */
  forgive(isStored: (save: Save) => boolean): number {
    const lost = this.saves.filter((save) => save.outcome === "done" && !isStored(save));
    for (const save of lost) save.outcome = "maybe";
    return lost.length;
  }
}

function begun({ userId, courseId, lectureId }: Place): Operation {
  const startedAt = performance.now();
  return { userId, courseId, lectureId, startedAt, endedAt: Infinity, outcome: "maybe" };
}

async function ending(operation: Operation, answering: Promise<void>): Promise<Outcome> {
  try {
    await answering;
    operation.outcome = "done";
    operation.endedAt = performance.now();
  } catch (error) {
    if (!isRefused(error) || isUnknown(error)) return operation.outcome;
    operation.outcome = "refused";
    operation.refusal = String(error);
  }
  return operation.outcome;
}
