import type { Figure } from "../machine/statistics.ts";

/** The median with the range of the rounds: `1.52 (1.48-1.60)`. */
export function withRange(figure: Figure | null, digits = 1): string {
  if (figure === null) return "-";
  const [median, min, max] = [figure.median, figure.min, figure.max].map((value) => number(value, digits));
  return `${median} (${min}-${max})`;
}

export function number(value: number, digits = 1): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
