import type { MongoClient } from "mongodb";

interface HeartbeatLimits {
  /** How long a server may take to answer, milliseconds. */
  readonly answerMs: number;
  /** How long it may hold an answer back because nothing has changed. */
  readonly intervalMs: number;
}

/** For a machine that has much else to do. */
const slackMs = 2_000;

/**
 * Tells when the driver waits for a heartbeat that cannot come any more. A command that it writes to a socket which has just
 * been destroyed, and is not yet closed, is never answered, and no timeout of its own ends that (7.9; when a server dies, all
 * its sockets go at once, so this is not rare). If it happens to a heartbeat, the driver never learns that the server is back.
 */
export function watchHeartbeats(
  client: Pick<MongoClient, "on">,
  { answerMs, intervalMs }: HeartbeatLimits,
  onStuck: () => void,
): void {
  const waiting = new Map<string, NodeJS.Timeout>();
  const ended = (server: string): void => {
    clearTimeout(waiting.get(server));
    waiting.delete(server);
  };
  client.on("serverHeartbeatStarted", ({ connectionId, awaited }) => {
    ended(connectionId);
    const limitMs = answerMs + (awaited ? intervalMs : 0) + slackMs;
    waiting.set(connectionId, setTimeout(onStuck, limitMs).unref());
  });
  client.on("serverHeartbeatSucceeded", ({ connectionId }) => ended(connectionId));
  client.on("serverHeartbeatFailed", ({ connectionId }) => ended(connectionId));
  client.on("serverClosed", ({ address }) => ended(address));
}
