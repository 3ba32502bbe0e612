/**
 * The floor: what HTTP itself costs on this Node. It reads a body, parses it as JSON and answers the bytes that it was
 * given on its standard input; it knows nothing and stores nothing.
 *
 * With `REDIS_URL` it puts every body there by a bare `SET` before it answers, those of one event-loop turn together, as the
 * client does by itself.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { Redis } from "ioredis";

const { REDIS_URL } = process.env;
const redis = REDIS_URL === undefined ? undefined : new Redis(REDIS_URL, { enableAutoPipelining: true });
const { headers, body } = (await json(process.stdin)) as { headers: string[]; body: string };

function answer(response: ServerResponse): void {
  response.writeHead(200, headers);
  response.end(body);
}

const server = createServer((request: IncomingMessage, response) => {
  if (request.method === "GET") {
    answer(response);
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const text = (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString();
    JSON.parse(text);
    if (redis === undefined) answer(response);
    // Who it is from is known by the end of the token, which is a signature.
    else void redis.set(`last:${request.headers.authorization?.slice(-32)}`, text).then(() => answer(response));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1");
await once(server, "listening");
console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
