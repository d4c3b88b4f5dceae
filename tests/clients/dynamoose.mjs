// Facts about the emulator, seen through dynamoose: node dynamoose.mjs URL FACT

import assert from "node:assert/strict";
import dynamoose from "dynamoose";

const [endpoint, fact] = process.argv.slice(2);
const credentials = { accessKeyId: "any", secretAccessKey: "any" };
dynamoose.aws.ddb.set(new dynamoose.aws.ddb.DynamoDB({ endpoint, region: "eu-west-1", credentials }));

const User = dynamoose.model(
  "Users",
  new dynamoose.Schema({
    id: { type: String, hashKey: true },
    team: { type: String, index: { name: "byTeam" } },
    visits: Number,
    born: Date,
    photo: Buffer,
    tags: { type: Set, schema: [String] },
  }),
  { throughput: "ON_DEMAND", waitForActive: { enabled: true, check: { timeout: 20_000, frequency: 100 } } },
);

const facts = {
  async "it makes its table, and an item comes back equal"() {
    const born = new Date("2001-02-03T04:05:06.789Z");
    await User.create({ id: "größe 🎁", team: "a", visits: 1, born });
    const seen = await User.get("größe 🎁");
    assert.deepEqual([seen.team, seen.visits, seen.born], ["a", 1, born]);
  },

  async "an item is created once"() {
    await User.create({ id: "ann" });
    await assert.rejects(User.create({ id: "ann" }), { name: "ConditionalCheckFailedException" });
  },

  async "an update adds to a number"() {
    await User.create({ id: "ann", visits: 1 });
    await User.update({ id: "ann" }, { $ADD: { visits: 2 } });
    assert.equal((await User.get("ann")).visits, 3);
  },

  async "an index is queried and a table scanned"() {
    await User.batchPut(Array.from({ length: 20 }, (_, n) => ({ id: `${n}`, team: n % 2 ? "a" : "b" })));
    const team = await User.query("team").eq("a").using("byTeam").all().exec();
    const all = await User.scan().limit(3).all().exec();
    assert.deepEqual([team.length, all.length], [10, 20]);
  },

  async "bytes and sets come back equal"() {
    await User.create({ id: "ann", photo: Buffer.from([0, 1, 255]), tags: new Set(["a", "é"]) });
    const { photo, tags } = await User.get("ann");
    assert.deepEqual([Buffer.from(photo), tags], [Buffer.from([0, 1, 255]), new Set(["a", "é"])]);
  },

  async "a batch gets what is there"() {
    await User.batchPut([{ id: "ann" }, { id: "bob" }]);
    const found = await User.batchGet(["ann", "bob", "nobody"]);
    assert.deepEqual(found.map((user) => user.id).sort(), ["ann", "bob"]);
  },

  async "a deleted item is gone"() {
    await User.create({ id: "ann" });
    await User.delete("ann");
    assert.equal(await User.get("ann"), undefined);
  },

  async "a cancelled transaction writes nothing"() {
    await User.create({ id: "ann" });
    const both = [User.transaction.create({ id: "bob" }), User.transaction.create({ id: "ann" })];
    await assert.rejects(dynamoose.transaction(both), { name: "TransactionCanceledException" });
    assert.equal(await User.get("bob"), undefined);
  },

  async "a table whose items expire has its time to live set"() {
    const Session = dynamoose.model("Sessions", new dynamoose.Schema({ id: String }));
    const table = new dynamoose.Table("Sessions", [Session], {
      initialize: false,
      throughput: "ON_DEMAND",
      expires: { ttl: 3_600_000, attribute: "expires" },
    });
    await table.initialize();
    const { TimeToLiveDescription } = await dynamoose.aws.ddb().describeTimeToLive({ TableName: "Sessions" });
    assert.deepEqual(TimeToLiveDescription, { AttributeName: "expires", TimeToLiveStatus: "ENABLED" });
  },
};

await facts[fact]();
