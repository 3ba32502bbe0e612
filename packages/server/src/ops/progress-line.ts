const plainEveryMs = 2_000;

/** How far a command is, on standard error: one line that changes on a terminal; elsewhere a line now and then, and the last. */
export class ProgressLine {
  #last = "";
  #printedAt = performance.now();

  show(text: string): void {
    this.#last = text;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
    else if (performance.now() - this.#printedAt >= plainEveryMs) this.#print();
  }

  end(): void {
    if (this.#last === "") return;
    if (process.stderr.isTTY) process.stderr.write("\n");
    else this.#print();
  }

  #print(): void {
    process.stderr.write(`${this.#last}\n`);
    this.#last = "";
    this.#printedAt = performance.now();
  }
}
