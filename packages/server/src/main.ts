import closeWithGrace from "close-with-grace";
import { type Config, ConfigError, listSettings, readConfig } from "./config.ts";
import { explainStartFailure, startService } from "./service.ts";

const usage = `AetherLearn Progress remembers where every student stopped in every lecture.

  npm start                 runs the service: without settings a demo with its own store, course and student
  npm start -- --help       shows this

Settings (environment variables):
${listSettings()}

Two settings choose the storage: REDIS_URL and MONGODB_URL together mean production, neither means embedded.
One of JWT_SECRET, JWT_PUBLIC_KEY_FILE and JWKS_URL checks tokens; with none of them and the embedded store it is a demo.`;

const shutdownMs = 14_000;

/** Ends the process with one message and no stack. */
function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function configure(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

async function run(config: Config): Promise<void> {
  const service = await startService(config).catch((error: unknown) => {
    const explanation = explainStartFailure(error, config);
    if (explanation === undefined) throw error;
    return fail(explanation);
  });
  console.log(service.welcome);
  closeWithGrace({ delay: shutdownMs, logger: false }, async ({ err }) => {
    if (err !== undefined) service.logger.fatal({ err }, "unexpected error: stopping");
    await service[Symbol.asyncDispose]();
  });
}

const [argument] = process.argv.slice(2);
if (argument === "--help" || argument === "-h") console.log(usage);
else if (argument !== undefined)
  fail(`Unknown argument "${argument}". Settings are environment variables: see npm start -- --help.`);
else await run(configure());
