"""Programs built on streams and time to live: archive, materialized view, replication, workflows, sessions.

Each consumer is written as a Lambda function and runs in two ways: called by the emulator (`on_stream` and `drain`),
and with events made from what a polling consumer reads.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import boto3
import pytest

from .builders import column, create, fill, plain, table_of, typed
from .conftest import NOON
from .consumers import ShardWalker, is_open, keys, names, read_table, shards_of, stream_of, streamed

NOW = int(NOON.timestamp())
DAY = 24 * 3600

Handler = Callable[[dict[str, Any], Any], Any]


# --- The world around the functions ---------------------------------------------------------------


@dataclass
class Bucket:
    """The part of an S3 client that the samples use."""

    objects: dict[str, Any] = field(default_factory=dict)

    def put_object(self, Bucket: str, Key: str, Body: str) -> None:
        self.objects[Key] = json.loads(Body)


@dataclass
class Messages:
    """The parts of SQS and SNS clients that the samples use."""

    sent: list[Any] = field(default_factory=list)

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:
        self.sent.append(json.loads(MessageBody))

    def publish(self, TopicArn: str, Message: str) -> None:
        self.sent.append(Message)


@pytest.fixture(params=["polled", "called"])
def consume(request, road, clock):
    """Subscribes a function to a table from now on; gives what makes it see the changes so far."""

    def subscribe(table: str, handler: Handler) -> Callable[[], None]:
        if request.param == "called":
            road.emulator.on_stream(table, handler, starting_position="LATEST")
            return road.emulator.drain
        walker = ShardWalker(road.streams, stream_of(road.client, table))

        def poll() -> None:
            records = walker.poll()
            if records:
                handler({"Records": records}, None)

        return poll

    return subscribe


@pytest.fixture
def environment(road, monkeypatch):
    """boto3 as the functions find it: what it makes talks to the emulator by the road of the test."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    if "127.0.0.1" not in road.client.meta.endpoint_url:
        with road.emulator:
            yield
        return
    for name, value in {
        "AWS_ENDPOINT_URL": road.client.meta.endpoint_url,
        "AWS_ACCESS_KEY_ID": "access-key",
        "AWS_SECRET_ACCESS_KEY": "secret-key",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    yield


def deserialize(image):
    return plain(image)


def stored(table):
    """All items of a table by their key."""
    key = table.key_schema[0]["AttributeName"]
    return {item[key]: item for item in table.scan()["Items"]}


# --- Archive --------------------------------------------------------------------------------------


def test_changes_are_archived(resource, consume):
    s3 = Bucket()

    def stream_to_s3(event, context):
        for record in event["Records"]:
            if record["eventName"] == "INSERT" or record["eventName"] == "MODIFY":
                new_image = record["dynamodb"]["NewImage"]
                s3.put_object(
                    Bucket="backup-bucket", Key=f"backups/{record['eventID']}.json", Body=json.dumps(new_image)
                )

    users = resource.create_table(**streamed("Users", "UserID"))
    run = consume("Users", stream_to_s3)
    users.put_item(Item={"UserID": "user123", "Name": "John Smith"})
    users.update_item(
        Key={"UserID": "user123"},
        UpdateExpression="SET #n = :name",
        ExpressionAttributeNames={"#n": "Name"},
        ExpressionAttributeValues={":name": "John Doe"},
    )
    users.delete_item(Key={"UserID": "user123"})
    run()
    assert list(s3.objects.values()) == [
        {"UserID": {"S": "user123"}, "Name": {"S": "John Smith"}},
        {"UserID": {"S": "user123"}, "Name": {"S": "John Doe"}},
    ]


def test_items_are_archived_when_they_expire_and_not_when_they_are_deleted(resource, client, consume, clock):
    s3 = Bucket()

    def archive_expired(event, context):
        for record in event["Records"]:
            identity = {name.lower(): value for name, value in record.get("userIdentity", {}).items()}
            if identity == {"type": "Service", "principalid": "dynamodb.amazonaws.com"}:
                old_image = record["dynamodb"]["OldImage"]
                s3.put_object(Bucket="archive", Key=old_image["SessionID"]["S"], Body=json.dumps(old_image))

    sessions = resource.create_table(**streamed("SessionsTable", "SessionID", view="OLD_IMAGE"))
    client.update_time_to_live(
        TableName="SessionsTable", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ExpirationTime"}
    )
    run = consume("SessionsTable", archive_expired)
    for session in ("one", "two", "three"):
        sessions.put_item(Item={"SessionID": session, "Data": session, "ExpirationTime": NOW + DAY})
    sessions.delete_item(Key={"SessionID": "two"})
    run()
    clock.advance(hours=25)
    run()
    assert {key: plain(item)["Data"] for key, item in s3.objects.items()} == {"one": "one", "three": "three"}


# --- Materialized views ---------------------------------------------------------------------------


def test_a_materialized_view_adds_up_what_is_written(resource, consume):
    summary_table = create(resource, "Summary", "Category")

    def update_materialized_view(event, context):
        for record in event["Records"]:
            if record["eventName"] in ["INSERT", "MODIFY"]:
                new_image = record["dynamodb"]["NewImage"]
                summary_table.update_item(
                    Key={"Category": new_image["Category"]["S"]},
                    UpdateExpression="ADD ItemCount :inc, TotalValue :value",
                    ExpressionAttributeValues={":inc": 1, ":value": Decimal(new_image["Price"]["N"])},
                )

    products = resource.create_table(**streamed("Products", "ProductID"))
    run = consume("Products", update_materialized_view)
    for number in range(30):
        category = "books" if number % 3 else "music"
        products.put_item(Item={"ProductID": str(number), "Category": category, "Price": Decimal(number) / 4})
        if number % 7 == 0:
            run()
    run()
    assert stored(summary_table) == {
        "books": {"Category": "books", "ItemCount": 20, "TotalValue": Decimal("75")},
        "music": {"Category": "music", "ItemCount": 10, "TotalValue": Decimal("33.75")},
    }


def test_a_materialized_view_that_looks_at_old_images_is_what_a_scan_would_add_up(resource, client, consume, clock):
    """The view as it must be written when items change, move to another category, expire and are deleted."""
    summary_table = create(resource, "Summary", "Category")

    def add(image, sign):
        summary_table.update_item(
            Key={"Category": image["Category"]["S"]},
            UpdateExpression="ADD ItemCount :inc, TotalValue :value",
            ExpressionAttributeValues={":inc": sign, ":value": sign * Decimal(image["Price"]["N"])},
        )

    def update_materialized_view(event, context):
        for record in event["Records"]:
            if "OldImage" in record["dynamodb"]:
                add(record["dynamodb"]["OldImage"], -1)
            if "NewImage" in record["dynamodb"]:
                add(record["dynamodb"]["NewImage"], 1)

    products = resource.create_table(**streamed("Products", "ProductID"))
    client.update_time_to_live(
        TableName="Products", TimeToLiveSpecification={"Enabled": True, "AttributeName": "Until"}
    )
    run = consume("Products", update_materialized_view)
    for number in range(40):
        item = {
            "ProductID": str(number % 25),
            "Category": "abc"[number % 3],
            "Price": number,
            "Until": NOW + 60 * number,
        }
        products.put_item(Item=item)
    for number in (1, 11, 21):
        products.delete_item(Key={"ProductID": str(number)})
    run()
    clock.advance(minutes=20)
    run()
    counts, values = Counter(), Counter()
    for item in products.scan()["Items"]:
        counts[item["Category"]] += 1
        values[item["Category"]] += item["Price"]
    assert {
        name: (view["ItemCount"], view["TotalValue"])
        for name, view in stored(summary_table).items()
        if view["ItemCount"]
    } == {name: (counts[name], values[name]) for name in counts}
    assert 0 < sum(counts.values()) < 22


def test_daily_aggregates_that_are_written_with_each_sale_agree_with_the_stream(resource, consume):
    seen = defaultdict(lambda: [0, 0])

    def recount(event, context):
        for record in event["Records"]:
            image = plain(record["dynamodb"]["NewImage"])
            if image["SK"].startswith("SALE#"):
                total = seen[image["PK"], image["SK"].split("#")[1]]
                total[0] += image["Amount"]
                total[1] += 1

    def record_sale(product_id, amount, date, sale_id):
        resource.meta.client.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": "Sales",
                        "Item": {"PK": f"PRODUCT#{product_id}", "SK": f"SALE#{date}#{sale_id}", "Amount": amount},
                    }
                },
                {
                    "Update": {
                        "TableName": "Sales",
                        "Key": {"PK": f"PRODUCT#{product_id}", "SK": f"AGGREGATE#{date}"},
                        "UpdateExpression": "ADD TotalSales :amount, SaleCount :one",
                        "ExpressionAttributeValues": {":amount": amount, ":one": 1},
                    }
                },
            ]
        )

    table = resource.create_table(**streamed("Sales", "PK", "SK"))
    run = consume("Sales", recount)
    for number in range(20):
        record_sale(f"prod{number % 3}", 100 + number, f"2024-01-{15 + number % 2}", str(number))
    run()
    aggregates = [item for item in table.scan()["Items"] if item["SK"].startswith("AGGREGATE#")]
    assert {
        (item["PK"], item["SK"].split("#")[1]): [item["TotalSales"], item["SaleCount"]] for item in aggregates
    } == seen


