import { after, before, describe } from "node:test";
import { catalogCacheContract } from "../contracts/catalog-cache.ts";
import { positionBufferContract } from "../contracts/position-buffer.ts";
import { openCache, RedisFixture } from "../support/redis-fixture.ts";
import { redisIsMissing, RedisServer } from "../support/redis-server.ts";

describe("One Redis", { skip: redisIsMissing() }, () => {
  const stack = new AsyncDisposableStack();
  let server: RedisServer;
  before(async () => {
    server = stack.use(await RedisServer.start());
  });
  after(() => stack.disposeAsync());

  positionBufferContract("Redis", (options) => RedisFixture.openEmpty(server, options));
  catalogCacheContract("Redis", () => openCache(server));
});
