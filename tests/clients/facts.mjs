// Facts about the emulator, seen through the AWS SDK for JavaScript v3: node facts.mjs URL FACT
// Each is a function that throws if the fact does not hold.

import assert from "node:assert/strict";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  NumberValue,
  PutCommand,
  paginateQuery,
  paginateScan,
} from "@aws-sdk/lib-dynamodb";

const [endpoint, fact] = process.argv.slice(2);
const TableName = "Orders";

function newClient() {
  const credentials = { accessKeyId: "any-_key", secretAccessKey: "any" };
  return new DynamoDBClient({ endpoint, region: "eu-west-1", credentials, maxAttempts: 1 });
}

const client = newClient();
const documents = DynamoDBDocumentClient.from(client);

function createOrders() {
  return client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "customer", AttributeType: "S" },
        { AttributeName: "number", AttributeType: "N" },
        { AttributeName: "status", AttributeType: "S" },
      ],
      KeySchema: [
        { AttributeName: "customer", KeyType: "HASH" },
        { AttributeName: "number", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "byStatus",
          KeySchema: [{ AttributeName: "status", KeyType: "HASH" }],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    }),
  );
}

/** Orders of one customer, together more than a page of 1 MB. */
async function putManyOrders(count) {
  const orders = Array.from({ length: count }, (_, number) => ({
    customer: "ann",
    number,
    status: number % 2 ? "open" : "sent",
    note: "x".repeat(40_000),
  }));
  for (let start = 0; start < count; start += 25) {
    const requests = orders.slice(start, start + 25).map((Item) => ({ PutRequest: { Item } }));
    let remaining = { [TableName]: requests };
    while (Object.keys(remaining).length > 0) {
      const answer = await documents.send(new BatchWriteCommand({ RequestItems: remaining }));
      remaining = answer.UnprocessedItems;
    }
  }
}

async function countsOf(pages) {
  const counts = [];
  for await (const page of pages) counts.push(page.Count);
  return counts;
}

const sum = (counts) => counts.reduce((total, count) => total + count, 0);

const facts = {
  async "an item of every type comes back equal"() {
    await createOrders();
    const Item = {
      customer: "größe 🎁",
      number: -12.5,
      photo: new Uint8Array([0, 1, 255]),
      yes: true,
      no: false,
      nothing: null,
      list: [1, "two", [{}], null],
      map: { deep: { deeper: [{ leaf: 1 }] } },
      strings: new Set(["a", "é"]),
      numbers: new Set([1, 2]),
      binaries: new Set([new Uint8Array([7])]),
      emptyText: "",
      emptyList: [],
      emptyMap: {},
      emptyBinary: new Uint8Array(0),
    };
    await documents.send(new PutCommand({ TableName, Item }));
    const Key = { customer: Item.customer, number: Item.number };
    assert.deepEqual((await documents.send(new GetCommand({ TableName, Key }))).Item, Item);
  },

  async "a number of 38 digits comes back exact"() {
    await createOrders();
    const exact = DynamoDBDocumentClient.from(newClient(), { unmarshallOptions: { wrapNumbers: true } });
    const digits = "12345678901234567890123456789012345678";
    const Key = { customer: "ann", number: NumberValue.from(digits) };
    await exact.send(new PutCommand({ TableName, Item: Key }));
    assert.equal((await exact.send(new GetCommand({ TableName, Key }))).Item.number.toString(), digits);
  },

  async "a failed condition carries the item"() {
    await createOrders();
    const Item = { customer: "ann", number: 1 };
    await documents.send(new PutCommand({ TableName, Item }));
    const again = new PutCommand({
      TableName,
      Item,
      ConditionExpression: "attribute_not_exists(customer)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    await assert.rejects(documents.send(again), {
      name: "ConditionalCheckFailedException",
      message: "The conditional request failed",
      Item: { customer: { S: "ann" }, number: { N: "1" } },
    });
  },

  async "paginators see every item"() {
    await createOrders();
    await putManyOrders(60);
    const ofAnn = { KeyConditionExpression: "customer = :c", ExpressionAttributeValues: { ":c": "ann" } };
    const open = {
      IndexName: "byStatus",
      KeyConditionExpression: "#s = :s",
      ExpressionAttributeNames: { "#s": "status" },
      ExpressionAttributeValues: { ":s": "open" },
    };
    const query = await countsOf(paginateQuery({ client: documents }, { TableName, ...ofAnn }));
    const index = await countsOf(paginateQuery({ client: documents, pageSize: 4 }, { TableName, ...open }));
    const scan = await countsOf(paginateScan({ client: documents, pageSize: 7 }, { TableName }));
    assert.deepEqual([sum(query), sum(index), sum(scan)], [60, 30, 60]);
    assert.ok(query.length > 2, "a page holds 1 MB");
    assert.ok(index.slice(0, -1).every((count) => count <= 4));
  },

  async "waiters end"() {
    await createOrders();
    const wait = { client, maxWaitTime: 20, minDelay: 1 };
    assert.equal((await waitUntilTableExists(wait, { TableName })).state, "SUCCESS");
    await client.send(new DeleteTableCommand({ TableName }));
    assert.equal((await waitUntilTableNotExists(wait, { TableName })).state, "SUCCESS");
  },

  async "a hundred requests at a time are all answered"() {
    await createOrders();
    const puts = Array.from({ length: 100 }, (_, number) =>
      documents.send(new PutCommand({ TableName, Item: { customer: "ann", number } })),
    );
    await Promise.all(puts);
    assert.equal(sum(await countsOf(paginateScan({ client: documents }, { TableName }))), 100);
  },
};

await facts[fact]();