# --- Replication ----------------------------------------------------------------------------------


def replicate_to_region(event, context):
    target_table = boto3.resource("dynamodb", region_name="eu-west-1").Table("Users")

    for record in event["Records"]:
        if record["eventName"] in ("INSERT", "MODIFY"):
            item = record["dynamodb"]["NewImage"]
            target_table.put_item(Item=deserialize(item))
        elif record["eventName"] == "REMOVE":
            keys = record["dynamodb"]["Keys"]
            target_table.delete_item(Key=deserialize(keys))


def test_a_table_is_replicated_to_another_region(resource, client, road, consume, environment, clock):
    users = resource.create_table(**streamed("Users", "UserID"))
    client.update_time_to_live(TableName="Users", TimeToLiveSpecification={"Enabled": True, "AttributeName": "Until"})
    target = boto3.resource("dynamodb", region_name="eu-west-1").create_table(**table_of("Users", "UserID"))
    run = consume("Users", replicate_to_region)
    for number in range(12):
        users.put_item(Item={"UserID": f"user{number}", "Name": "John Smith", "Until": NOW + number * 60})
    run()
    for number in range(0, 12, 2):
        users.put_item(Item={"UserID": f"user{number}", "Name": "John Doe", "Until": NOW + 3600 + number})
    users.delete_item(Key={"UserID": "user3"})
    road.emulator.split_shards("Users")
    clock.advance(minutes=8)
    client.batch_write_item(RequestItems={"Users": [{"DeleteRequest": {"Key": typed({"UserID": "user0"})}}]})
    run()
    assert stored(target) == stored(users)
    assert set(stored(users)) == {"user2", "user4", "user6", "user8", "user10", "user9", "user11"}


