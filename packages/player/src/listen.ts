interface Target {
  addEventListener(type: string, listener: () => void, options: { signal: AbortSignal }): void;
}

/** Reacts to events by their names, until `signal` is aborted. */
export function listen(target: Target, signal: AbortSignal, reactions: Record<string, () => void>): void {
  for (const [type, reaction] of Object.entries(reactions)) target.addEventListener(type, reaction, { signal });
}
