// Facts about streams through the AWS SDK for JavaScript v3: node streams.mjs URL FACT

import assert from "node:assert/strict";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from "@aws-sdk/client-dynamodb-streams";

const [endpoint, fact] = process.argv.slice(2);
const settings = { endpoint, region: "eu-west-1", credentials: { accessKeyId: "any", secretAccessKey: "any" } };
const documents = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
const streams = new DynamoDBStreamsClient(settings);
const TableName = "Orders";

await documents.send(
  new CreateTableCommand({
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
  }),
);

async function streamArn() {
  return (await streams.send(new ListStreamsCommand({ TableName }))).Streams[0].StreamArn;
}

async function recordsFromTheBeginning() {
  const StreamArn = await streamArn();
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const records = [];
  for (const { ShardId } of StreamDescription.Shards) {
    const start = new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" });
    const { ShardIterator } = await streams.send(start);
    records.push(...(await streams.send(new GetRecordsCommand({ ShardIterator }))).Records);
  }
  return records;
}

const facts = {
  async "a stream is listed and described"() {
    const StreamArn = await streamArn();
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    assert.deepEqual(
      [StreamDescription.StreamStatus, StreamDescription.StreamViewType, StreamDescription.TableName],
      ["ENABLED", "NEW_AND_OLD_IMAGES", TableName],
    );
  },

  async "each change is a record with its images"() {
    await documents.send(new PutCommand({ TableName, Item: { id: "a", n: 1 } }));
    await documents.send(new PutCommand({ TableName, Item: { id: "a", n: 2 } }));
    await documents.send(new DeleteCommand({ TableName, Key: { id: "a" } }));
    const seen = (await recordsFromTheBeginning()).map(({ eventName, dynamodb }) => [
      eventName,
      dynamodb.OldImage?.n.N,
      dynamodb.NewImage?.n.N,
    ]);
    assert.deepEqual(seen, [
      ["INSERT", undefined, "1"],
      ["MODIFY", "1", "2"],
      ["REMOVE", "2", undefined],
    ]);
  },

  async "the time of a record is a date"() {
    await documents.send(new PutCommand({ TableName, Item: { id: "a" } }));
    const [record] = await recordsFromTheBeginning();
    const age = Date.now() - record.dynamodb.ApproximateCreationDateTime.getTime();
    assert.ok(age >= 0 && age < 3_600_000, String(age));
  },
};

await facts[fact]();
