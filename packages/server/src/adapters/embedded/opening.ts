import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { reasonOf, resultCode, sqlite } from "./failures.ts";
import { applicationId, schemaSteps, schemaVersion } from "./schema.ts";

/** The data file cannot be used. The message says what to do about it. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
}

/** How long a statement waits for another process that is writing. Saves are answered within a second. */
const busyTimeoutMs = 1_000;

/** Opens the file, makes it and its folder when they are missing, and checks that it is whole and ours. */
export function openFile(file: string): DatabaseSync {
  createFolder(file);
  if (isFolder(file)) {
    const example = join(file, "progress.sqlite");
    throw new DatabaseError(`The data file ${file} is a folder. Set DATA_FILE to a file, for example ${example}.`);
  }
  let handle: DatabaseSync | undefined;
  try {
    handle = new DatabaseSync(file, { timeout: busyTimeoutMs });
    checkOwner(handle, file);
    checkIntegrity(handle, file);
    // Every commit reaches the disk before it is answered: a power cut loses nothing.
    handle.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    createTables(handle);
    return handle;
  } catch (error) {
    handle?.close();
    throw error instanceof DatabaseError ? error : explain(file, error);
  }
}

function createFolder(file: string): void {
  try {
    makeFolder(dirname(file));
  } catch (cause) {
    throw new DatabaseError(
      `The folder of the data file ${file} cannot be made (${reasonOf(cause)}). ` +
        "Make it, or set DATA_FILE to a place where this process may write.",
      { cause },
    );
  }
}

/** Step by step: node's own way never ends where the system calls a folder missing that it does not let us make, as in /proc. */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Refuses to add our tables to a file that another program, or a newer version of this one, has made. */
function checkOwner(handle: DatabaseSync, file: string): void {
  const owner = pragma(handle, "application_id");
  const version = pragma(handle, "user_version");
  if (owner !== applicationId && !(owner === 0 && isEmpty(handle))) {
    throw new DatabaseError(
      `The data file ${file} is a database of another program. Set DATA_FILE to a file of its own.`,
    );
  }
  if (version > schemaVersion) {
    throw new DatabaseError(
      `The data file ${file} was written by a newer version of this service (format ${version}, this one knows ` +
        `${schemaVersion}). Update the service, or set DATA_FILE to another file.`,
    );
  }
}

function checkIntegrity(handle: DatabaseSync, file: string): void {
  const finding = handle.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  // A finding may be told in two lines; the last says what it is.
  if (finding !== "ok") throw damaged(file, String(finding).split("\n").at(-1) ?? "");
}

/** Signing the file every time also proves that it can be written, long before the first save needs it. */
function createTables(handle: DatabaseSync): void {
  handle.exec("BEGIN IMMEDIATE");
  for (const step of schemaSteps.slice(pragma(handle, "user_version"))) handle.exec(step);
  handle.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`);
  handle.exec("COMMIT");
}

function pragma(handle: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(handle.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function isEmpty(handle: DatabaseSync): boolean {
  return handle.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

function damaged(file: string, finding: string, cause?: unknown): DatabaseError {
  return new DatabaseError(
    `The data file ${file} is damaged (${finding}). Restore it from a backup, or move it away together with its ` +
      "-wal and -shm files to start with an empty one, or set DATA_FILE to another file.",
    { cause },
  );
}

function explain(file: string, error: unknown): DatabaseError {
  const reason = reasonOf(error);
  const advise = (text: string): DatabaseError => new DatabaseError(`The data file ${file} ${text}`, { cause: error });
  switch (resultCode(error)) {
    case sqlite.notADatabase:
      return advise(
        "is not a database, or is damaged at its beginning. Set DATA_FILE to another file, or move it away.",
      );
    case sqlite.corrupt:
      return damaged(file, reason, error);
    case sqlite.perm:
    case sqlite.readonly:
    case sqlite.cantOpen:
      return advise(
        `cannot be written (${reason}). Let this process write to the file and to its folder, or set DATA_FILE to a ` +
          "place where it may.",
      );
    case sqlite.busy:
    case sqlite.locked:
      return advise("is held by another process. Stop that one, or set DATA_FILE to another file.");
    case sqlite.full:
      return advise("cannot grow: the disk is full. Make room, or set DATA_FILE to another disk.");
    default:
      return advise(`cannot be opened (${reason}). Set DATA_FILE to a file this process can use.`);
  }
}
