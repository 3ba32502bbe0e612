import { statSync } from "node:fs";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { asUnavailable, FileGoneError, type Unavailable } from "./failures.ts";
import { openFile } from "./opening.ts";

export { DatabaseError } from "./opening.ts";

/** A prepared statement whose rows have this shape. */
export interface Statement<Row = never> {
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
  run(...values: SQLInputValue[]): { readonly changes: number | bigint };
}

/**
 * The one file of an embedded service and the one connection to it.
 *
 * Statements are prepared once and kept. Nothing here waits for anything but the disk, so one transaction ends before
 * the next begins; what is answered after a `write` is on the disk, in the file of that name: without it nothing is answered.
 */
export class EmbeddedDatabase implements Disposable {
  readonly #handle: DatabaseSync;
  readonly #file: string;
  readonly #inode: number | undefined;
  readonly #begin: Statement;
  readonly #beginImmediate: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
  readonly #savepoint: Statement;
  readonly #rollbackToSavepoint: Statement;
  readonly #releaseSavepoint: Statement;

  private constructor(handle: DatabaseSync, file: string) {
    this.#handle = handle;
    this.#file = file;
    this.#inode = inodeOf(file);
    this.#begin = this.prepare("BEGIN");
    this.#beginImmediate = this.prepare("BEGIN IMMEDIATE");
    this.#commit = this.prepare("COMMIT");
    this.#rollback = this.prepare("ROLLBACK");
    this.#savepoint = this.prepare("SAVEPOINT entry");
    this.#rollbackToSavepoint = this.prepare("ROLLBACK TO entry");
    this.#releaseSavepoint = this.prepare("RELEASE entry");
  }

  /** Opens the file; makes it, its folder and its tables when they are missing. Throws a {@link DatabaseError}. */
  static open(file: string): EmbeddedDatabase {
    return new EmbeddedDatabase(openFile(file), file);
  }

  prepare<Row = never>(sql: string): Statement<Row> {
    return this.#handle.prepare(sql) as unknown as Statement<Row>;
  }

  /** Answers from one state of the file; rejects with the code when the file cannot be read. */
  async read<Result>(code: Unavailable, work: () => Result): Promise<Result> {
    return this.#answer(code, this.#begin, work);
  }

  /** Resolves when all of the work is on the disk; rejects with the code when nothing of it is, or nobody knows. */
  async write<Result>(code: Unavailable, work: () => Result): Promise<Result> {
    return this.#answer(code, this.#beginImmediate, work);
  }

  /** All of the work, on the disk when this returns, or nothing of it. Throws SQLite's own errors. */
  transaction<Result>(work: () => Result): Result {
    return this.#within(this.#beginImmediate, work);
  }

  /** Inside a transaction: work that is undone alone when it fails. */
  savepoint<Result>(work: () => Result): Result {
    this.#savepoint.run();
    try {
      return work();
    } catch (error) {
      // A full or failing disk has rolled back the whole transaction already.
      if (this.#handle.isTransaction) this.#rollbackToSavepoint.run();
      throw error;
    } finally {
      if (this.#handle.isTransaction) this.#releaseSavepoint.run();
    }
  }

  [Symbol.dispose](): void {
    if (this.#handle.isOpen) this.#handle.close();
  }

  #answer<Result>(code: Unavailable, begin: Statement, work: () => Result): Result {
    try {
      return this.#within(begin, work);
    } catch (error) {
      throw asUnavailable(code, error);
    }
  }

  #within<Result>(begin: Statement, work: () => Result): Result {
    if (inodeOf(this.#file) !== this.#inode) throw new FileGoneError();
    begin.run();
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      if (this.#handle.isTransaction) this.#rollback.run();
      throw error;
    }
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}
