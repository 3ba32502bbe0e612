/** What several rounds say of one figure. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

export type Verdict = "reached" | "missed" | "undecided";

export function figureOf(values: readonly number[]): Figure {
  if (values.length === 0) throw new Error("A figure needs at least one round.");
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), rounds: values.length };
}

/** Whether a target that must not be exceeded is kept; undecided when rounds lie on both sides of it. */
export function verdictOn({ min, max }: Figure, target: number): Verdict {
  if (max <= target) return "reached";
  return min > target ? "missed" : "undecided";
}

/** Whether a figure differs from a value by more than its rounds differ from each other; only then there is anything to tell. */
export function differsFrom({ median: middle, min, max }: Figure, value: number): boolean {
  return max - min < Math.abs(middle - value);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}
