import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Config, readConfig } from "./config.ts";
import { type CourseId, parseCourseId, parseUserId, type ProgressKey } from "./domain/ids.ts";
import { type Backend, explainStartFailure, openBackend } from "./service.ts";

const usage = `Operates the service, running or stopped. Give it the settings (environment variables) the service runs with.

  npm run ops -- status                       what is dirty, how old, what is refused, what is reachable
  npm run ops -- drain                        carries everything from the buffer to the store now
  npm run ops -- poison list                  keys that the store has refused again and again
  npm run ops -- poison retry STUDENT COURSE  tries one of them again now
  npm run ops -- poison retry --all           tries all of them again now

  --json    prints one JSON document instead of text
  --help    shows this

Exit code 0: done. 1: not done, or not all of it. 2: the command was not understood.`;

/** What a command came to: for people, for programs, and whether all is well. */
interface Outcome {
  readonly text: string;
  readonly facts: unknown;
  readonly isDone: boolean;
}

class UsageError extends Error {}

/** The message says what is wrong, and what to do. */
class UnreachableError extends Error {
  static async of(backend: Backend, options?: ErrorOptions): Promise<UnreachableError> {
    return new UnreachableError(await troubles(backend), options);
  }
}

const reachWithinMs = 10_000;
/** Longer than MongoDB is given to answer. */
const answerWithinMs = 6_000;
const listLimit = 10_000;

async function status({ stores }: Backend): Promise<Outcome> {
  const [parts, buffered] = await Promise.all([healthOf(stores), bufferedIn(stores.buffer)]);
  const lines = [
    ...Object.entries(parts).map(([part, { status: is, detail }]) => [part, detail ? `${is}: ${detail}` : is]),
    ["dirty keys", buffered?.dirtyKeys ?? "unknown"],
    ["flush lag", buffered ? `${buffered.flushLagSeconds.toFixed(1)} s` : "unknown"],
    ["poison keys", buffered?.poisonKeys ?? "unknown"],
  ].map(([name, value]) => `${String(name).padEnd(12)} ${value}`);
  const isDone = Object.values(parts).every((part) => part.status === "ok");
  return { text: lines.join("\n"), facts: { parts, ...buffered }, isDone };
}

/** Probes are answered at once; a person waits until a store that has just been opened must have answered. */
async function healthOf(stores: Backend["stores"]): ReturnType<Backend["stores"]["health"]> {
  const deadline = Date.now() + answerWithinMs;
  for (;;) {
    const parts = await stores.health();
    if (Date.now() > deadline || Object.values(parts).every((part) => part.status === "ok")) return parts;
    await delay(200);
  }
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
  const { written, left } = await core.flusher.drain((count) => process.stderr.write(`\rKeys written: ${count} `));
  process.stderr.write("\n");
  const text =
    left === 0 ? "Drained: nothing is left in the buffer alone." : `${left} keys are left: see status and poison list.`;
  return { text, facts: { written, left }, isDone: left === 0 };
}

async function listPoison({ stores }: Backend): Promise<Outcome> {
  const keys = await stores.buffer.poisonKeys(listLimit);
  const lines = keys.map(
    ({ key, attempts, reason }) => `${key.userId} ${key.courseId}  refused ${attempts} times: ${reason}`,
  );
  return { text: lines.join("\n") || "No poison keys.", facts: keys, isDone: true };
}

async function retryPoison({ stores: { buffer } }: Backend, chosen: "all" | ProgressKey): Promise<Outcome> {
  const keys = chosen === "all" ? (await buffer.poisonKeys(listLimit)).map(({ key }) => key) : [chosen];
  let retried = 0;
  for (const key of keys) if (await buffer.retryPoison(key)) retried++;
  const text = retried > 0 ? `Due now: ${retried}.` : "Nothing to retry: not on the poison list.";
  return { text, facts: { retried }, isDone: chosen === "all" || retried > 0 };
}

/** @throws UsageError */
function commandOf(words: readonly string[], all: boolean): (backend: Backend) => Promise<Outcome> {
  const [verb, noun, ...rest] = words;
  if (words.length === 1 && verb === "status") return status;
  if (words.length === 1 && verb === "drain") return drain;
  if (verb === "poison" && noun === "list" && rest.length === 0) return listPoison;
  if (verb === "poison" && noun === "retry") {
    const chosen = all ? "all" : keyOf(rest);
    return (backend) => retryPoison(backend, chosen);
  }
  throw new UsageError(words.length === 0 ? "Say what to do." : `Unknown command "${words.join(" ")}".`);
}

function keyOf([user = "", course = ""]: readonly string[]): {
  userId: NonNullable<ReturnType<typeof parseUserId>>;
  courseId: CourseId;
} {
  const userId = parseUserId(user);
  const courseId = parseCourseId(course);
  if (userId === undefined || courseId === undefined) throw new UsageError("Name a student and a course, or --all.");
  return { userId, courseId };
}

/** Production stores answer a moment after they are opened. */
async function untilReachable({ stores }: Backend): Promise<boolean> {
  const deadline = Date.now() + reachWithinMs;
  while (Date.now() < deadline) {
    const reachable = await stores.buffer.now().catch(() => null);
    if (reachable !== null) return true;
    await delay(100);
  }
  return false;
}

/** What is wrong with the stores, for a command that they have failed. */
async function troubles({ stores }: Backend): Promise<string> {
  const parts = Object.values(await healthOf(stores));
  const details = parts.flatMap(({ status: is, detail }) =>
    is === "ok" ? [] : [detail ?? "A store does not answer."],
  );
  return details.join("\n") || "A store did not answer for a moment: run the command again.";
}

async function run(args: readonly string[]): Promise<number> {
  const options = {
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
    all: { type: "boolean" },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const command = commandOf(positionals, values.all ?? false);
  // A command's answer is on standard output alone.
  const config: Config = { ...readConfig(process.env), logLevel: "silent" };
  await using backend = await openBackend(config);
  const isReachable = await untilReachable(backend);
  if (!isReachable && command !== status) throw await UnreachableError.of(backend);
  const { text, facts, isDone } = await command(backend).catch(async (cause: unknown) => {
    throw await UnreachableError.of(backend, { cause });
  });
  console.log(values.json ? JSON.stringify(facts, null, 2) : text);
  return isDone ? 0 : 1;
}

/** Node's own complaints about arguments go on to explain dashes. */
function firstSentence(error: unknown): string {
  return (error as Error).message.replace(/\. To specify.*$/s, ".");
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  console.error(
    isUsage
      ? `${firstSentence(error)} See npm run ops -- --help.`
      : (explainStartFailure(error) ?? (error as Error).message),
  );
  process.exitCode = isUsage ? 2 : 1;
}
