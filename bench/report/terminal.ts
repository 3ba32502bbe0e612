import type { Table } from "../parts/part.ts";

const startedAt = performance.now();

/** One line that changes on a terminal, one line for each step elsewhere. */
export function showProgress(text: string): void {
  const line = `${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${text}`;
  if (process.stdout.isTTY) process.stdout.write(`\r\u001B[K${line}`);
  else console.log(line);
}

export function showTable({ heading, columns, rows }: Table): void {
  const all = [columns, ...rows];
  const widths = columns.map((_column, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const lines = all.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "));
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  if (process.stdout.isTTY) process.stdout.write("\r\u001B[K");
  console.log(`\n${heading}\n${[lines[0], rule, ...lines.slice(1)].map((line) => `  ${line?.trimEnd()}`).join("\n")}`);
}
