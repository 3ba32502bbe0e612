const width = 30;
const redrawMs = 100;
/** Where nobody watches, a line now and then shows that it goes on. */
const reportMs = 2_000;

/** A bar that grows on a terminal; elsewhere a line every two seconds. */
export class ProgressLine implements Disposable {
  readonly #total: number;
  readonly #startedAt = performance.now();
  readonly #isTerminal = process.stdout.isTTY;
  readonly #timer: NodeJS.Timeout;
  #done = 0;

  constructor(total: number) {
    this.#total = total;
    this.#timer = setInterval(() => this.#draw(), this.#isTerminal ? redrawMs : reportMs);
  }

  advance(): void {
    this.#done++;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#draw();
    if (this.#isTerminal) process.stdout.write("\n");
  }

  #draw(): void {
    const share = this.#done / this.#total;
    const filled = Math.round(share * width);
    const rate = Math.round((this.#done * 1000) / (performance.now() - this.#startedAt));
    const bar = `[${"#".repeat(filled)}${".".repeat(width - filled)}] ${Math.floor(share * 100)} %`;
    const line = `${bar}  ${this.#done} of ${this.#total} saves  ${rate}/s`;
    process.stdout.write(this.#isTerminal ? `\r${line}   ` : `${line}\n`);
  }
}
