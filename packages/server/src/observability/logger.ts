import { type Logger, pino } from "pino";

/** Names under which a secret could reach a log line. */
const secrets = ["authorization", "token", "secret", "password", "req.headers.authorization", "headers.authorization"];

/**
 * JSON lines on standard output, each written before the next. What waits to be written would be tried again for ever at the
 * end of a process whose output nobody reads any more.
 */
export function createLogger(level: string): Logger {
  const options = {
    level,
    base: null,
    redact: { paths: secrets, censor: "[hidden]" },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, pino.destination({ dest: 1, sync: true }));
}

export type { Logger };
