import { Webhook as Signer } from "standardwebhooks";

/**
 * The headers of Standard Webhooks, signed now with every secret: a receiver that knows one of them is content. A full stop
 * separates what is signed, so the id of the event is sent without any.
 */
export function signatureHeaders(secrets: readonly string[], eventId: string, body: string): Record<string, string> {
  const now = new Date();
  const id = encodeURIComponent(eventId).replaceAll(".", "%2E");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": secrets.map((secret) => new Signer(secret).sign(id, now, body)).join(" "),
  };
}
