/** How thoroughly to measure. */
export interface Run {
  /** A look in a fraction of the time, with too few rounds to rely on. */
  readonly isQuick: boolean;
  /** Says what is going on. */
  readonly show: (progress: string) => void;
}

/** Rows of cells under column heads, shown in the terminal and in the docs alike. */
export interface Table {
  readonly heading: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Something the bench measures on its own: its result goes to the results file, and everything that is shown is made of that. */
export interface Part<Result> {
  readonly name: string;
  readonly about: string;
  measure(run: Run): Promise<Result>;
  tables(result: Result): Table[];
}
