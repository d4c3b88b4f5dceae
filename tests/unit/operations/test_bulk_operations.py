"""Bulk operations with a bucket. boto3 does not know them yet, so they are asked for at the gateway."""

from __future__ import annotations

import gzip
import json
import logging
from base64 import b64encode
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator

from .calls import IN_USE, Fault, call, fault_of

PUT = b'{"Item":{"pk":{"S":"a"},"n":{"N":"01"}}}\n'
NEW_ONLY = b'{"Item":{"pk":{"S":"a"}},"ConditionExpression":"attribute_not_exists(pk)"}\n'
FAULTY = b'{"Item":{"sk":{"S":"a"}}}\n'
BOTH = ["ERROR", "CONDITION_CHECK_FAILURE"]


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    (tmp_path / "bucket").mkdir()
    return tmp_path / "bucket"


def emulator_with_table(bucket: Path | None, **settings: Any) -> Emulator:
    emulator = Emulator(bucket_dir=bucket and bucket.parent, **settings)
    emulator.clock.freeze(1_800_000_000)
    call(
        emulator,
        "CreateTable",
        TableName="table",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind in (("pk", "S"), ("n", "N"))
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_n",
                "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    emulator.clock.advance(seconds=settings.get("status_delay", 0))
    return emulator


@pytest.fixture
def emulator(bucket: Path) -> Emulator:
    return emulator_with_table(bucket)


def put(bucket: Path, key: str, content: bytes) -> None:
    path = bucket / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def start(emulator: Emulator, output: dict[str, Any] | None = None, **source: Any) -> dict[str, Any]:
    source = {"S3Bucket": "bucket", "S3KeyPrefix": "in/", "InputFormat": "DYNAMODB_JSON", **source}
    output = {"S3Bucket": "bucket", "S3KeyPrefix": "out", "OutputType": BOTH, **(output or {})}
    answer = call(
        emulator, "StartBulkPutItems", TableName="table", InputS3Configuration=source, OutputS3Configuration=output
    )
    description: dict[str, Any] = answer["BulkOperationDescription"]
    return description


def described(emulator: Emulator, arn: str) -> dict[str, Any]:
    description: dict[str, Any] = call(emulator, "DescribeBulkOperation", BulkOperationArn=arn)[
        "BulkOperationDescription"
    ]
    return description


def ended(emulator: Emulator, output: dict[str, Any] | None = None, **source: Any) -> dict[str, Any]:
    """The description of an operation that has ended."""
    return described(emulator, start(emulator, output, **source)["BulkOperationArn"])


def items(emulator: Emulator) -> list[Any]:
    found: list[Any] = call(emulator, "Scan", TableName="table")["Items"]
    return found


def report(bucket: Path, kind: str) -> list[Any]:
    """The records of the one report of a kind."""
    (path,) = bucket.glob(f"out/AWSDynamoDB/*/{kind}/*.json")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# --- What is put ----------------------------------------------------------------------------------


def test_all_objects_below_the_prefix_are_put(emulator: Emulator, bucket: Path) -> None:
    put(bucket, "in/1", PUT)
    put(bucket, "in/deep/2", b'{"Item":{"pk":{"S":"b"}}}')
    put(bucket, "3", b'{"Item":{"pk":{"S":"c"}}}')
    assert ended(emulator)["BulkOperationStatus"] == "COMPLETED"
    assert items(emulator) == [{"pk": {"S": "b"}}, {"pk": {"S": "a"}, "n": {"N": "1"}}]


def test_an_item_takes_the_place_of_the_one_that_is_there(emulator: Emulator, bucket: Path) -> None:
    call(emulator, "PutItem", TableName="table", Item={"pk": {"S": "a"}, "old": {"S": "x"}})
    put(bucket, "in/1", PUT)
    ended(emulator)
    assert items(emulator) == [{"pk": {"S": "a"}, "n": {"N": "1"}}]


def test_ion_and_compression_are_read(emulator: Emulator, bucket: Path) -> None:
    put(bucket, "in/1", gzip.compress(b'$ion_1_0 {Item:{pk:"a",n:1.}}'))
    ended(emulator, InputFormat="ION", InputCompressionType="GZIP")
    assert items(emulator) == [{"pk": {"S": "a"}, "n": {"N": "1"}}]


def test_what_is_put_stands_in_the_stream(emulator: Emulator, bucket: Path) -> None:
    view = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    call(emulator, "UpdateTable", TableName="table", StreamSpecification=view)
    put(bucket, "in/1", PUT)
    ended(emulator)
    (stream,) = call(emulator, "ListStreams")["Streams"]
    place = {"StreamArn": stream["StreamArn"]}
    (shard,) = call(emulator, "DescribeStream", **place)["StreamDescription"]["Shards"]
    start_of = {**place, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = call(emulator, "GetShardIterator", **start_of)["ShardIterator"]
    assert len(call(emulator, "GetRecords", ShardIterator=iterator)["Records"]) == 1


def test_counts_bytes_and_usage_are_told(emulator: Emulator, bucket: Path) -> None:
    content = PUT + FAULTY + NEW_ONLY
    put(bucket, "in/1", content)
    description = ended(emulator)
    counts = [description[name] for name in ("ProcessedItemCount", "FailedItemCount")]
    sizes = [description[name] for name in ("ProcessedInputBytes", "TotalInputBytes")]
    assert (counts, sizes) == ([3, 1], [len(content)] * 2)
    assert description["BulkOperationUsage"] == [
        {
            "TableName": "table",
            "BulkPutBytes": 12,
            "Table": {"BulkPutBytes": 6},
            "GlobalSecondaryIndexes": {"by_n": {"BulkPutBytes": 6}},
        }
    ]


def test_without_input_there_is_nothing_to_do(emulator: Emulator) -> None:
    description = ended(emulator)
    assert (description["BulkOperationStatus"], description["ProcessedItemCount"]) == ("COMPLETED", 0)


# --- Conditions and faults ------------------------------------------------------------------------


def test_a_condition_that_does_not_hold_puts_nothing_and_is_no_failure(emulator: Emulator, bucket: Path) -> None:
    put(bucket, "in/1", PUT + NEW_ONLY)
    description = ended(emulator)
    assert (description["BulkOperationStatus"], description["FailedItemCount"]) == ("COMPLETED", 0)
    assert items(emulator) == [{"pk": {"S": "a"}, "n": {"N": "1"}}]


def test_the_report_of_conditions_has_both_items(emulator: Emulator, bucket: Path) -> None:
    missing = b'{"Item":{"pk":{"S":"b"}},"ConditionExpression":"#p = :v","ExpressionAttributeNames":{"#p":"pk"},'
    missing += b'"ExpressionAttributeValues":{":v":{"S":"x"}}}'
    put(bucket, "in/1", PUT + NEW_ONLY + missing)
    ended(emulator)
    pointer = {"bucket": "bucket", "key": "in/1"}
    assert report(bucket, "CONDITION_CHECK_FAILURE") == [
        {
            "itemS3Pointer": {**pointer, "itemIndex": 1},
            "Item": {"pk": {"S": "a"}},
            "ExistingItem": {"pk": {"S": "a"}, "n": {"N": "1"}},
        },
        {"itemS3Pointer": {**pointer, "itemIndex": 2}, "Item": {"pk": {"S": "b"}}},
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (FAULTY, "Missing the key pk in the item"),
        (b'{"Item":{"pk":{"N":"1"}}}', "Type mismatch for key pk"),
        (b'{"Item":{"pk":{"S":"a"},"n":{"S":"x"}}}', "IndexName: by_n"),
        (b'{"Item":{"pk":{"S":"a"}},"ConditionExpression":"a b"}', "Invalid ConditionExpression"),
        (b'{"Item":{"pk":{"S":"a"}},"Other":1}', "'Other'"),
        (b'{"pk":{"S":"a"}}', "no Item"),
        (b"{", "not JSON"),
        (b'{"Item":{"pk":{"S":"a"},"x":' + b'{"L":[' * 400 + b"]}" * 400 + b"}}", "nested levels"),
    ],
)
def test_what_cannot_be_put_is_reported_and_the_rest_is_put(
    emulator: Emulator, bucket: Path, line: bytes, message: str
) -> None:
    put(bucket, "in/1", line + b"\n" + PUT)
    assert ended(emulator)["BulkOperationStatus"] == "COMPLETED_WITH_ERRORS"
    (record,) = report(bucket, "ERROR")
    assert record["itemS3Pointer"] == {"bucket": "bucket", "key": "in/1", "itemIndex": 0}
    assert message in record["errorMessages"][0]
    assert items(emulator) == [{"pk": {"S": "a"}, "n": {"N": "1"}}]


@pytest.mark.parametrize("kind", BOTH)
def test_only_reports_that_were_asked_for_are_written(emulator: Emulator, bucket: Path, kind: str) -> None:
    put(bucket, "in/1", PUT + FAULTY + NEW_ONLY)
    ended(emulator, {"OutputType": [kind]})
    written = {path.parent.name for path in bucket.glob("out/AWSDynamoDB/*/*/*.json")}
    assert (written, len(report(bucket, kind))) == ({kind}, 1)


def test_reports_pass_the_checks_of_their_manifest(emulator: Emulator, bucket: Path) -> None:
    put(bucket, "in/1", PUT + FAULTY + NEW_ONLY)
    ended(emulator)
    (manifest,) = bucket.glob("out/AWSDynamoDB/*/manifest-files.json")
    assert manifest.with_suffix(".md5").read_bytes() == b64encode(md5(manifest.read_bytes()).digest())
    listed = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    for entry in listed:
        content = (bucket / entry["dataFileS3Key"]).read_bytes()
        assert entry["md5Checksum"] == b64encode(md5(content).digest()).decode()
        assert entry["itemCount"] == len(content.splitlines())
    assert len(listed) == 2


# --- Its life -------------------------------------------------------------------------------------


def test_an_operation_goes_on_until_the_delay_is_over(bucket: Path) -> None:
    emulator = emulator_with_table(bucket, status_delay=60)
    arn = start(emulator)["BulkOperationArn"]
    emulator.clock.advance(seconds=59)
    before = described(emulator, arn)
    emulator.clock.advance(seconds=1)
    after = described(emulator, arn)
    assert (before["BulkOperationStatus"], "EndTime" in before) == ("IN_PROGRESS", False)
    assert (after["BulkOperationStatus"], after["EndTime"] - after["StartTime"]) == ("COMPLETED", 60)


def test_an_operation_may_be_cancelled_and_what_it_put_stays(bucket: Path) -> None:
    emulator = emulator_with_table(bucket, status_delay=60)
    put(bucket, "in/1", PUT)
    arn = start(emulator)["BulkOperationArn"]
    emulator.clock.advance(seconds=30)
    cancelled = call(emulator, "CancelBulkOperation", BulkOperationArn=arn)
    emulator.clock.advance(seconds=59)
    before = described(emulator, arn)["BulkOperationStatus"]
    emulator.clock.advance(seconds=1)
    after = described(emulator, arn)
    assert cancelled == {"BulkOperationArn": arn, "BulkOperationStatus": "CANCELLING"}
    assert (before, after["BulkOperationStatus"]) == ("CANCELLING", "CANCELLED")
    assert after["EndTime"] - after["StartTime"] == 90
    assert len(items(emulator)) == 1


def test_cancelling_again_changes_nothing(bucket: Path) -> None:
    emulator = emulator_with_table(bucket, status_delay=60)
    arn = start(emulator)["BulkOperationArn"]
    call(emulator, "CancelBulkOperation", BulkOperationArn=arn)
    emulator.clock.advance(seconds=30)
    assert call(emulator, "CancelBulkOperation", BulkOperationArn=arn)["BulkOperationStatus"] == "CANCELLING"
    emulator.clock.advance(seconds=30)
    assert described(emulator, arn)["BulkOperationStatus"] == "CANCELLED"


def test_an_operation_that_has_ended_is_not_cancelled(emulator: Emulator) -> None:
    arn = start(emulator)["BulkOperationArn"]
    assert call(emulator, "CancelBulkOperation", BulkOperationArn=arn)["BulkOperationStatus"] == "COMPLETED"


def test_a_savepoint_takes_an_operation_back(emulator: Emulator, bucket: Path) -> None:
    put(bucket, "in/1", PUT)
    savepoint = emulator.savepoint()
    ended(emulator)
    savepoint.restore()
    savepoint.release()
    assert items(emulator) == []
    assert call(emulator, "ListBulkOperations") == {"BulkOperationsSummaryList": []}


def test_operations_are_listed_newest_first(emulator: Emulator) -> None:
    arns = []
    for _ in range(3):
        arns.append(start(emulator)["BulkOperationArn"])
        emulator.clock.advance(seconds=1)
    first = call(emulator, "ListBulkOperations", MaxResults=2)
    second = call(emulator, "ListBulkOperations", MaxResults=2, NextToken=first["NextToken"])
    listed = [summary["BulkOperationArn"] for page in (first, second) for summary in page["BulkOperationsSummaryList"]]
    assert listed == arns[::-1]


# --- What is refused, and what fails --------------------------------------------------------------

SOURCE = {"S3Bucket": "bucket", "InputFormat": "ION"}


def test_a_table_that_is_being_deleted_takes_none(bucket: Path) -> None:
    emulator = emulator_with_table(bucket, status_delay=60)
    call(emulator, "DeleteTable", TableName="table")
    request = {"InputS3Configuration": SOURCE, "OutputS3Configuration": {"S3Bucket": "bucket", "OutputType": BOTH}}
    text = "Attempt to change a resource which is still in use: Table is being deleted: table"
    assert fault_of(emulator, "StartBulkPutItems", TableName="table", **request) == Fault(IN_USE, text)


def test_a_table_that_makes_an_index_takes_none(bucket: Path) -> None:
    emulator = emulator_with_table(bucket, status_delay=60)
    create = {"IndexName": "more", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}]}
    call(
        emulator,
        "UpdateTable",
        TableName="table",
        AttributeDefinitions=[{"AttributeName": "n", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[{"Create": {**create, "Projection": {"ProjectionType": "ALL"}}}],
    )
    request = {"InputS3Configuration": SOURCE, "OutputS3Configuration": {"S3Bucket": "bucket", "OutputType": BOTH}}
    fault = fault_of(emulator, "StartBulkPutItems", TableName="table", **request)
    assert fault is not None
    assert (fault.code, "Index is being created" in (fault.message or "")) == (IN_USE, True)


@pytest.mark.parametrize(("side", "name"), [("S3Bucket", "missing"), ("S3Bucket", "NUL"), ("output", "missing")])
def test_a_bucket_that_is_not_there_fails_the_operation(emulator: Emulator, bucket: Path, side: str, name: str) -> None:
    put(bucket, "in/1", PUT)
    description = ended(emulator, {"S3Bucket": name}) if side == "output" else ended(emulator, S3Bucket=name)
    assert (description["BulkOperationStatus"], description["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert items(emulator) == []


def test_without_a_bucket_directory_the_log_says_how_to_give_one(caplog: pytest.LogCaptureFixture) -> None:
    emulator = emulator_with_table(None)
    with caplog.at_level(logging.WARNING, "emulator"):
        assert ended(emulator)["FailureCode"] == "S3NoSuchBucket"
    assert "--bucket-dir" in caplog.text


def test_a_prefix_of_the_report_that_no_directory_can_hold_is_refused(emulator: Emulator) -> None:
    output = {"S3Bucket": "bucket", "S3KeyPrefix": "../out", "OutputType": BOTH}
    fault = fault_of(
        emulator, "StartBulkPutItems", TableName="table", InputS3Configuration=SOURCE, OutputS3Configuration=output
    )
    assert fault is not None
    assert "../out/AWSDynamoDB" in (fault.message or "")


def test_a_report_that_cannot_be_written_fails_the_operation_and_what_was_put_stays(
    emulator: Emulator, bucket: Path
) -> None:
    put(bucket, "in/1", PUT)
    put(bucket, "out", b"a file")
    description = ended(emulator)
    assert (description["BulkOperationStatus"], description["ProcessedItemCount"]) == ("FAILED", 1)
    assert len(items(emulator)) == 1


# --- Global tables ----------------------------------------------------------------------------------

REPLICA = [{"Create": {"RegionName": "eu-west-1"}}]
REQUEST = {
    "TableName": "table",
    "InputS3Configuration": {"S3Bucket": "bucket", "InputFormat": "DYNAMODB_JSON"},
    "OutputS3Configuration": {"S3Bucket": "bucket", "OutputType": ["ERROR"]},
}


def test_a_table_of_a_global_table_takes_no_bulk_operation(emulator: Emulator) -> None:
    call(emulator, "UpdateTable", TableName="table", ReplicaUpdates=REPLICA)
    emulator.tables()
    assert fault_of(emulator, "StartBulkPutItems", **REQUEST) == Fault(
        IN_USE, "Attempt to change a resource which is still in use: Table belongs to a global table: table"
    )


def test_a_table_gets_no_replica_while_a_bulk_operation_goes_on(bucket: Path) -> None:
    emulator = emulator_with_table(bucket, status_delay=10)
    call(emulator, "StartBulkPutItems", **REQUEST)
    assert fault_of(emulator, "UpdateTable", TableName="table", ReplicaUpdates=REPLICA) == Fault(
        IN_USE, "Attempt to change a resource which is still in use: Table has a bulk operation in progress: table"
    )
