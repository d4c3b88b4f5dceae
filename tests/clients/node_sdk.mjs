// Facts about the emulator, seen through the AWS SDK for JavaScript v3: node node_sdk.mjs URL FACT
// Each is a function that throws if the fact does not hold.

import assert from "node:assert/strict";
import {
  BatchExecuteStatementCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
  paginateListTables,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  ExecuteStatementCommand,
  GetCommand,
  NumberValue,
  PutCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
  paginateQuery,
  paginateScan,
} from "@aws-sdk/lib-dynamodb";

const [endpoint, fact] = process.argv.slice(2);
const TableName = "Orders";
const credentials = { accessKeyId: "any-_key", secretAccessKey: "any" };
const client = new DynamoDBClient({ endpoint, region: "eu-west-1", credentials, maxAttempts: 1 });
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

const put = (Item) => documents.send(new PutCommand({ TableName, Item }));
const get = async (Key) => (await documents.send(new GetCommand({ TableName, Key }))).Item;

/** Move the server's clock ahead. */
async function advanceClock(seconds) {
  const body = JSON.stringify({ advance: seconds });
  const answer = await fetch(new URL("/admin/clock", endpoint), { method: "POST", body });
  assert.equal(answer.status, 200);
}

/** All that an asynchronous iterable gives. */
async function collect(iterable) {
  const all = [];
  for await (const one of iterable) all.push(one);
  return all;
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

const countsOf = async (pages) => (await collect(pages)).map((page) => page.Count);
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
    const exact = DynamoDBDocumentClient.from(client, { unmarshallOptions: { wrapNumbers: true } });
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

  async "an update answers the new attributes and a delete the old item"() {
    await createOrders();
    const Key = { customer: "ann", number: 1 };
    await put({ ...Key, status: "open", tags: new Set(["a", "b"]) });
    const update = new UpdateCommand({
      TableName,
      Key,
      UpdateExpression: "SET #s = :sent, seen = if_not_exists(seen, :zero) + :one DELETE tags :a",
      ExpressionAttributeNames: { "#s": "status" },
      ExpressionAttributeValues: { ":sent": "sent", ":zero": 0, ":one": 1, ":a": new Set(["a"]) },
      ReturnValues: "ALL_NEW",
    });
    const updated = { ...Key, status: "sent", seen: 1, tags: new Set(["b"]) };
    assert.deepEqual((await documents.send(update)).Attributes, updated);
    const deleted = await documents.send(new DeleteCommand({ TableName, Key, ReturnValues: "ALL_OLD" }));
    assert.deepEqual(deleted.Attributes, updated);
  },

  async "a batch gets what a batch wrote"() {
    await createOrders();
    await putManyOrders(30);
    const Keys = Array.from({ length: 31 }, (_, number) => ({ customer: "ann", number }));
    const found = await documents.send(
      new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ProjectionExpression: "customer" } } }),
    );
    assert.equal(found.Responses[TableName].length, 30);
    assert.deepEqual(found.UnprocessedKeys, {});
  },

  async "a cancelled transaction tells its reasons and writes nothing"() {
    await createOrders();
    await put({ customer: "ann", number: 1 });
    const absent = { TableName, ConditionExpression: "attribute_not_exists(customer)" };
    const transaction = new TransactWriteCommand({
      TransactItems: [
        { Put: { ...absent, Item: { customer: "bob", number: 1 } } },
        { Put: { ...absent, Item: { customer: "ann", number: 1 } } },
      ],
    });
    await assert.rejects(documents.send(transaction), (error) => {
      assert.equal(error.name, "TransactionCanceledException");
      assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code), ["None", "ConditionalCheckFailed"]);
      return true;
    });
    assert.equal(await get({ customer: "bob", number: 1 }), undefined);
  },

  async "a transaction reads what a transaction wrote"() {
    await createOrders();
    const items = ["ann", "bob"].map((customer) => ({ customer, number: 1 }));
    const puts = items.map((Item) => ({ Put: { TableName, Item } }));
    await documents.send(new TransactWriteCommand({ TransactItems: puts }));
    const read = new TransactGetCommand({ TransactItems: items.map((Key) => ({ Get: { TableName, Key } })) });
    assert.deepEqual((await documents.send(read)).Responses.map((response) => response.Item), items);
  },

  async "an item is deleted when its time to live has passed"() {
    await createOrders();
    const TimeToLiveSpecification = { AttributeName: "expires", Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    const described = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    assert.deepEqual(described.TimeToLiveDescription, { AttributeName: "expires", TimeToLiveStatus: "ENABLED" });
    const Key = { customer: "ann", number: 1 };
    await put({ ...Key, expires: Math.floor(Date.now() / 1000) + 60 });
    assert.ok(await get(Key));
    await advanceClock(120);
    assert.equal(await get(Key), undefined);
  },

  async "PartiQL inserts, changes and selects"() {
    await createOrders();
    const run = (Statement, Parameters) => documents.send(new ExecuteStatementCommand({ Statement, Parameters }));
    await run(`INSERT INTO "${TableName}" VALUE {'customer': ?, 'number': 1, 'status': 'open'}`, ["ann"]);
    await run(`UPDATE "${TableName}" SET total = 12.5 WHERE customer = 'ann' AND number = 1`);
    const selected = await run(`SELECT total, status FROM "${TableName}"."byStatus" WHERE status = ?`, ["open"]);
    assert.deepEqual(selected.Items, [{ total: 12.5, status: "open" }]);
  },

  async "a batch of statements is answered one by one"() {
    await createOrders();
    await put({ customer: "ann", number: 1 });
    const insert = { Statement: `INSERT INTO "${TableName}" VALUE {'customer': 'ann', 'number': 1}` };
    const select = { Statement: `SELECT * FROM "${TableName}" WHERE customer = 'ann' AND number = 1` };
    const { Responses } = await client.send(new BatchExecuteStatementCommand({ Statements: [insert] }));
    assert.equal(Responses[0].Error.Code, "DuplicateItem");
    const selected = await client.send(new BatchExecuteStatementCommand({ Statements: [select] }));
    assert.deepEqual(selected.Responses[0].Item, { customer: { S: "ann" }, number: { N: "1" } });
  },

  async "an unknown table is a ResourceNotFoundException"() {
    await assert.rejects(get({ customer: "ann", number: 1 }), { name: "ResourceNotFoundException" });
  },

  async "tables are listed in pages"() {
    await createOrders();
    const pages = await collect(paginateListTables({ client, pageSize: 1 }, {}));
    assert.ok(pages.flatMap((page) => page.TableNames).includes(TableName));
  },
};

await facts[fact]();
