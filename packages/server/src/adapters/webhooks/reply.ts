import type { IncomingMessage } from "node:http";
import type { Reply } from "../../ports/webhook-sender.ts";

/** More of an answer is not read. */
const maxBodyBytes = 1_024;
/** Of the answer's own words, this many are kept for the operator. */
const maxQuoted = 200;

/** What an answer means: 2xx that it was taken, 410 that nothing is wanted any more, everything else that it failed. */
export async function replyOf(response: IncomingMessage): Promise<Reply> {
  const { statusCode = 0, headers } = response;
  if (statusCode >= 200 && statusCode < 300) {
    response.destroy();
    return { status: "accepted" };
  }
  const reason = `Answered ${statusCode}${where(headers.location)}${quoted(await beginningOf(response))}.`;
  if (statusCode === 410) return { status: "gone", reason };
  return { status: "failed", reason, retryAfterMs: retryAfterMs(headers["retry-after"]) };
}

/** Seconds or a date; null when the receiver names neither. */
export function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

function where(location: string | undefined): string {
  return location === undefined ? "" : ", and redirects are not followed";
}

function quoted(text: string): string {
  const words = text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S}]+/gu, " ").trim();
  return words === "" ? "" : `: ${words.slice(0, maxQuoted)}`;
}

/** The first kilobyte; what has arrived of it, if the rest does not come. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length >= maxBodyBytes) break;
    }
  } catch {
    // The status says enough.
  }
  response.destroy();
  return Buffer.concat(parts).subarray(0, maxBodyBytes).toString("utf8");
}
