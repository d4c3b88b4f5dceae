"""Records that tables send to Kinesis streams: when, in which form, to functions and to files.

Source: control_plane.md 3.2 and 3.4. The settings of destinations are in conformance/cases/kinesis.yaml.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from base64 import b64decode
from typing import Any

import pytest

from emulator import Emulator

from .builders import condition_failed, refused, table_of
from .conftest import NOON

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"
OTHER = "arn:aws:kinesis:us-east-1:123456789012:stream/others"
NOON_MILLISECONDS = int(NOON.timestamp()) * 1000
A = {"id": {"S": "a"}}
OLD = {"id": {"S": "a"}, "n": {"N": "1"}}
NEW = {"id": {"S": "a"}, "n": {"N": "2"}}


class Sink:
    """A function that keeps the records it gets."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def __call__(self, record: dict[str, Any]) -> None:
        self.records.append(record)

    @property
    def changes(self) -> list[dict[str, Any]]:
        return [json.loads(record["Data"]) for record in self.records]

    @property
    def names(self) -> list[str]:
        return [change["eventName"] for change in self.changes]


def enable(client: Any, table: str, stream: str = STREAM, **configuration: str) -> None:
    request = {"EnableKinesisStreamingConfiguration": configuration} if configuration else {}
    client.enable_kinesis_streaming_destination(TableName=table, StreamArn=stream, **request)


@pytest.fixture
def orders(client: Any) -> str:
    """A table whose changes go to a stream."""
    client.create_table(**table_of("Orders", "id"))
    enable(client, "Orders")
    return "Orders"


@pytest.fixture
def sink(road: Any) -> Sink:
    sink = Sink()
    road.emulator.on_kinesis(STREAM, sink)
    return sink


# --- What is delivered ----------------------------------------------------------------------------


def test_each_change_is_delivered_when_its_request_is_answered(client, orders, sink):
    client.put_item(TableName=orders, Item=OLD)
    assert sink.names == ["INSERT"]
    client.put_item(TableName=orders, Item=NEW)
    client.delete_item(TableName=orders, Key=A)
    assert sink.names == ["INSERT", "MODIFY", "REMOVE"]


def test_a_record_has_the_parameters_of_put_record(client, orders, sink):
    client.put_item(TableName=orders, Item=OLD)
    (record,) = sink.records
    assert record.keys() == {"StreamARN", "PartitionKey", "Data"}
    assert record["StreamARN"] == STREAM
    assert re.fullmatch("[0-9A-F]{32}", record["PartitionKey"])


def test_a_new_item_has_a_new_image_alone(client, clock, orders, sink):
    client.put_item(TableName=orders, Item=OLD)
    (change,) = sink.changes
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", change.pop("eventID"))
    assert change == {
        "awsRegion": "us-east-1",
        "eventName": "INSERT",
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": "Orders",
        "dynamodb": {
            "ApproximateCreationDateTime": NOON_MILLISECONDS,
            "Keys": A,
            "NewImage": OLD,
            "SizeBytes": 3 + 3 + 3,
        },
        "eventSource": "aws:dynamodb",
    }


def test_a_changed_item_has_both_images(client, clock, orders, sink):
    client.put_item(TableName=orders, Item=OLD)
    client.put_item(TableName=orders, Item=NEW)
    assert sink.changes[1]["dynamodb"] == {
        "ApproximateCreationDateTime": NOON_MILLISECONDS,
        "Keys": A,
        "NewImage": NEW,
        "OldImage": OLD,
        "SizeBytes": 3 + 6 + 6,
    }


def test_a_deleted_item_has_an_old_image_alone(client, clock, orders, sink):
    client.put_item(TableName=orders, Item=OLD)
    client.delete_item(TableName=orders, Key=A)
    image = {"Keys": A, "OldImage": OLD, "SizeBytes": 3 + 6}
    assert sink.changes[1]["dynamodb"] == {"ApproximateCreationDateTime": NOON_MILLISECONDS, **image}


