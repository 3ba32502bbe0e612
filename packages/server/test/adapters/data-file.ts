import { EmbeddedDatabase } from "../../src/adapters/embedded/database.ts";
import type { ProgressKey } from "../../src/domain/ids.ts";
import { TempFolder } from "../support/temp-folder.ts";

/** A data file of its own, gone afterwards. */
export async function openDataFile(): Promise<{ database: EmbeddedDatabase; dispose: () => Promise<void> }> {
  const folder = await TempFolder.create();
  const database = EmbeddedDatabase.open(folder.file("progress.sqlite"));
  return {
    database,
    dispose: async () => {
      database[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Makes the table refuse this key, as if its row could not be written. */
export function spoil(
  database: EmbeddedDatabase,
  table: "buffer_positions" | "positions",
  { userId, courseId }: ProgressKey,
): void {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  database
    .prepare(
      `CREATE TEMP TRIGGER spoilt BEFORE INSERT ON main.${table}
      WHEN NEW.user_id = ${quote(userId)} AND NEW.course_id = ${quote(courseId)}
      BEGIN SELECT RAISE(ABORT, 'this key is spoilt'); END`,
    )
    .run();
}
