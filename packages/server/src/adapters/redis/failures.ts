import { ProgressError } from "../../domain/errors.ts";

const sentence = "Positions cannot be kept just now. Try again in a moment.";

/** What the caller is told when Redis cannot be used, or when nobody knows what became of a call: never Redis' own words. */
export function unavailable(cause: unknown): ProgressError {
  if (cause instanceof ProgressError) return cause;
  return new ProgressError("buffer_unavailable", sentence, { cause: withoutSecrets(cause) });
}

/** The driver hangs the failed command on its error; of an AUTH that is the password, of a save the student's. */
export function withoutSecrets(error: unknown): Error {
  const clean = new Error(reasonOf(error));
  if (error instanceof Error) {
    clean.name = error.name;
    const { stack } = error;
    if (stack !== undefined) clean.stack = stack;
  }
  return clean;
}

export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** A write was refused because this server is no longer the master: only another connection can find the new one. */
export function isDemoted(error: Error): boolean {
  return /\bREADONLY\b/.test(error.message);
}

/** What an operator should do about a connection that fails. `at` is the address without its password. */
export function explain(error: unknown, at: string, { isTls = false }: { isTls?: boolean } = {}): string {
  const reason = reasonOf(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const says = (advice: string): string => `Redis at ${at} ${advice} (${reason}).`;
  if (/WRONGPASS|invalid password|invalid username-password/i.test(reason)) {
    return says("refuses the user name or password: correct them in REDIS_URL");
  }
  if (/NOAUTH|without any password/i.test(reason)) return says("wants a password: put it into REDIS_URL");
  if (/NOPERM/.test(reason)) return says("does not permit a command: let this user run it");
  if (/LOADING/.test(reason)) return says("is loading its data: wait until it has");
  if (/cluster support disabled/i.test(reason)) return says("is no Cluster: take cluster=true out of REDIS_URL");
  // A server without TLS waits for the rest of what it takes for a command, and says nothing.
  const isUnanswered = isTls && /ETIMEDOUT|ECONNRESET/.test(`${code} ${reason}`);
  if (isUnanswered || /certificate|self.signed|SSL|TLS|EPROTO|altname/i.test(`${code} ${reason}`)) {
    return says("cannot be reached over TLS: check rediss:// in REDIS_URL and the certificate, or NODE_EXTRA_CA_CERTS");
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return says("has a name that is not known: correct REDIS_URL");
  if (/ECONNREFUSED/.test(`${code} ${reason}`)) return says("takes no connections: start it, or correct REDIS_URL");
  return says("cannot be reached");
}