def test_dates_are_in_microseconds_where_that_was_asked_for(client, clock, road):
    client.create_table(**table_of("Orders", "id"))
    enable(client, "Orders", ApproximateCreationDateTimePrecision="MICROSECOND")
    sink = Sink()
    road.emulator.on_kinesis(STREAM, sink)
    clock.freeze(NOON.timestamp() + 0.000125)
    client.put_item(TableName="Orders", Item=OLD)
    (change,) = sink.changes
    assert change["dynamodb"]["ApproximateCreationDateTime"] == NOON_MILLISECONDS * 1000 + 125
    assert change["dynamodb"]["ApproximateCreationDateTimePrecision"] == "MICROSECOND"


def test_binary_values_are_base64(client, orders, sink):
    client.put_item(TableName=orders, Item={**A, "b": {"B": b"\x00\xff"}})
    assert b64decode(sink.changes[0]["dynamodb"]["NewImage"]["b"]["B"]) == b"\x00\xff"


def test_the_partition_key_is_the_same_for_all_changes_of_an_item(client, orders, sink):
    for item in (OLD, {"id": {"S": "b"}}, NEW):
        client.put_item(TableName=orders, Item=item)
    first, other, second = [record["PartitionKey"] for record in sink.records]
    assert first == second != other


def test_a_write_that_changes_nothing_gives_no_record(client, orders, sink):
    for _ in range(2):
        client.put_item(TableName=orders, Item=OLD)
    client.delete_item(TableName=orders, Key={"id": {"S": "missing"}})
    assert sink.names == ["INSERT"]


def test_a_refused_write_gives_no_record(client, orders, sink):
    with condition_failed():
        client.put_item(TableName=orders, Item=OLD, ConditionExpression="attribute_exists(id)")
    assert sink.records == []


def test_a_transaction_gives_a_record_for_each_item_once_all_are_written(client, orders, road):
    seen: list[int] = []
    road.emulator.on_kinesis(STREAM, lambda record: seen.append(road.emulator.tables()["us-east-1"]["Orders"]))
    puts = [{"Put": {"TableName": orders, "Item": {"id": {"S": letter}}}} for letter in "abc"]
    client.transact_write_items(TransactItems=puts)
    assert seen == [3, 3, 3]


def test_a_batch_and_a_statement_give_records(client, orders, sink):
    requests = [{"PutRequest": {"Item": {"id": {"S": letter}}}} for letter in "ab"]
    client.batch_write_item(RequestItems={orders: requests})
    client.execute_statement(Statement="INSERT INTO \"Orders\" VALUE {'id': 'c'}")
    assert [change["dynamodb"]["Keys"]["id"]["S"] for change in sink.changes] == ["a", "b", "c"]


