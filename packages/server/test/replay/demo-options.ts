import { parseArgs } from "node:util";
import { numberOf, UsageError } from "../support/command-line.ts";

export const help = `npm run demo:replay               real students watch on the demo that "npm start" runs
npm run demo:replay -- --help     shows this

  --url <address>     the service. Default: this machine, at PORT or 3000
  --sessions <n>      how many sessions to watch, at least. Default: 200; there are 1143
  --speed <x>         times faster than the students were, 1 to 900. Default: 500
  --token <JWT>       watch everything as the student of this token, one session after the other; it needs the role
                      instructor, to add the courses. Without it, tokens are signed with the secret that a demo keeps
                      beside its data file (DATA_FILE, by default ./data/progress.sqlite)
`;

export interface Options {
  readonly url: string;
  readonly sessions: number;
  readonly speed: number;
  readonly token: string | undefined;
}

/** Undefined when help is asked for. @throws UsageError */
export function optionsOf(args: string[]): Options | undefined {
  const string = { type: "string" } as const;
  const options = { url: string, sessions: string, speed: string, token: string, help: { type: "boolean" } } as const;
  const { values } = parseArgs({ args, options });
  if (values.help === true) return undefined;
  const url = URL.parse(values.url ?? `http://127.0.0.1:${process.env["PORT"] ?? 3000}`);
  if (url?.protocol !== "http:") throw new UsageError("--url must be an address such as http://127.0.0.1:3000.");
  const sessions = numberOf("sessions", values.sessions ?? "200", { min: 1, max: 1143 });
  return {
    url: url.origin,
    sessions,
    speed: numberOf("speed", values.speed ?? "500", { min: 1, max: 900 }),
    token: values.token,
  };
}
