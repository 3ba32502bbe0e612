import { after, before, describe } from "node:test";
import { catalogCacheContract } from "../contracts/catalog-cache.ts";
import { positionBufferContract } from "../contracts/position-buffer.ts";
import { RedisCluster } from "../support/redis-cluster.ts";
import { openCache, RedisFixture } from "../support/redis-fixture.ts";
import { redisIsMissing } from "../support/redis-server.ts";

describe("A Redis Cluster", { skip: redisIsMissing() }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: RedisCluster;
  before(async () => {
    cluster = stack.use(await RedisCluster.start());
  });
  after(() => stack.disposeAsync());

  positionBufferContract("A Redis Cluster", (options) => RedisFixture.openEmpty(cluster, options));
  catalogCacheContract("A Redis Cluster", () => openCache(cluster));
});