def test_what_time_to_live_deletes_is_marked_as_such_and_delivered_when_the_clock_moves(client, clock, orders, sink):
    client.update_time_to_live(TableName=orders, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    client.put_item(TableName=orders, Item={**A, "expires": {"N": str(int(NOON.timestamp()) + 60)}})
    clock.advance(seconds=3600)
    assert sink.names == ["INSERT", "REMOVE"]
    assert sink.changes[1]["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert sink.changes[1]["dynamodb"]["ApproximateCreationDateTime"] < NOON_MILLISECONDS + 3_600_000


def test_the_stream_of_the_table_has_the_same_changes(client, streams, road):
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    client.create_table(**table_of("Orders", "id", StreamSpecification=specification))
    enable(client, "Orders")
    sink = Sink()
    road.emulator.on_kinesis(STREAM, sink)
    client.put_item(TableName="Orders", Item=OLD)
    arn = client.describe_table(TableName="Orders")["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    (record,) = streams.get_records(ShardIterator=streams.get_shard_iterator(**place)["ShardIterator"])["Records"]
    assert record["dynamodb"]["NewImage"] == sink.changes[0]["dynamodb"]["NewImage"] == OLD


# --- When a destination is live -------------------------------------------------------------------


def test_nothing_is_delivered_after_a_destination_was_disabled(client, orders, sink):
    client.disable_kinesis_streaming_destination(TableName=orders, StreamArn=STREAM)
    client.put_item(TableName=orders, Item=OLD)
    assert sink.records == []


def test_a_destination_is_followed_by_another_one(client, orders, road, sink):
    client.disable_kinesis_streaming_destination(TableName=orders, StreamArn=STREAM)
    enable(client, orders, OTHER)
    other = Sink()
    road.emulator.on_kinesis(OTHER, other)
    client.put_item(TableName=orders, Item=OLD)
    assert (sink.names, other.names) == ([], ["INSERT"])


def test_several_tables_may_send_to_one_stream(client, orders, sink):
    client.create_table(**table_of("Customers", "id"))
    enable(client, "Customers")
    for table in ("Customers", orders):
        client.put_item(TableName=table, Item=OLD)
    assert [change["tableName"] for change in sink.changes] == ["Customers", "Orders"]


def test_a_stream_of_another_region_cannot_be_used(client, road):
    client.create_table(**table_of("Orders", "id"))
    elsewhere = STREAM.replace("us-east-1", "eu-west-1")
    enable(client, "Orders", elsewhere)
    sink = Sink()
    road.emulator.on_kinesis(elsewhere, sink)
    client.put_item(TableName="Orders", Item=OLD)
    (destination,) = client.describe_kinesis_streaming_destination(TableName="Orders")["KinesisDataStreamDestinations"]
    assert (destination["DestinationStatus"], sink.records) == ("ENABLE_FAILED", [])


@pytest.fixture
def slow() -> Any:
    """An emulator whose changes take ten seconds of a clock that stands still, with a table `Orders`."""
    emulator = Emulator(status_delay=10)
    emulator.clock.freeze(NOON)
    emulator.client().create_table(**table_of("Orders", "id"))
    emulator.clock.advance(seconds=10)
    return emulator


def status(client: Any) -> list[str]:
    found = client.describe_kinesis_streaming_destination(TableName="Orders")["KinesisDataStreamDestinations"]
    return [destination["DestinationStatus"] for destination in found]


def test_a_destination_is_live_only_while_it_is_active_or_updating(slow):
    client, sink, seen = slow.client(), Sink(), []
    slow.on_kinesis(STREAM, sink)

    def step(number: int) -> None:
        client.put_item(TableName="Orders", Item={**A, "n": {"N": str(number)}})
        seen.append((status(client)[0], len(sink.records)))
        slow.clock.advance(seconds=10)

    enable(client, "Orders")
    step(1)
    step(2)
    client.update_kinesis_streaming_destination(
        TableName="Orders",
        StreamArn=STREAM,
        UpdateKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"},
    )
    step(3)
    step(4)
    client.disable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    step(5)
    step(6)
    assert seen == [("ENABLING", 0), ("ACTIVE", 1), ("UPDATING", 2), ("ACTIVE", 3), ("DISABLING", 3), ("DISABLED", 3)]


def test_what_is_being_enabled_can_be_neither_disabled_nor_updated(slow):
    client = slow.client()
    enable(client, "Orders")
    state = "Table is not in a valid state to enable Kinesis Streaming Destination: "
    with refused(f"{state}KinesisStreamingDestination must be ACTIVE to perform DISABLE operation."):
        client.disable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    with refused(f"{state}KinesisStreamingDestination must be ACTIVE to perform UPDATE operation."):
        client.update_kinesis_streaming_destination(
            TableName="Orders",
            StreamArn=STREAM,
            UpdateKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"},
        )


def test_a_table_that_is_being_made_takes_no_destination(slow):
    client = slow.client()
    client.create_table(**table_of("Customers", "id"))
    text = "Attempt to change a resource which is still in use: Table is being created: Customers"
    with refused(text, "ResourceInUseException"):
        enable(client, "Customers")


# --- Functions and files --------------------------------------------------------------------------


def test_a_function_that_fails_is_logged_and_the_write_is_done(client, orders, road, sink, caplog):
    def fail(record: dict[str, Any]) -> None:
        raise RuntimeError("no room")

    road.emulator.on_kinesis(STREAM, fail)
    with caplog.at_level(logging.ERROR, "emulator"):
        client.put_item(TableName=orders, Item=OLD)
    assert "no room" in caplog.text
    assert client.get_item(TableName=orders, Key=A)["Item"] == OLD
    assert sink.names == ["INSERT"]


def test_a_function_may_be_ended(client, orders, road):
    sink = Sink()
    end = road.emulator.on_kinesis(STREAM, sink)
    end()
    client.put_item(TableName=orders, Item=OLD)
    assert sink.records == []


def test_reset_ends_all_functions(road, sink):
    road.emulator.reset()
    road.client.create_table(**table_of("Orders", "id"))
    enable(road.client, "Orders")
    road.client.put_item(TableName="Orders", Item=OLD)
    assert sink.records == []


def test_a_function_may_write_to_the_emulator(road):
    """What it writes is delivered after the record that it was called with."""
    client = road.emulator.client()
    client.create_table(**table_of("Orders", "id"))
    enable(client, "Orders")
    sink = Sink()

    def copy(record: dict[str, Any]) -> None:
        if json.loads(record["Data"])["dynamodb"]["Keys"] == A:
            client.put_item(TableName="Orders", Item={"id": {"S": "copy"}})

    road.emulator.on_kinesis(STREAM, copy)
    road.emulator.on_kinesis(STREAM, sink)
    client.put_item(TableName="Orders", Item=OLD)
    assert [change["dynamodb"]["Keys"]["id"]["S"] for change in sink.changes] == ["a", "copy"]


def test_writers_in_many_threads_have_each_record_delivered_once_and_in_order(road):
    client = road.emulator.client()
    client.create_table(**table_of("Orders", "id"))
    enable(client, "Orders")
    sink = Sink()
    road.emulator.on_kinesis(STREAM, sink)

    def write(writer: int) -> None:
        for version in range(50):
            client.put_item(TableName="Orders", Item={"id": {"S": str(writer)}, "n": {"N": str(version)}})

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    images = [change["dynamodb"]["NewImage"] for change in sink.changes]
    for writer in range(4):
        versions = [int(image["n"]["N"]) for image in images if image["id"]["S"] == str(writer)]
        assert versions == list(range(50))


def test_a_savepoint_brings_destinations_and_functions_back_but_not_what_was_delivered(road):
    client, sink, later = road.client, Sink(), Sink()
    client.create_table(**table_of("Orders", "id"))
    savepoint = road.emulator.savepoint()
    enable(client, "Orders")
    road.emulator.on_kinesis(STREAM, sink)
    client.put_item(TableName="Orders", Item=OLD)
    savepoint.restore()
    savepoint.release()
    road.emulator.on_kinesis(STREAM, later)
    client.put_item(TableName="Orders", Item=OLD)
    assert client.describe_kinesis_streaming_destination(TableName="Orders")["KinesisDataStreamDestinations"] == []
    assert (sink.names, later.names) == (["INSERT"], [])


def test_a_savepoint_brings_back_a_destination_that_was_disabled(client, orders, road, sink):
    savepoint = road.emulator.savepoint()
    client.disable_kinesis_streaming_destination(TableName=orders, StreamArn=STREAM)
    client.list_tables()
    savepoint.restore()
    savepoint.release()
    client.put_item(TableName=orders, Item=OLD)
    assert sink.names == ["INSERT"]


def test_a_directory_has_a_file_of_lines_for_each_stream(tmp_path):
    emulator = Emulator(kinesis_dir=str(tmp_path / "kinesis"))
    client = emulator.client()
    for table, stream in (("Orders", STREAM), ("Others", OTHER)):
        client.create_table(**table_of(table, "id"))
        enable(client, table, stream)
    client.put_item(TableName="Orders", Item=OLD)
    client.put_item(TableName="Others", Item=OLD)
    client.delete_item(TableName="Orders", Key=A)
    files = {path.name: path.read_text("utf-8").splitlines() for path in (tmp_path / "kinesis").iterdir()}
    names = {name: [json.loads(line)["eventName"] for line in lines] for name, lines in files.items()}
    assert names == {"orders.jsonl": ["INSERT", "REMOVE"], "others.jsonl": ["INSERT"]}


def test_a_directory_that_cannot_be_written_to_is_logged_and_the_write_is_done(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way", "utf-8")
    emulator = Emulator(kinesis_dir=str(tmp_path / "file"))
    client = emulator.client()
    client.create_table(**table_of("Orders", "id"))
    enable(client, "Orders")
    with caplog.at_level(logging.ERROR, "emulator"):
        client.put_item(TableName="Orders", Item=OLD)
    assert STREAM in caplog.text
    assert client.get_item(TableName="Orders", Key=A)["Item"] == OLD
