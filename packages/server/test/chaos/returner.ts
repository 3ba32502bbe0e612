import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "mongodb";
import type { ProgressDocument } from "../../src/adapters/mongodb/documents.ts";
import { between, oneOf, seeded } from "../support/chance.ts";
import { placeOf, wrongPositions } from "../support/history-check.ts";
import { History, type Operation, type Save } from "../support/history.ts";
import { Client } from "../support/process-client.ts";
import type { Loaded } from "./load.ts";

const courseId = "again";
const lectures = ["l-0", "l-1", "l-2"];

/** Whether the one may have been done after the other: who was not answered may be done at any time. */
function mayFollow(later: Operation, earlier: Operation): boolean {
  return later.outcome !== "refused" && later.endedAt > earlier.startedAt;
}

function isDone({ outcome }: Operation): boolean {
  return outcome === "done";
}

/** A student who saves, completes, takes back and starts over, one request after the other. */
export class Returner {
  readonly #userId: string;
  readonly #urls: () => readonly string[];
  readonly #random: () => number;
  /** Its own: not everything that was acknowledged stays. */
  readonly history: History = new History();

  constructor(number: number, { urls, seed }: Loaded) {
    this.#userId = `returner-${number}`;
    this.#urls = urls;
    this.#random = seeded(seed + 2_000 + number);
  }

  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(between(this.#random, 20, 150));
      await this.#step(oneOf(this.#random, lectures), this.#random());
    }
  }

  /** What is wrong with what is left, when all has been followed. */
  async wrongs(url: string, database: Db): Promise<string[]> {
    const { watchTimes } = await (await Client.of(url, this.#userId)).progress(courseId);
    const found = new Map(
      Object.entries(watchTimes).map(([id, seconds]) => [placeOf(this.#place(id)), { seconds, stamp: "" }] as const),
    );
    return [...wrongPositions(this.#savesLeft(), found), ...(await this.#wrongCompletions(database))];
  }

  async #step(lectureId: string, dice: number): Promise<void> {
    const client = await Client.of(oneOf(this.#random, this.#urls()) ?? "http://127.0.0.1:1", this.#userId);
    const place = this.#place(lectureId);
    if (dice < 0.45) await this.history.save(client, place, Math.round(this.#random() * 3_600_000) / 1_000);
    else if (dice < 0.75) await this.history.complete(client, place);
    else if (dice < 0.9) await this.history.undo(client, place);
    else await this.history.startOver(client, place);
  }

  #place(lectureId: string) {
    return { userId: this.#userId, courseId, lectureId };
  }

  /** What a start over has passed must be gone, what one may have passed may be gone. */
  #savesLeft(): Save[] {
    const startOvers = this.history.startOvers;
    return this.history.saves.map((save) => {
      const isPassed = isDone(save) && startOvers.some((over) => isDone(over) && save.endedAt < over.startedAt);
      if (isPassed) return { ...save, outcome: "refused" };
      return isDone(save) && startOvers.some((over) => mayFollow(over, save)) ? { ...save, outcome: "maybe" } : save;
    });
  }

  async #wrongCompletions(database: Db): Promise<string[]> {
    const filter = { userId: this.#userId };
    const own = <Shape extends object>(name: string) => database.collection(name).find<Shape>(filter).toArray();
    const [[document], days, events] = await Promise.all([
      own<ProgressDocument>("progress"),
      own<{ count: number; sources: string[] }>("activities"),
      own<{ _id: unknown }>("events"),
    ]);
    const {
      completedAt = {},
      completedLectures = [],
      completedCount = 0,
      completions = {},
      outbox = [],
    } = document ?? {};
    const completed = Object.keys(completedAt).toSorted();
    const ids = Object.entries<number>(completions).flatMap(([id, times]) =>
      Array.from({ length: times }, (_, time) => `lecture.completed/${this.#userId}/${courseId}/${id}/${time + 1}`),
    );
    const told = events.map(({ _id }) => String(_id)).filter((id) => id.startsWith("lecture.completed/"));
    const sources = days.flatMap((day) => day.sources);
    const expected: [string, unknown, unknown][] = [
      ["completed", completedLectures.map(String).toSorted(), completed],
      ["completedCount", completedCount, completed.length],
      ["what waits in the outbox", outbox.length, 0],
      ["lecture events", told.toSorted(), ids.toSorted()],
      [
        "lectures of the days",
        [...new Set(sources)].toSorted(),
        Object.keys(completions)
          .map((id) => `${courseId}/${id}`)
          .toSorted(),
      ],
      ["counts of the days", days.map(({ count }) => count), days.map((day) => new Set(day.sources).size)],
      ["course completed", document?.courseCompletedAt !== undefined, completed.length === lectures.length],
      ...lectures.flatMap((id) => this.#wrongLecture(id, completed.includes(id))),
    ];
    return expected.flatMap(([what, is, should]) =>
      JSON.stringify(is) === JSON.stringify(should)
        ? []
        : [`${this.#userId}: ${what}: found ${JSON.stringify(is)}, expected ${JSON.stringify(should)}`],
    );
  }

  #wrongLecture(lectureId: string, isCompleted: boolean): [string, unknown, unknown][] {
    const made = this.history.completions.filter((completion) => completion.lectureId === lectureId);
    const undone = this.history.undos.filter((undo) => undo.lectureId === lectureId);
    const taken = [...undone, ...this.history.startOvers];
    const must = made.some((one) => isDone(one) && !taken.some((back) => mayFollow(back, one)));
    const mustNot =
      made.every(({ outcome }) => outcome === "refused") ||
      taken.some((back) => isDone(back) && !made.some((one) => mayFollow(one, back)));
    if (must && !isCompleted) return [[`completion of ${lectureId}`, "none", "one"]];
    return mustNot && isCompleted ? [[`completion of ${lectureId}`, "one", "none"]] : [];
  }
}
