import { Cluster, Redis } from "ioredis";
import { isDemoted } from "./failures.ts";
import type { RedisAddress } from "./redis-url.ts";

export type RedisClient = Redis | Cluster;

/** A call that is not answered by then is "unknown": its caller is told so within a second. */
export const commandTimeoutMs = 900;

/**
 * A client that queues nothing while it is down and sends nothing twice: what is not answered in time, or was under way when
 * the connection broke, is rejected at once. It reconnects for ever, and starts without a server.
 */
export function connect(address: RedisAddress): RedisClient {
  const { nodes, isCluster, isTls, database, username, password } = address;
  const options = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isTls && { tls: {} }),
    // Nothing here needs RESP3, and every proxy speaks RESP2.
    protocol: 2 as const,
    disableClientInfo: true,
    connectTimeout: 2_000,
    commandTimeout: commandTimeoutMs,
    // A server behind a black hole never says goodbye: without an answer for so long, the connection is given up.
    socketTimeout: 3_000,
    maxLoadingRetryTime: 500,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    reconnectOnError: isDemoted,
  };
  if (!isCluster) {
    return new Redis({ ...options, ...nodes[0], db: database, enableOfflineQueue: false, retryStrategy: retryDelayMs });
  }
  // What it asked before it was ended may still be answered: nodes that it learns of then are not connected to.
  const isOver = (): boolean => cluster.status === "disconnecting" || cluster.status === "end";
  const cluster: Cluster = new Cluster([...nodes], {
    redisOptions: options,
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelayMs,
    clusterNodeRetryStrategy: (attempt) => (isOver() ? null : retryDelayMs(attempt)),
    // The driver would send again what was under way when a node was lost. MOVED and ASK have done nothing, so it may follow.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 4,
    // A lost master may come back as a replica, and its successor tells nobody.
    slotsRefreshInterval: 2_000,
    slotsRefreshTimeout: 1_000,
    // Certificates are for names: over TLS the name is not replaced by its address.
    ...(isTls && { dnsLookup: (name, callback) => callback(null, name) }),
  });
  // The driver connects to a node with its first command, and refuses the ones that follow until that is done. A command
  // that MOVED has sent to a new node must still find it unconnected, hence not in the same breath.
  cluster.on("+node", (node: Redis) => {
    queueMicrotask(() => {
      if (node.status === "wait" && !isOver()) node.connect().catch(() => undefined);
    });
  });
  return cluster;
}

/** One connection to every server that takes writes. */
export function mastersOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes("master") : [client];
}

/** True when every master can be asked now. */
export function isUp(client: RedisClient): boolean {
  return client.status === "ready" && mastersOf(client).every(({ status }) => status === "ready");
}

/** Resolves when every master can be asked; that may be never. */
export async function up(client: RedisClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (client.status === "ready") resolve();
  else client.once("ready", resolve);
  await promise;
  if (client instanceof Cluster) await Promise.all(client.nodes("master").map(up));
}

/** Calls back whenever a server has been (re)connected. */
export function onConnected(client: RedisClient, callback: () => void): void {
  client.on("ready", callback);
  if (client instanceof Cluster) client.on("+node", (node: Redis) => node.on("ready", callback));
}

/** Half of it by chance, so that processes that lost the same server do not come back together. */
function retryDelayMs(attempt: number): number {
  const most = Math.min(2_000, 50 * 2 ** Math.min(attempt, 10));
  return Math.round(most * (0.5 + Math.random() / 2));
}
