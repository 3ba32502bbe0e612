import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { MongoClient } from "mongodb";
import { MongodbServer, withoutMongod } from "../../packages/server/test/support/mongodb-server.ts";
import { TcpProxy } from "../../packages/server/test/support/tcp-proxy.ts";
import { MongodbTraffic } from "../machine/mongodb-traffic.ts";

suite("counting what clients write to MongoDB", { skip: withoutMongod }, () => {
  test("sees every update and insert, single or in bulk, and no read", async () => {
    await using server = await MongodbServer.start();
    const traffic = new MongodbTraffic();
    await using proxy = await TcpProxy.before(server, traffic.reader);
    const client = new MongoClient(`mongodb://127.0.0.1:${proxy.port}/test`);
    try {
      const things = client.db().collection<{ _id: number; value?: number }>("things");
      await things.insertMany([{ _id: 1 }, { _id: 2 }]);
      await things.updateOne({ _id: 1 }, { $set: { value: 1 } });
      const update = (_id: number) => ({
        updateOne: { filter: { _id }, update: { $set: { value: 2 } }, upsert: true },
      });
      await things.bulkWrite([update(1), update(2), update(3)], { ordered: false });
      await things.find({}).toArray();
      assert.deepEqual([traffic.writes, traffic.writeCommands], [6, 3]);
      assert.ok(traffic.bytes > 0);
      assert.ok(traffic.commands > traffic.writeCommands);
    } finally {
      await client.close();
    }
  });
});
