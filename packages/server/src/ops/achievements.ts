import { parseUserId, type UserId } from "../domain/ids.ts";
import type { Backend } from "../service.ts";
import { type Outcome, type Understand, UsageError } from "./command.ts";
import { counted } from "./counted.ts";
import { ProgressLine } from "./progress-line.ts";

/** What students can earn. */
export const achievementCommands: Understand = ([verb, noun, ...rest], { after }) => {
  if (verb !== "achievements" || noun !== "backfill" || rest.length > 0) return undefined;
  const student = after === undefined ? null : parseUserId(after);
  if (student === undefined) throw new UsageError("--after names no student.");
  return { run: (backend) => backfill(backend, student), takes: ["after"] };
};

async function backfill({ core }: Backend, after: UserId | null): Promise<Outcome> {
  const line = new ProgressLine();
  const { students, awarded, last } = await core.achievementBackfill.run(after, ({ students: done, of, ...rest }) => {
    const percent = of === 0 ? 100 : Math.min(100, Math.floor((done * 100) / of));
    const onwards = rest.last === null ? "" : `; to go on from here: --after ${rest.last}`;
    line.show(`${percent} % of ${counted(of, "student")}, ${rest.awarded} awarded${onwards}`);
  });
  line.end();
  return {
    text: `Awarded: ${awarded}. Looked at: ${counted(students, "student")}.`,
    facts: { students, awarded, last },
    isDone: true,
  };
}
