/** The command was not understood; the message says what is wrong with it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

interface Bounds {
  readonly min: number;
  readonly max?: number;
  readonly isWhole?: boolean;
}

/** The number that was given to an option. @throws UsageError */
export function numberOf(option: string, text: string, { min, max = Infinity, isWhole = false }: Bounds): number {
  const number = text.trim() === "" ? NaN : Number(text);
  if (number >= min && number <= max && (!isWhole || Number.isInteger(number))) return number;
  const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new UsageError(`--${option} must be a ${isWhole ? "whole " : ""}number ${range}, not "${text}".`);
}

/**
 * Runs a command of `npm run`. Its exit code is what it returns; 2 when it was not understood, 1 when it failed.
 * @param script name of the command, for the hint to its help
 */
export async function runCommand(script: string, run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    const { code = "", message, stack } = error as NodeJS.ErrnoException;
    const isMisused = error instanceof UsageError || code.startsWith("ERR_PARSE_ARGS");
    process.stderr.write(isMisused ? `${message}\nSee npm run ${script} -- --help.\n` : `${stack}\n`);
    process.exitCode = isMisused ? 2 : 1;
  }
}
