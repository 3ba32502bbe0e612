import { parseCourseId, parseUserId, type ProgressKey } from "../domain/ids.ts";
import type { Backend } from "../service.ts";
import { type Outcome, type Understand, UsageError } from "./command.ts";
import { counted } from "./counted.ts";
import { ProgressLine } from "./progress-line.ts";
import { healthOf } from "./reach.ts";

const listLimit = 10_000;

/** What is on its way from the buffer to the store. */
export const bufferCommands: Understand = ([verb, noun, ...rest], { all = false }) => {
  if (verb === "status" && noun === undefined) return { run: status, needsNoStore: true };
  if (verb === "drain" && noun === undefined) return { run: drain };
  if (verb === "poison" && noun === "list" && rest.length === 0) return { run: listPoison };
  if (verb === "poison" && noun === "retry") {
    const chosen = all ? everyKey(rest) : keyOf(rest);
    return { run: (backend) => retryPoison(backend, chosen), takes: ["all"] };
  }
  return undefined;
};

async function status(backend: Backend): Promise<Outcome> {
  // One after the other: a buffer that has just been opened may not answer yet.
  const parts = await healthOf(backend);
  const buffered = await bufferedIn(backend.stores.buffer);
  const lines = [
    ...Object.entries(parts).map(([part, { status: is, detail }]) => [part, detail ? `${is}: ${detail}` : is]),
    ["dirty keys", buffered?.dirtyKeys ?? "unknown"],
    ["flush lag", buffered ? `${buffered.flushLagSeconds.toFixed(1)} s` : "unknown"],
    ["poison keys", buffered?.poisonKeys ?? "unknown"],
  ].map(([name, value]) => `${String(name).padEnd(12)} ${value}`);
  const isDone = Object.values(parts).every((part) => part.status === "ok");
  return { text: lines.join("\n"), facts: { parts, ...buffered }, isDone };
}

/** Null when the buffer does not answer: then the parts say why. */
async function bufferedIn(buffer: Backend["stores"]["buffer"]) {
  try {
    const { dirtyKeys, poisonKeys, oldestDirtyAt } = await buffer.stats();
    const lagMs = oldestDirtyAt === null ? 0 : Math.max(0, (await buffer.now()) - oldestDirtyAt);
    return { dirtyKeys, flushLagSeconds: lagMs / 1000, poisonKeys };
  } catch {
    return null;
  }
}

async function drain({ core }: Backend): Promise<Outcome> {
  const line = new ProgressLine();
  const { written, left } = await core.flusher.drain((count) => line.show(`Keys written: ${count}`));
  line.end();
  const text =
    left === 0
      ? "Drained: nothing is left in the buffer alone."
      : `${counted(left, "key is", "keys are")} left: see status and poison list.`;
  return { text, facts: { written, left }, isDone: left === 0 };
}

async function listPoison({ stores }: Backend): Promise<Outcome> {
  const keys = await stores.buffer.poisonKeys(listLimit);
  const lines = keys.map(
    ({ key, attempts, reason }) => `${key.userId} ${key.courseId}  refused ${counted(attempts, "time")}: ${reason}`,
  );
  const more =
    keys.length < listLimit ? [] : [`Only the first ${listLimit} are shown: see status for how many there are.`];
  return { text: [...lines, ...more].join("\n") || "No poison keys.", facts: keys, isDone: true };
}

async function retryPoison({ stores: { buffer } }: Backend, chosen: "all" | ProgressKey): Promise<Outcome> {
  if (chosen === "all") return retryAllPoison(buffer);
  const isDone = await buffer.retryPoison(chosen);
  const text = isDone ? "It is due now." : "Nothing to retry: it is not on the poison list.";
  return { text, facts: { retried: isDone ? 1 : 0 }, isDone };
}

/** What is refused again meanwhile is listed again, so this goes by the list as it was. */
async function retryAllPoison(buffer: Backend["stores"]["buffer"]): Promise<Outcome> {
  const keys = await buffer.poisonKeys(listLimit);
  let retried = 0;
  for (const { key } of keys) if (await buffer.retryPoison(key)) retried++;
  const isDone = keys.length < listLimit;
  const rest = isDone ? "" : " There may be more: run the command again.";
  const text = keys.length === 0 ? "Nothing to retry: the poison list is empty." : `Due now: ${retried}.${rest}`;
  return { text, facts: { retried }, isDone };
}

function everyKey(words: readonly string[]): "all" {
  if (words.length > 0) throw new UsageError("Name a student and a course, or --all, not both.");
  return "all";
}

function keyOf([user = "", course = "", ...more]: readonly string[]): ProgressKey {
  const userId = parseUserId(user);
  const courseId = parseCourseId(course);
  if (userId === undefined || courseId === undefined || more.length > 0)
    throw new UsageError("Name a student and a course, or --all.");
  return { userId, courseId };
}
