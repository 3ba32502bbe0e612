import assert from "node:assert/strict";
import { Client, isRefused, isUnknown, type ProgressView } from "../support/process-client.ts";

/** What a student sees of a course, as far as requests change it. */
export interface Seen {
  readonly watchTimes: Readonly<Record<string, number>>;
  readonly completed: readonly string[];
}

const nothing: Seen = { watchTimes: {}, completed: [] };

/**
 * One student whose requests go one after the other, and what must be found of them afterwards: everything that was
 * acknowledged, and of a request without an answer either all or nothing.
 */
export class Student {
  readonly userId: string;
  acknowledged = 0;
  /** Whether a store may be away: then 503 is as good as no answer. */
  readonly #storesMayFail: boolean;
  #client: Client | undefined;
  readonly #possible = new Map<string, Seen[]>();

  constructor(userId: string, { storesMayFail = false }: { storesMayFail?: boolean } = {}) {
    this.userId = userId;
    this.#storesMayFail = storesMayFail;
  }

  /** Talks to this process from now on. */
  async connect(url: string): Promise<Client> {
    this.#client = await Client.of(url, this.userId);
    return this.#client;
  }

  get client(): Client {
    if (this.#client === undefined) throw new Error("not connected");
    return this.#client;
  }

  /** The courses that were touched. */
  get courses(): string[] {
    return [...this.#possible.keys()];
  }

  /**
   * Sends a request that turns what is seen of the course into what `change` says.
   * @param between what may be seen besides, until it is answered
   * @returns false when there was no answer
   */
  async try(
    courseId: string,
    change: (before: Seen) => Seen,
    send: (client: Client) => Promise<void>,
    between: (before: Seen) => Seen[] = () => [],
  ): Promise<boolean> {
    const before = this.#settled(courseId);
    const after = change(before);
    this.#possible.set(courseId, [before, ...between(before), after]);
    try {
      await send(this.client);
    } catch (error) {
      if (isRefused(error) && !(this.#storesMayFail && isUnknown(error))) throw error;
      return false;
    }
    this.#possible.set(courseId, [after]);
    this.acknowledged++;
    return true;
  }

  save(courseId: string, lectureId: string, seconds: number): Promise<boolean> {
    return this.try(courseId, saved(lectureId, seconds), (client) => client.save(courseId, lectureId, seconds));
  }

  complete(courseId: string, lectureId: string): Promise<boolean> {
    const change = ({ watchTimes, completed }: Seen): Seen => ({
      watchTimes,
      completed: [...new Set([...completed, lectureId])],
    });
    return this.try(courseId, change, (client) => client.complete(courseId, lectureId));
  }

  startOver(courseId: string): Promise<boolean> {
    return this.try(
      courseId,
      () => nothing,
      (client) => client.startOver(courseId),
      // Positions and completions are in two stores: who died in between has forgotten one of them.
      ({ completed }) => [{ watchTimes: {}, completed }],
    );
  }

  /** Reads everything back; what was found is what the student goes on from. */
  async check(): Promise<void> {
    for (const [courseId, possible] of this.#possible) {
      const found = seenOf(await this.client.progress(courseId));
      const match = possible.find((seen) => isSame(seen, found));
      assert.ok(
        match,
        `${this.userId} in ${courseId}: found ${show(found)}, possible ${possible.map(show).join(" or ")}`,
      );
      this.#possible.set(courseId, [match]);
    }
  }

  #settled(courseId: string): Seen {
    const possible = this.#possible.get(courseId) ?? [nothing];
    assert.equal(possible.length, 1, "check before going on");
    return possible[0]!;
  }
}

export function saved(lectureId: string, seconds: number): (before: Seen) => Seen {
  return ({ watchTimes, completed }) => ({ watchTimes: { ...watchTimes, [lectureId]: seconds }, completed });
}

function seenOf({ watchTimes, completedLectures }: ProgressView): Seen {
  return { watchTimes, completed: completedLectures };
}

function isSame(one: Seen, other: Seen): boolean {
  return show(one) === show(other);
}

function show({ watchTimes, completed }: Seen): string {
  return JSON.stringify([Object.entries(watchTimes).toSorted(([a], [b]) => (a < b ? -1 : 1)), completed.toSorted()]);
}
