import type { Backend } from "../service.ts";

/** What a command came to: for people, for programs, and whether all is well. */
export interface Outcome {
  readonly text: string;
  readonly facts: unknown;
  readonly isDone: boolean;
}

export interface Command {
  run(backend: Backend): Promise<Outcome>;
  /** Also of use while stores are away. */
  readonly needsNoStore?: boolean;
  /** Options that mean something to it. */
  readonly takes?: readonly (keyof Options)[];
}

/** What was given with dashes. */
export interface Options {
  readonly all?: boolean | undefined;
  readonly since?: string | undefined;
  readonly status?: string | undefined;
  readonly webhook?: string | undefined;
  /** A student. */
  readonly after?: string | undefined;
}

/** One kind of commands: undefined for words that are of another kind. Throws a {@link UsageError}. */
export type Understand = (words: readonly string[], options: Options) => Command | undefined;

/** The command was not understood; the message says what is missing. */
export class UsageError extends Error {}
