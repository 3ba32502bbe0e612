/** Where Redis is, as REDIS_URL says it. */
export interface RedisAddress {
  /** One address; of a Cluster any number, to find the others by. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly isCluster: boolean;
  readonly isTls: boolean;
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** For people: the address without user and password. */
  readonly shown: string;
}

/** REDIS_URL cannot be used. The message says what to do about it, and never shows the URL: it may hold a password. */
export class RedisUrlError extends Error {
  override readonly name = "RedisUrlError";
}

const defaultPort = 6379;

/**
 * `redis://[user:password@]host[:port][/database]`, with `rediss://` over TLS. A Cluster is named as one, with
 * `?cluster=true`, and may name more of its nodes, `&node=host:port`: asking the server which it is would need the server,
 * and the process has to start without it.
 */
export function parseRedisUrl(text: string): RedisAddress {
  const url = URL.parse(text);
  if (url === null || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "") {
    throw new RedisUrlError(
      "REDIS_URL is not of the form redis://[user:password@]host[:port][/database] (or rediss://).",
    );
  }
  const isCluster = clusterOf(url);
  const database = databaseOf(url);
  if (isCluster && database !== 0) throw new RedisUrlError("REDIS_URL names a database, and a Cluster has only one.");
  const nodes = [nodeOf(url.host), ...url.searchParams.getAll("node").map(nodeOf)];
  return {
    nodes,
    isCluster,
    isTls: url.protocol === "rediss:",
    database,
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    shown: nodes.map(({ host, port }) => `${host}:${port}`).join(", "),
  };
}

function clusterOf({ searchParams }: URL): boolean {
  for (const name of searchParams.keys()) {
    if (name !== "cluster" && name !== "node") {
      throw new RedisUrlError(`REDIS_URL has the parameter "${name}"; known are cluster=true and node=host:port.`);
    }
  }
  const cluster = searchParams.get("cluster") ?? "false";
  if (cluster !== "true" && cluster !== "false") throw new RedisUrlError("REDIS_URL: cluster is either true or false.");
  if (cluster === "false" && searchParams.has("node")) {
    throw new RedisUrlError("REDIS_URL names further nodes: add cluster=true, or leave them out.");
  }
  return cluster === "true";
}

function databaseOf({ pathname }: URL): number {
  const path = pathname.replace(/^\//, "");
  if (!/^[0-9]{0,4}$/.test(path)) throw new RedisUrlError("REDIS_URL: what follows the / is the number of a database.");
  return Number(path);
}

function nodeOf(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+?)(?::([0-9]+))?$/.exec(text) ?? [];
  if (host === undefined) throw new RedisUrlError("REDIS_URL: node is host:port.");
  // Brackets belong to the URL, not to the address.
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: port === undefined ? defaultPort : Number(port) };
}
