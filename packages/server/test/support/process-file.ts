import { DatabaseSync, type SQLInputValue } from "node:sqlite";

const storeTables = ["progress", "positions", "completions", "outbox", "activities", "activity_sources", "users"];

type Row = Record<string, unknown>;

/** Rows of a service's data file, read beside the running service. */
export function rowsOf<Shape = Row>(file: string, sql: string, ...values: SQLInputValue[]): Shape[] {
  using database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  return database.prepare(sql).all(...values) as Shape[];
}

/** Everything the store holds, buffer aside. */
export function dumpStore(file: string): Record<string, Row[]> {
  return Object.fromEntries(storeTables.map((table) => [table, rowsOf(file, `SELECT * FROM ${table}`)]));
}

/** Changes the file of a service that is not running. */
export function changeFile(file: string, sql: string): void {
  using database = new DatabaseSync(file);
  database.exec(sql);
}

export function dirtyKeys(file: string): number {
  return rowsOf(file, "SELECT 1 FROM buffer_keys WHERE due_at IS NOT NULL").length;
}

/** The ids of a student's published events, sorted; of one type, if it is named. */
export function eventIds(file: string, userId: string, type = "%"): string[] {
  return rowsOf<{ id: string }>(
    file,
    "SELECT event_id AS id FROM events WHERE user_id = ? AND type LIKE ?",
    userId,
    type,
  )
    .map(({ id }) => id)
    .toSorted();
}

/** Events of a student whose followers are not all done. */
export function unsettledEvents(file: string, userId: string): number {
  return rowsOf(file, "SELECT 1 FROM outbox WHERE user_id = ?", userId).length;
}
