import { MongoServerError, MongoWriteConcernError } from "mongodb";
import type { UserId } from "../../domain/ids.ts";
import type { MongoConnection } from "./connection.ts";
import { reasonOf } from "./failures.ts";
import { IndexError } from "./indexes.ts";

/** Something about MongoDB that an operator should change. */
export interface Finding {
  /** `unusable`: nothing works until it is changed. `unsafe`: it works, but may lose what was acknowledged. */
  readonly severity: "unusable" | "unsafe";
  /** A sentence that says what to do. It never holds a password. */
  readonly advice: string;
}

/** Looks at what the service needs of MongoDB: reach, rights, indexes, version, confirmed writes. Never rejects. */
export async function checkMongo(connection: MongoConnection): Promise<Finding[]> {
  const { database } = connection;
  try {
    await connection.ready();
    const findings = checkVersion(await database.command({ buildInfo: 1 }));
    // Changes nothing, and is confirmed like any other write.
    await connection.collections.users.updateOne({ _id: "" as UserId }, { $unset: { timeZone: "" } });
    return [...findings, ...checkStorage(await database.admin().command({ serverStatus: 1 }).catch(whenForbidden))];
  } catch (error) {
    return [{ severity: "unusable", advice: explain(error, database.databaseName) }];
  }
}

/** @param build MongoDB's answer to `buildInfo` */
export function checkVersion(build: { versionArray?: number[]; version?: string }): Finding[] {
  const [major = 0, minor = 0] = build.versionArray ?? [];
  if (major > 4 || (major === 4 && minor >= 4)) return [];
  return [{ severity: "unusable", advice: `MongoDB is version ${build.version}: run version 4.4 or later.` }];
}

/** @param status MongoDB's answer to `serverStatus` */
export function checkStorage(status: { storageEngine?: { persistent?: boolean; name?: string } }): Finding[] {
  if (status.storageEngine?.persistent !== false) return [];
  const advice = `MongoDB keeps its data in memory only (${status.storageEngine.name}): run it with storage on disk.`;
  return [{ severity: "unsafe", advice }];
}

/** Not every user may ask for the status of the server; then nothing is known against it. */
function whenForbidden(error: unknown): Record<string, never> {
  if (error instanceof MongoServerError) return {};
  throw error;
}

function explain(error: unknown, database: string): string {
  const reason = reasonOf(error);
  const code = (error as { code?: unknown }).code;
  if (error instanceof IndexError) return error.message;
  if (error instanceof MongoWriteConcernError) {
    return `MongoDB does not confirm writes by a majority (${reason}): bring the missing members of its replica set back.`;
  }
  if (code === 18) {
    return `MongoDB refuses the user or the password of MONGODB_URL (${reason}): correct them, or add authSource.`;
  }
  if (code === 13)
    return `The user of MONGODB_URL lacks rights (${reason}): give it the role readWrite on ${database}.`;
  if (code === "ENOENT" || code === "EACCES")
    return `A file that MONGODB_URL names cannot be read (${reason}): name another.`;
  if (/certificate|\bSSL\b|\bTLS\b/i.test(reason)) {
    return `TLS to MongoDB fails (${reason}): check tls and tlsCAFile in MONGODB_URL, and the server's certificate.`;
  }
  return `MongoDB does not answer (${reason}): check that it runs and that MONGODB_URL names it.`;
}