# --- Workflows ------------------------------------------------------------------------------------


def test_new_orders_start_workflows(resource, consume):
    sqs, sns = Messages(), Messages()

    def trigger_workflow(event, context):
        for record in event["Records"]:
            if record["eventName"] == "INSERT":
                new_image = record["dynamodb"]["NewImage"]
                if new_image.get("Status", {}).get("S") == "PENDING":
                    sqs.send_message(QueueUrl="queue", MessageBody=json.dumps(new_image))
                sns.publish(TopicArn="topic", Message=f"New order created: {new_image['OrderID']['S']}")

    orders = resource.create_table(**streamed("OrdersTable", "OrderID"))
    run = consume("OrdersTable", trigger_workflow)
    orders.put_item(Item={"OrderID": "order1", "Status": "PENDING"})
    orders.put_item(Item={"OrderID": "order2", "Status": "PAID"})
    orders.put_item(Item={"OrderID": "order3"})
    orders.put_item(Item={"OrderID": "order2", "Status": "PENDING"})
    run()
    assert sqs.sent == [{"OrderID": {"S": "order1"}, "Status": {"S": "PENDING"}}]
    assert sns.sent == [f"New order created: order{number}" for number in (1, 2, 3)]


def test_an_audit_trail_shows_what_became_of_an_item(resource, consume):
    audit = create(resource, "Audit", "key", "number")

    def write_audit_trail(event, context):
        for record in event["Records"]:
            change = record["dynamodb"]
            audit.put_item(
                Item={
                    "key": change["Keys"]["AccountID"]["S"],
                    "number": change["SequenceNumber"],
                    "event": record["eventName"],
                    "before": deserialize(change.get("OldImage", {})).get("Balance"),
                    "after": deserialize(change.get("NewImage", {})).get("Balance"),
                }
            )

    accounts = resource.create_table(**streamed("Accounts", "AccountID"))
    run = consume("Accounts", write_audit_trail)
    fill(accounts, [{"AccountID": "ann", "Balance": 100}, {"AccountID": "bob", "Balance": 5}])
    accounts.put_item(Item={"AccountID": "ann", "Balance": 70})
    accounts.put_item(Item={"AccountID": "ann", "Balance": 70})
    accounts.delete_item(Key={"AccountID": "ann"})
    run()
    trail = audit.query(
        KeyConditionExpression="#k = :ann",
        ExpressionAttributeNames={"#k": "key"},
        ExpressionAttributeValues={":ann": "ann"},
    )["Items"]
    assert [(entry["event"], entry["before"], entry["after"]) for entry in trail] == [
        ("INSERT", None, 100),
        ("MODIFY", 100, 70),
        ("REMOVE", 70, None),
    ]


