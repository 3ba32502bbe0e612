/** Time and chance, so that tests can hold both in their hand. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back when every request that has arrived by now has been handled. */
  atEndOfTurn(callback: () => void): void;
  /** Evenly spread in [0, 1). */
  random(): number;
}
