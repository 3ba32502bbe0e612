import type { LearningEvent } from "./event.ts";

export type WebhookId = string & { readonly __id: "webhook" };

/** Somebody else's address that is told of events. */
export interface Webhook {
  readonly id: WebhookId;
  readonly url: string;
  /** `whsec_` and base64; two while one takes the other's place. */
  readonly secrets: readonly string[];
  readonly types: ReadonlySet<LearningEvent["type"]>;
  /** Whether it may be in a network that is not public. */
  readonly allowPrivateNetwork: boolean;
}

/** True for hosts of URLs, in their normal spelling, that say themselves that they are this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
