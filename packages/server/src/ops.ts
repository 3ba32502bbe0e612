import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Config, ConfigError, misspeltSettings, readConfig } from "./config.ts";
import { achievementCommands } from "./ops/achievements.ts";
import { bufferCommands } from "./ops/buffer.ts";
import { type Command, type Options, UsageError } from "./ops/command.ts";
import { troubles, untilReachable } from "./ops/reach.ts";
import { webhookCommands } from "./ops/webhooks.ts";
import { type Backend, explainStartFailure, openBackend } from "./service.ts";

const usage = `Operates the service, running or stopped. Give it the settings (environment variables) the service runs with.

  npm run ops -- status                       what is dirty, how old, what is refused, what is reachable
  npm run ops -- drain                        carries everything from the buffer to the store now
  npm run ops -- poison list                  keys that the store has refused again and again
  npm run ops -- poison retry STUDENT COURSE  tries one of them again now
  npm run ops -- poison retry --all           tries all of them again now
  npm run ops -- webhooks list                who is told of events, and what waits, was delivered or never was
  npm run ops -- webhooks deliveries          what waits, and dead letters, with the reasons
      --status waiting|done|dead              only these
      --webhook ID                            only of this one
  npm run ops -- webhooks replay --since TIME tells all webhooks again what has happened since (2026-11-25T08:00Z)
      --webhook ID                            only this one
  npm run ops -- webhooks enable ID           tells a webhook again that has answered 410 Gone
  npm run ops -- achievements backfill        awards what students had reached before it was declared
      --after STUDENT                         goes on after this one

  --json    prints one JSON document instead of text
  --help    shows this

Exit code 0: done. 1: not done, or not all of it. 2: the command was not understood.`;

const commands = [bufferCommands, achievementCommands, webhookCommands];

/** The message says what is wrong, and what to do. */
class UnreachableError extends Error {
  static async of(backend: Backend, options?: ErrorOptions): Promise<UnreachableError> {
    return new UnreachableError(await troubles(backend), options);
  }
}

/** @throws UsageError */
function commandOf(words: readonly string[], options: Options): Command {
  for (const understand of commands) {
    const command = understand(words, options);
    if (command === undefined) continue;
    const { takes = [] } = command;
    const strange = Object.keys(options).find((name) => !takes.some((known) => known === name));
    if (strange === undefined) return command;
    throw new UsageError(`"${words.join(" ")}" does not take --${strange}.`);
  }
  throw new UsageError(words.length === 0 ? "Say what to do." : `Unknown command "${words.join(" ")}".`);
}

/** @throws ConfigError */
function configure(): Config {
  for (const warning of misspeltSettings(process.env)) console.error(warning);
  const config = readConfig(process.env);
  if (config.stores.type === "embedded") {
    const { dataFile } = config.stores;
    // A new file would be made, and all would be well in it.
    if (!existsSync(dataFile))
      throw new ConfigError(
        `The data file ${dataFile} does not exist: set DATA_FILE, or REDIS_URL and MONGODB_URL, as the service has them.`,
      );
    console.error(`On the embedded store ${dataFile}: no REDIS_URL is set.`);
  }
  // A command's answer is on standard output alone.
  return { ...config, logLevel: "silent" };
}

async function run(args: readonly string[]): Promise<number> {
  const options = {
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
    all: { type: "boolean" },
    since: { type: "string" },
    status: { type: "string" },
    webhook: { type: "string" },
    after: { type: "string" },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { json, help, ...given } = values;
  if (help) {
    console.log(usage);
    return 0;
  }
  const command = commandOf(positionals, given);
  await using backend = await openBackend(configure());
  if (command.needsNoStore !== true && !(await untilReachable(backend))) throw await UnreachableError.of(backend);
  const { text, facts, isDone } = await command.run(backend).catch(async (cause: unknown) => {
    throw await UnreachableError.of(backend, { cause });
  });
  console.log(json ? JSON.stringify(facts, null, 2) : text);
  return isDone ? 0 : 1;
}

/** Node's own complaints about arguments go on to explain dashes, or end without a full stop. */
function firstSentence(error: unknown): string {
  return (error as Error).message.replace(/\. To specify.*$/s, ".").replace(/(?<![.:])$/, ".");
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
