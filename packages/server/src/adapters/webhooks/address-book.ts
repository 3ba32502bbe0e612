import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import { refusal, withoutBrackets } from "./addresses.ts";

export interface Address {
  readonly address: string;
  readonly family: number;
}

/**
 * Finds where a host is, and refuses places that nothing may be sent to. It asks DNS without the threads that other work
 * of the process needs: a name server that hangs delays nobody else.
 */
export class AddressBook {
  readonly #servers: readonly string[] | undefined;

  /** @param servers instead of those of the machine, as `address:port` */
  constructor(servers?: readonly string[]) {
    this.#servers = servers;
  }

  /** At least one address. Rejects, with a sentence, when there is none or when one of them is refused. */
  async of(hostname: string, allowPrivateNetwork: boolean, signal: AbortSignal): Promise<Address[]> {
    const addresses = await this.#find(withoutBrackets(hostname), signal);
    for (const address of addresses) {
      const reason = refusal(hostname, address, allowPrivateNetwork);
      if (reason !== null) throw new Error(reason);
    }
    return addresses.map((address) => ({ address, family: isIP(address) }));
  }

  async #find(host: string, signal: AbortSignal): Promise<string[]> {
    if (isIP(host) !== 0) return [host];
    if (host === "localhost") return ["127.0.0.1", "::1"];
    const resolver = new Resolver({ timeout: 2_000, tries: 3 });
    if (this.#servers !== undefined) resolver.setServers([...this.#servers]);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    signal.removeEventListener("abort", cancel);
    signal.throwIfAborted();
    const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (found.length === 0) throw new Error(`${host} has no address (${codeOf(answers[0])}).`);
    return found;
  }
}

function codeOf(answer: PromiseSettledResult<unknown>): string {
  return answer.status === "rejected" ? String((answer.reason as NodeJS.ErrnoException).code) : "ENODATA";
}
