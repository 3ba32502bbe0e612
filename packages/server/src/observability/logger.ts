import { type Logger, pino } from "pino";

/** Names under which a secret could reach a log line. */
const secrets = ["authorization", "token", "secret", "password", "req.headers.authorization", "headers.authorization"];

/** JSON lines on standard output. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    redact: { paths: secrets, censor: "[hidden]" },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}

export type { Logger };
