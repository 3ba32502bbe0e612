/** What webhooks lead to: it answers at once, and below /never not at all. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  request.resume();
  if (request.url?.startsWith("/never") !== true) response.writeHead(204).end();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
