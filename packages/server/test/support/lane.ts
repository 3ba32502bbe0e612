import type { Socket } from "node:net";

interface Parcel {
  readonly bytes: Buffer;
  readonly onSent: () => void;
}

/**
 * One direction of a connection through a proxy. Parcels arrive in the order they came, after their distance; in a closed
 * lane they wait. The end of the connection comes after all of them, as it does on a network.
 */
export class Lane {
  readonly #to: Socket;
  readonly #distanceMs: () => number;
  #waiting: Parcel[] = [];
  #travelling: Parcel[] = [];
  #closers = 0;
  #isEnding = false;

  constructor(to: Socket, distanceMs: () => number) {
    this.#to = to;
    this.#distanceMs = distanceMs;
  }

  /** How many parcels wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  send(bytes: Buffer, onSent: () => void = () => undefined): void {
    const parcel = { bytes, onSent };
    if (this.#closers > 0) this.#waiting.push(parcel);
    else this.#depart(parcel);
  }

  /** @returns what opens it again, as far as it is concerned; the second time does nothing */
  close(): () => void {
    this.#closers++;
    let open = (): void => {
      this.#closers--;
      open = () => undefined;
      if (this.#closers > 0) return;
      for (const parcel of this.#waiting.splice(0)) this.#depart(parcel);
      this.#endIfEmpty();
    };
    return () => open();
  }

  /** Nobody sends any more. */
  end(): void {
    this.#isEnding = true;
    this.#endIfEmpty();
  }

  #depart(parcel: Parcel): void {
    const distanceMs = this.#distanceMs();
    if (distanceMs === 0 && this.#travelling.length === 0) return this.#arrive(parcel);
    this.#travelling.push(parcel);
    // Whichever timer comes first, the parcel that left first arrives.
    setTimeout(() => this.#arrive(this.#travelling.shift()), distanceMs);
  }

  #arrive(parcel: Parcel | undefined): void {
    if (parcel === undefined) return;
    parcel.onSent();
    this.#to.write(parcel.bytes);
    this.#endIfEmpty();
  }

  #endIfEmpty(): void {
    if (this.#isEnding && this.#waiting.length + this.#travelling.length === 0) this.#to.end();
  }
}
