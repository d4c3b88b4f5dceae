// Facts about the emulator, seen through ElectroDB: node electrodb.mjs URL FACT

import assert from "node:assert/strict";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Entity, Service } from "electrodb";

const [endpoint, fact] = process.argv.slice(2);
const credentials = { accessKeyId: "any", secretAccessKey: "any" };
const client = new DynamoDBClient({ endpoint, region: "eu-west-1", credentials });
const table = "Shop";
const keys = ["pk", "sk", "gsi1pk", "gsi1sk"];
const schema = (pk, sk) => [
  { AttributeName: pk, KeyType: "HASH" },
  { AttributeName: sk, KeyType: "RANGE" },
];

await client.send(
  new CreateTableCommand({
    TableName: table,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    KeySchema: schema("pk", "sk"),
    GlobalSecondaryIndexes: [
      { IndexName: "gsi1", KeySchema: schema("gsi1pk", "gsi1sk"), Projection: { ProjectionType: "ALL" } },
    ],
  }),
);

const Orders = new Entity(
  {
    model: { entity: "order", version: "1", service: "shop" },
    attributes: {
      customer: { type: "string", required: true },
      order: { type: "string", required: true },
      status: { type: "string", required: true },
      total: { type: "number", default: 0 },
    },
    indexes: {
      primary: { pk: { field: "pk", composite: ["customer"] }, sk: { field: "sk", composite: ["order"] } },
      byStatus: {
        index: "gsi1",
        pk: { field: "gsi1pk", composite: ["status"] },
        sk: { field: "gsi1sk", composite: ["order"] },
      },
    },
  },
  { client, table },
);

const facts = {
  async "an entity comes back equal"() {
    const order = { customer: "größe 🎁", order: "1", status: "open", total: 2.5 };
    await Orders.create(order).go();
    assert.deepEqual((await Orders.get({ customer: order.customer, order: "1" }).go()).data, order);
  },

  async "an entity is created once"() {
    const order = { customer: "ann", order: "1", status: "open" };
    await Orders.create(order).go();
    await assert.rejects(Orders.create(order).go(), /The conditional request failed/);
  },

  async "an update adds to a number"() {
    await Orders.create({ customer: "ann", order: "1", status: "open", total: 1 }).go();
    await Orders.patch({ customer: "ann", order: "1" }).add({ total: 4 }).go();
    assert.equal((await Orders.get({ customer: "ann", order: "1" }).go()).data.total, 5);
  },

  async "an index is read page by page"() {
    const orders = Array.from({ length: 30 }, (_, n) => ({ customer: `c${n}`, order: `${n}`, status: "open" }));
    assert.deepEqual((await Orders.put(orders).go()).unprocessed, []);
    const found = await Orders.query.byStatus({ status: "open" }).go({ pages: "all", limit: 4 });
    assert.equal(found.data.length, 30);
  },

  async "an update whose condition fails changes nothing"() {
    await Orders.create({ customer: "ann", order: "1", status: "open", total: 1 }).go();
    const update = Orders.patch({ customer: "ann", order: "1" }).set({ total: 9 });
    await assert.rejects(update.where(({ total }, { gt }) => gt(total, 5)).go(), /The conditional request failed/);
    assert.equal((await Orders.get({ customer: "ann", order: "1" }).go()).data.total, 1);
  },

  async "a filter leaves out what does not match"() {
    const orders = Array.from({ length: 10 }, (_, n) => ({ customer: "ann", order: `${n}`, status: "open", total: n }));
    await Orders.put(orders).go();
    const dear = Orders.query.primary({ customer: "ann" }).where(({ total }, { gte }) => gte(total, 7));
    assert.deepEqual((await dear.go()).data.map((order) => order.total), [7, 8, 9]);
  },

  async "a range of the sort key is read backwards"() {
    const orders = Array.from({ length: 9 }, (_, n) => ({ customer: "ann", order: `${n}`, status: "open" }));
    await Orders.put(orders).go();
    const some = Orders.query.primary({ customer: "ann" }).between({ order: "3" }, { order: "5" });
    assert.deepEqual((await some.go({ order: "desc" })).data.map(({ order }) => order), ["5", "4", "3"]);
  },

  async "a batch gets what is there"() {
    await Orders.put([1, 2].map((n) => ({ customer: "ann", order: `${n}`, status: "open" }))).go();
    const found = await Orders.get(["1", "2", "3"].map((order) => ({ customer: "ann", order }))).go();
    assert.deepEqual(found.data.map(({ order }) => order).sort(), ["1", "2"]);
  },

  async "a cancelled transaction tells which entity was refused"() {
    const shop = new Service({ orders: Orders }, { client, table });
    await Orders.create({ customer: "ann", order: "1", status: "open" }).go();
    const { canceled, data } = await shop.transaction
      .write(({ orders }) =>
        ["2", "1"].map((order) => orders.create({ customer: "ann", order, status: "open" }).commit()),
      )
      .go();
    assert.equal(canceled, true);
    assert.deepEqual(data.map(({ rejected, code }) => [rejected, code]), [
      [false, "None"],
      [true, "ConditionalCheckFailed"],
    ]);
  },

  async "a deleted entity is gone"() {
    await Orders.create({ customer: "ann", order: "1", status: "open" }).go();
    await Orders.remove({ customer: "ann", order: "1" }).go();
    assert.equal((await Orders.get({ customer: "ann", order: "1" }).go()).data, null);
  },
};

await facts[fact]();
