/**
 * Decides which of several tabs counts: the one that holds the Web Lock of the lecture. Where locks are missing or
 * forbidden, every tab counts, and the stamps alone decide.
 *
 * Modes: free, asked (the browser has not answered yet; a tab that takes by force counts at once), held.
 * Invariant: only the newest claim can change the mode, so what became of an older one never does.
 */
export class LectureLock {
  readonly #locks: LockManager | undefined;
  readonly #name: string;
  readonly #onLost: () => void;
  #claim: object | undefined;
  #letGo: (() => void) | undefined;
  isHeld = false;

  constructor(locks: LockManager | undefined, name: string, onLost: () => void) {
    this.#locks = locks;
    this.#name = name;
    this.#onLost = onLost;
  }

  /** Takes the lecture if no other tab has it; `isByForce`: in any case. */
  take(isByForce: boolean): void {
    if (this.isHeld) return;
    this.isHeld = isByForce || !this.#locks;
    this.#request(isByForce ? { steal: true } : { ifAvailable: true });
  }

  release(): void {
    this.#claim = undefined;
    this.isHeld = false;
    this.#letGo?.();
  }

  #request(options: LockOptions): void {
    const claim = (this.#claim = {});
    let isGranted = false;
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (!lock || this.#claim !== claim) return undefined;
      this.isHeld = isGranted = true;
      return new Promise((resolve) => {
        this.#letGo = resolve;
      });
    };
    this.#locks?.request(this.#name, options, hold).catch(() => {
      if (this.#claim !== claim) return;
      this.isHeld = !isGranted;
      if (isGranted) this.#onLost();
    });
  }
}
