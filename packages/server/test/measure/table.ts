export function say(text: string): void {
  process.stdout.write(text);
}

/** Rows of equal columns under a heading. */
export function showTable(heading: string, rows: readonly (readonly (string | number)[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const lines = rows.map((row) => row.map((cell, column) => String(cell).padEnd(widths[column] ?? 0)).join("  "));
  say(`\n${heading}\n${lines.map((line) => `  ${line.trimEnd()}\n`).join("")}`);
}

/** Where nobody watches, a line now and then shows that it goes on. */
const reportMs = 10_000;
let reportedAt = performance.now();

/** Shows that something goes on: on one line of a terminal, elsewhere with a line every ten seconds. */
export function showProgress(text: string): void {
  if (process.stdout.isTTY) say(`\r${text}    `);
  else if (performance.now() - reportedAt >= reportMs) {
    reportedAt = performance.now();
    say(`${text}\n`);
  }
}
