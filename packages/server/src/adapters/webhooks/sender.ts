import type { LookupFunction } from "node:net";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { toCloudEvent } from "../../domain/cloud-event.ts";
import type { LearningEvent } from "../../domain/event.ts";
import { isLoopbackHost, type Webhook } from "../../domain/webhook.ts";
import type { Reply, WebhookSender } from "../../ports/webhook-sender.ts";
import { AddressBook, type Address } from "./address-book.ts";
import { replyOf } from "./reply.ts";
import { signatureHeaders } from "./signature.ts";

const timeoutMs = 10_000;

/**
 * Sends events as signed HTTP requests. Each looks up the host anew, checks every address it has and connects to one of
 * those and no other; it follows no redirect, heeds no proxy of the environment and keeps no connection.
 */
export class HttpWebhookSender implements WebhookSender {
  readonly #addresses: AddressBook;
  readonly #timeoutMs: number;

  /** @param options.dnsServers instead of those of the machine, as `address:port` */
  constructor(options: { timeoutMs?: number; dnsServers?: readonly string[] } = {}) {
    this.#addresses = new AddressBook(options.dnsServers);
    this.#timeoutMs = options.timeoutMs ?? timeoutMs;
  }

  async send(webhook: Webhook, event: LearningEvent, signal: AbortSignal): Promise<Reply> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const limit = AbortSignal.any([signal, timeout]);
    try {
      const url = new URL(webhook.url);
      if (url.protocol !== "https:" && !isLoopbackHost(url.hostname))
        throw new Error("Only HTTPS may leave this machine.");
      const addresses = await this.#addresses.of(url.hostname, webhook.allowPrivateNetwork, limit);
      return await replyOf(await post(url, addresses, messageOf(webhook, event), limit));
    } catch (error) {
      // What OpenSSL says ends with a line feed.
      const reason = timeout.aborted
        ? `No answer within ${this.#timeoutMs / 1000} s.`
        : (error as Error).message.trim();
      return { status: "failed", reason, retryAfterMs: null };
    }
  }
}

interface Message {
  readonly headers: Record<string, string | number>;
  readonly body: string;
}

function messageOf({ secrets }: Webhook, event: LearningEvent): Message {
  const cloudEvent = toCloudEvent(event);
  const body = JSON.stringify(cloudEvent);
  const headers = {
    "content-type": "application/cloudevents+json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "user-agent": "AetherLearn-Progress",
    ...signatureHeaders(secrets, cloudEvent.id, body),
  };
  return { headers, body };
}

/** Resolves with the head of the answer; the body is still to come. */
function post(
  url: URL,
  addresses: readonly Address[],
  { headers, body }: Message,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  // No agent: a connection of its own, and none of the environment's proxies.
  const outgoing = send(url, { method: "POST", agent: false, lookup: pinned(addresses), headers, signal });
  outgoing.on("response", resolve);
  outgoing.on("error", reject);
  // An answer like 101 ends the request with neither of the two.
  outgoing.on("close", () => reject(new Error("The connection was closed without an answer.")));
  outgoing.end(body);
  return promise;
}

/** Answers every question with the addresses that have been checked. */
function pinned(addresses: readonly Address[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses as [Address];
    if (all) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}
