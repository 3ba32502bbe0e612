import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../../..", import.meta.url));

/** One way to break the protocol, and the tests that must notice. */
export interface Mutant {
  /** The broken promise, as a sentence about what the program does then. */
  readonly name: string;
  /** Below packages/server/src. */
  readonly file: string;
  /** Exact text that is there once. */
  readonly text: string;
  readonly instead: string;
  /** Test files below packages/server/test. */
  readonly tests: readonly string[];
  /** Only the tests of these files whose names match. */
  readonly only?: string;
}

export function pathOf({ file }: Pick<Mutant, "file">): string {
  return join("packages", "server", "src", file);
}

/** @throws Error when the text is not there, or more than once: the source has moved on, and the mutant with it must */
export function mutate({ name, text, instead }: Mutant, source: string): string {
  const parts = source.split(text);
  if (parts.length === 2) return parts.join(instead);
  throw new Error(`"${name}" changes a text that is there ${parts.length - 1} times instead of once:\n${text}`);
}

export function sourceOf(mutant: Mutant, folder: string = root): string {
  return readFileSync(join(folder, pathOf(mutant)), "utf8");
}
