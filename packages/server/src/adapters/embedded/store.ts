import type { CourseId, LectureId, ProgressKey, UserId } from "../../domain/ids.ts";
import type { Stamp } from "../../domain/stamp.ts";
import type {
  CompletionTotals,
  CourseProgress,
  PositionWrite,
  ProgressChange,
  ProgressStore,
  StoredPlayed,
  StoredProgress,
  Unsettled,
  WriteOutcome,
} from "../../ports/progress-store.ts";
import type { EmbeddedDatabase } from "./database.ts";
import { isRowFailure, reasonOf } from "./failures.ts";
import { StoreReading } from "./store-reading.ts";
import { StoreWriting } from "./store-writing.ts";

/** The progress store in tables: one transaction for each method, so that a change of completions and its event are one. */
export class EmbeddedProgressStore implements ProgressStore {
  readonly #database: EmbeddedDatabase;
  readonly #reading: StoreReading;
  readonly #writing: StoreWriting;

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
    this.#reading = new StoreReading(database);
    this.#writing = new StoreWriting(database);
  }

  read(key: ProgressKey): Promise<StoredProgress> {
    return this.#read(() => this.#reading.progressOf(key));
  }

  readEach(keys: readonly ProgressKey[]): Promise<StoredProgress>[] {
    return keys.map((key) => this.read(key));
  }

  readPlayed(key: ProgressKey, lectureId?: LectureId): Promise<StoredPlayed> {
    return this.#read(() => this.#reading.playedOf(key, lectureId));
  }

  readAllPlayed(userId: UserId): Promise<Map<CourseId, StoredPlayed["played"]>> {
    return this.#read(() => {
      const courses = this.#reading.courses(userId);
      const all = courses.map((courseId) => [courseId, this.#reading.playedOf({ userId, courseId }).played] as const);
      return new Map(all.filter(([, played]) => played.size > 0));
    });
  }

  readAll(userId: UserId): Promise<(StoredProgress & { courseId: CourseId })[]> {
    return this.#read(() =>
      this.#reading
        .courses(userId)
        .map((courseId) => ({ courseId, ...this.#reading.progressOf({ userId, courseId }) })),
    );
  }

  async join(writes: readonly PositionWrite[]): Promise<WriteOutcome[]> {
    try {
      return this.#database.transaction(() => writes.map((write) => this.#joinAlone(write)));
    } catch (error) {
      const reason = reasonOf(error);
      return writes.map(() => ({ status: "unknown", reason }));
    }
  }

  change(key: ProgressKey, rev: number, change: ProgressChange): Promise<boolean> {
    return this.#write(() => {
      if (this.#reading.rev(key) !== rev) return false;
      this.#writing.change(key, change);
      return true;
    });
  }

  settle(key: ProgressKey, eventId: string): Promise<void> {
    return this.#write(() => this.#writing.settle(key, eventId));
  }

  unsettled(before: number, limit: number): Promise<Unsettled[]> {
    return this.#read(() => this.#reading.unsettled(before, limit));
  }

  courseProgress(userId: UserId, started: readonly CourseId[]): Promise<CourseProgress[]> {
    return this.#read(() => this.#reading.courseProgress(userId, started));
  }

  totals(userId: UserId): Promise<CompletionTotals> {
    return this.#read(() => this.#reading.totals(userId));
  }

  erase(userId: UserId): Promise<void> {
    return this.#write(() => this.#writing.erase(userId));
  }

  eraseRevived(userId: UserId, upTo: Stamp): Promise<void> {
    return this.#write(() => this.#writing.eraseRevived(userId, upTo));
  }

  /** A row that SQLite will not take is undone alone; whatever else fails leaves the fate of all open. */
  #joinAlone(write: PositionWrite): WriteOutcome {
    try {
      this.#database.savepoint(() => this.#writing.join(write));
      return { status: "written" };
    } catch (error) {
      if (!isRowFailure(error)) throw error;
      return { status: "refused", reason: reasonOf(error) };
    }
  }

  #read<Result>(work: () => Result): Promise<Result> {
    return this.#database.read("store_unavailable", work);
  }

  #write<Result>(work: () => Result): Promise<Result> {
    return this.#database.write("store_unavailable", work);
  }
}