def test_the_event_of_a_function_has_the_members_of_the_sample_record(road, resource, clock):
    events = []
    users = resource.create_table(**streamed("Users", "UserID"))
    users.put_item(Item={"UserID": "user123", "Name": "John Smith"})
    road.emulator.on_stream("Users", lambda event, context: events.append(event))
    users.put_item(Item={"UserID": "user123", "Name": "John Doe", "Email": "john@example.com"})
    road.emulator.drain()
    ((record,),) = column(events, "Records")
    change = record["dynamodb"]
    assert isinstance(record.pop("eventID"), str)
    assert isinstance(change.pop("SequenceNumber"), str)
    assert record == {
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": NOW,
            "Keys": {"UserID": {"S": "user123"}},
            "NewImage": {"UserID": {"S": "user123"}, "Name": {"S": "John Doe"}, "Email": {"S": "john@example.com"}},
            "OldImage": {"UserID": {"S": "user123"}, "Name": {"S": "John Smith"}},
            "SizeBytes": 13 + 46 + 27,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": stream_of(road.client, "Users"),
    }


def test_a_function_with_the_sample_mapping_fails_three_times_more_and_then_its_batch_goes_to_the_queue(
    road, resource, clock
):
    calls, dead_letters = [], []

    def process(event, context):
        calls.append(keys(event["Records"]))
        if "poison" in calls[-1]:
            raise ValueError("this order cannot be processed")

    orders = resource.create_table(**streamed("OrdersTable", "OrderID"))
    road.emulator.on_stream(
        "OrdersTable",
        process,
        starting_position="LATEST",
        batch_size=100,
        batch_window=10,
        parallelization_factor=10,
        maximum_retries=3,
        maximum_record_age=604_800,
        on_failure=dead_letters,
    )
    orders.put_item(Item={"OrderID": "poison"})
    for _ in range(6):
        clock.advance(seconds=10)
        road.emulator.drain()
    orders.put_item(Item={"OrderID": "fine"})
    clock.advance(seconds=10)
    road.emulator.drain()
    assert calls == [["poison"]] * 4 + [["fine"]]
    assert [letter["requestContext"]["condition"] for letter in dead_letters] == ["RetryAttemptsExhausted"]


def test_a_batch_waits_for_its_window(road, resource, clock):
    sizes = []
    orders = resource.create_table(**streamed("OrdersTable", "OrderID"))
    road.emulator.on_stream("OrdersTable", lambda event: sizes.append(len(event["Records"])), batch_window=10)
    for number in range(3):
        orders.put_item(Item={"OrderID": str(number)})
        road.emulator.drain()
        clock.advance(seconds=5)
    road.emulator.drain()
    assert sizes == [3]


# --- Consumers that poll --------------------------------------------------------------------------


def test_a_consumer_that_polls_with_boto3_sees_all_changes(resource, client, streams):
    """The loop as the documentation writes it: list, describe, iterate, read until there is no next iterator."""
    users = resource.create_table(**streamed("Users", "UserID"))
    fill(users, ({"UserID": f"user{number:03}"} for number in range(250)))
    client.update_table(TableName="Users", StreamSpecification={"StreamEnabled": False})
    found = []
    for stream in streams.list_streams(TableName="Users")["Streams"]:
        arn = stream["StreamArn"]
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            request = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = streams.get_shard_iterator(**request)["ShardIterator"]
            while iterator:
                page = streams.get_records(ShardIterator=iterator, Limit=100)
                found += page["Records"]
                iterator = page.get("NextShardIterator")
    assert (set(names(found)), keys(found)) == ({"INSERT"}, [f"user{number:03}" for number in range(250)])


@pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])
def test_each_view_type_shows_what_it_is_called(resource, client, streams, view):
    users = resource.create_table(**streamed("Users", "UserID", view=view))
    users.put_item(Item={"UserID": "user123", "Name": "John Smith"})
    users.put_item(Item={"UserID": "user123", "Name": "John Doe"})
    users.delete_item(Key={"UserID": "user123"})
    shown = [{"NewImage", "OldImage"} & record["dynamodb"].keys() for record in read_table(client, streams, "Users")]
    new = {"NewImage"} if view.startswith("NEW") else set()
    old = {"OldImage"} if "OLD" in view else set()
    assert shown == [new, new | old, old]


# --- Sessions -------------------------------------------------------------------------------------


def test_sessions_are_gone_after_a_day(resource, client, clock):
    table = create(resource, "SessionsTable", "SessionID")
    client.update_time_to_live(
        TableName="SessionsTable", TimeToLiveSpecification={"AttributeName": "ExpirationTime", "Enabled": True}
    )
    expiration_time = int(clock.now()) + 86400
    table.put_item(Item={"SessionID": "session123", "Data": "session data", "ExpirationTime": expiration_time})
    clock.advance(hours=24)
    assert table.get_item(Key={"SessionID": "session123"})["Item"]["Data"] == "session data"
    clock.advance(seconds=1)
    assert "Item" not in table.get_item(Key={"SessionID": "session123"})


def test_a_session_beside_other_items_of_a_table_expires_alone(resource, client, clock):
    clock.freeze(1682937000)  # 2023-05-01T10:30:00Z
    table = create(resource, "App", "PK", "SK")
    client.update_time_to_live(
        TableName="App", TimeToLiveSpecification={"AttributeName": "ExpiryTime", "Enabled": True}
    )
    session = {
        "PK": "SESSION#S12345",
        "SK": "METADATA",
        "UserID": "U1001",
        "LoginTime": "2023-05-01T10:30:00Z",
        "ExpiryTime": 1683021000,
    }
    fill(table, [session, {"PK": "USER#U1001", "SK": "PROFILE", "Name": "Ann"}])
    clock.freeze(1683021000)
    before = table.scan()["Count"]
    clock.advance(seconds=1)
    assert (before, column(table.scan()["Items"], "PK")) == (2, ["USER#U1001"])


def test_the_complete_example_table_has_all_it_asks_for(resource, client, streams, clock):
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    request = streamed("CompleteExample", "PK", "SK", ProvisionedThroughput=units)
    request["AttributeDefinitions"] += [
        {"AttributeName": name, "AttributeType": "S"} for name in ("GSI1PK", "GSI1SK", "LSI1SK")
    ]
    table = resource.create_table(
        **request,
        GlobalSecondaryIndexes=[
            {
                "IndexName": "GSI1",
                "KeySchema": [
                    {"AttributeName": "GSI1PK", "KeyType": "HASH"},
                    {"AttributeName": "GSI1SK", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Name", "Email"]},
                "ProvisionedThroughput": units,
            }
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "LSI1",
                "KeySchema": [
                    {"AttributeName": "PK", "KeyType": "HASH"},
                    {"AttributeName": "LSI1SK", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        Tags=[{"Key": "Environment", "Value": "production"}, {"Key": "Application", "Value": "my-app"}],
    )
    client.update_time_to_live(
        TableName="CompleteExample", TimeToLiveSpecification={"AttributeName": "ExpirationTime", "Enabled": True}
    )
    item = {"PK": "a", "SK": "b", "GSI1PK": "c", "GSI1SK": "d", "LSI1SK": "e", "Name": "n", "ExpirationTime": NOW + 60}
    table.put_item(Item=item)
    clock.advance(hours=1)
    assert [table.scan(IndexName=name)["Count"] for name in ("GSI1", "LSI1")] == [0, 0]
    assert names(read_table(client, streams, "CompleteExample")) == ["INSERT", "REMOVE"]
    (shard,) = shards_of(streams, stream_of(client, "CompleteExample"))
    assert is_open(shard)
