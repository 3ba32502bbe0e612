import closeWithGrace from "close-with-grace";
import { type Config, ConfigError, listSettings, misspeltSettings, readConfig } from "./config.ts";

const usage = `AetherLearn Progress remembers where every student stopped in every lecture.

  npm start                 runs the service: without settings a demo with its own store, course and student
  npm start -- --help       shows this

Settings (environment variables):
${listSettings()}

Two settings choose the storage: REDIS_URL and MONGODB_URL together mean production, neither means embedded.
SIGHUP reads WEBHOOKS_FILE again; without that setting it ends the service, as SIGTERM does.
One of JWT_SECRET, JWT_PUBLIC_KEY_FILE and JWKS_URL checks tokens; with none of them and the embedded store it is a demo.`;

const shutdownMs = 14_000;
/** SIGHUP too, if there is nothing to read again: it is what a terminal sends when it is closed. */
const stopSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Ends the process with one message and no stack. */
function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/** Whoever started this process; it may be gone before the service has started. */
const { ppid: parent } = process;

/** The shell between npm and this process passes no signal on: who ends npm would leave a service that nobody sees. */
function whenNpmIsGone(stop: () => void): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500).unref();
}

function configure(): Config {
  for (const warning of misspeltSettings(process.env)) console.error(warning);
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

async function run(config: Config): Promise<void> {
  // Loaded only now: help and complaints about settings come at once.
  const { explainStartFailure, startService } = await import("./service.ts");
  const service = await startService(config).catch((error: unknown) => {
    const explanation = explainStartFailure(error, config);
    if (explanation === undefined) throw error;
    return fail(explanation);
  });
  const onTimeout = (): void => service.logger.error("stopping took too long: ending without the rest");
  const ending = closeWithGrace(
    { delay: shutdownMs, logger: false, skip: [...stopSignals], onTimeout },
    async ({ err }) => {
      if (err !== undefined) service.logger.fatal({ err }, "unexpected error: stopping");
      await service[Symbol.asyncDispose]();
    },
  );
  // Ctrl+C arrives twice, from the terminal and from npm: the second must not cut off what the first lets finish.
  let isStopping = false;
  const stop = (): void => {
    if (!isStopping) ending.close();
    isStopping = true;
  };
  for (const signal of stopSignals) {
    process.on(signal, () => (signal === "SIGHUP" && config.webhooks !== undefined ? service.reload() : stop()));
  }
  whenNpmIsGone(stop);
  // Who reads this may stop the process at once.
  console.log(service.welcome);
}

const [argument] = process.argv.slice(2);
if (argument === "--help" || argument === "-h") console.log(usage);
else if (argument !== undefined)
  fail(`Unknown argument "${argument}". Settings are environment variables: see npm start -- --help.`);
else await run(configure());
