import { after, before, describe } from "node:test";
import { catalogCacheContract } from "../contracts/catalog-cache.ts";
import { positionBufferContract } from "../contracts/position-buffer.ts";
import { RedisCluster } from "../support/redis-cluster.ts";
import { openCache, RedisFixture } from "../support/redis-fixture.ts";
import { redisIsMissing } from "../support/redis-server.ts";

describe("A Redis Cluster", { skip: redisIsMissing() }, () => {
  let cluster: RedisCluster;
  before(async () => {
    cluster = await RedisCluster.start();
  });
  after(() => cluster[Symbol.asyncDispose]());

  positionBufferContract("A Redis Cluster", (options) => RedisFixture.openEmpty(cluster, options));
  catalogCacheContract("A Redis Cluster", () => openCache(cluster));
});
