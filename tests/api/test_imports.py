"""Imports: tables out of a bucket."""

from __future__ import annotations

import gzip
import json
import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zstandard
from botocore.exceptions import ClientError

from emulator import Emulator

from .builders import index, refused, table_of

A = b'{"Item":{"id":{"S":"a"},"n":{"N":"1"}}}\n'
B = b'{"Item":{"id":{"S":"b"}}}\n'
UNWRAPPED = b'{"id":{"S":"c"}}\n'
MISSING_KEY = "One or more parameter values were invalid: Missing the key id in the item"


def put(bucket: Path, key: str, content: bytes) -> None:
    path = bucket / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def begun(
    client: Any, bucket: Path | str, prefix: str = "", table: dict[str, Any] | None = None, **parameters: Any
) -> Any:
    name = bucket if isinstance(bucket, str) else bucket.name
    parameters = {"InputFormat": "DYNAMODB_JSON", **parameters}
    source = {"S3Bucket": name, "S3KeyPrefix": prefix}
    table = table or table_of("Music", "id")
    answer = client.import_table(S3BucketSource=source, TableCreationParameters=table, **parameters)
    return answer["ImportTableDescription"]


def imported(client: Any, *arguments: Any, **parameters: Any) -> Any:
    """The description of an import that has ended."""
    arn = begun(client, *arguments, **parameters)["ImportArn"]
    return client.describe_import(ImportArn=arn)["ImportTableDescription"]


def counts(description: Any) -> tuple[int, int, int]:
    return tuple(description[name] for name in ("ProcessedItemCount", "ImportedItemCount", "ErrorCount"))


def ids(resource: Any, table: str = "Music") -> list[Any]:
    return sorted(item["id"] for item in resource.Table(table).scan()["Items"])


# --- What is read ---------------------------------------------------------------------------------


def test_all_objects_below_the_prefix_become_items(client, resource, bucket):
    put(bucket, "in/1.json", A)
    put(bucket, "in/deeper/2", B)
    put(bucket, "other/3.json", UNWRAPPED)
    assert imported(client, bucket, "in/")["ImportStatus"] == "COMPLETED"
    assert ids(resource) == ["a", "b"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bytes], ids=["GZIP", "ZSTD", "NONE"])
def test_objects_are_unpacked_as_the_request_says_whatever_they_are_called(request, client, resource, bucket, pack):
    put(bucket, "data.csv", pack(A + B))
    description = imported(client, bucket, InputCompressionType=request.node.callspec.id.rpartition("-")[2])
    assert (description["ProcessedSizeBytes"], ids(resource)) == (len(A + B), ["a", "b"])


@pytest.mark.parametrize(
    ("input_format", "content"),
    [
        ("DYNAMODB_JSON", b'{"Item":{"id":{"S":"a"},"n":{"S":"1"}}}'),
        ("ION", b'$ion_1_0 {Item:{id:"a",n:"1"}}'),
        ("CSV", b"id,n\na,1"),
    ],
)
def test_each_format_is_read(client, resource, bucket, input_format, content):
    put(bucket, "a", content)
    imported(client, bucket, InputFormat=input_format)
    assert resource.Table("Music").scan()["Items"] == [{"id": "a", "n": "1"}]


def test_csv_gives_key_attributes_of_table_and_indexes_their_types(client, resource, bucket):
    put(bucket, "a", b"a;7;7;7\n")
    table = table_of("Music", "id", "sort:N", gsis=[index("by_year", "year:N")])
    options = {"Csv": {"Delimiter": ";", "HeaderList": ["id", "sort", "year", "other"]}}
    imported(client, bucket, table=table, InputFormat="CSV", InputFormatOptions=options)
    (item,) = resource.Table("Music").scan()["Items"]
    assert item == {"id": "a", "sort": Decimal(7), "year": Decimal(7), "other": "7"}


def test_indexes_are_filled(client, resource, bucket):
    put(bucket, "a", A + B)
    imported(client, bucket, table=table_of("Music", "id", gsis=[index("by_n", "n:N")]))
    assert resource.Table("Music").scan(IndexName="by_n")["Items"] == [{"id": "a", "n": Decimal(1)}]


def test_of_items_with_equal_keys_one_stays_and_all_count(client, resource, bucket):
    put(bucket, "a", A + A)
    assert (counts(imported(client, bucket)), ids(resource)) == ((2, 2, 0), ["a"])


def test_an_empty_bucket_makes_an_empty_table(client, resource, bucket):
    description = imported(client, bucket)
    assert (description["ImportStatus"], counts(description), description["ProcessedSizeBytes"]) == (
        "COMPLETED",
        (0, 0, 0),
        0,
    )
    assert client.describe_table(TableName="Music")["Table"]["ItemCount"] == 0


@pytest.mark.parametrize("prefix", ["..", "../", "/", "./", "in/../in/"])
def test_a_prefix_does_not_lead_out_of_the_bucket(client, bucket, prefix):
    put(bucket.parent, "outside.json", A)
    put(bucket, "in/a.json", A)
    assert counts(imported(client, bucket, prefix)) == (0, 0, 0)


# --- What is wrong with items ---------------------------------------------------------------------


def test_items_that_are_invalid_are_counted_and_the_others_imported(client, resource, bucket):
    put(bucket, "good", B)
    put(bucket, "bad", UNWRAPPED)
    description = imported(client, bucket)
    assert counts(description) == (2, 1, 1)
    assert (description["ImportStatus"], description["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert description["FailureMessage"] == (
        "Some of the items failed validation checks and were not imported. "
        "Please check CloudWatch error logs for more details."
    )
    assert ids(resource) == ["b"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"other": {"S": "a"}}, MISSING_KEY),
        (
            {"id": {"N": "1"}},
            "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N",
        ),
        ({"id": {"S": "a"}, "n": {"N": "x"}}, "The parameter cannot be converted to a numeric value: x"),
        (
            {"id": {"S": "a"}, "s": {"SS": []}},
            "One or more parameter values were invalid: An string set  may not be empty",
        ),
        ({"id": {"S": "a"}, "l": {"S": "x" * 410_000}}, "Item size has exceeded the maximum allowed size"),
        ({"id": {"S": "a"}, "g": {"S": "x"}}, "IndexName: by_g"),
        ({"id": {"S": "a"}, "x": 5}, ""),
        ({"id": {"S": "a"}, "x": {"B": "!"}}, "Base64"),
        ("text", ""),
    ],
)
def test_an_item_that_cannot_be_put_is_told_in_the_error_log(client, bucket, item, message):
    put(bucket, "in/a.json", A + json.dumps({"Item": item}).encode())
    description = imported(client, bucket, "in/", table=table_of("Music", "id", gsis=[index("by_g", "g:N")]))
    import_id = description["ImportArn"].rpartition("/")[2]
    log = bucket.parent / ".logs" / "aws-dynamodb" / "imports" / import_id / "error"
    (entry,) = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    assert entry["itemS3Pointer"] == {"bucket": bucket.name, "key": "in/a.json", "itemIndex": 1}
    assert entry["importArn"] == description["ImportArn"]
    assert message in entry["errorMessages"][0]


def test_a_damaged_object_is_one_error_and_the_others_are_read(client, resource, bucket):
    put(bucket, "1", gzip.compress(A)[:-4])
    put(bucket, "2", gzip.compress(B))
    description = imported(client, bucket, InputCompressionType="GZIP")
    assert description["ErrorCount"] == 1
    assert "b" in ids(resource)


# --- Its life -------------------------------------------------------------------------------------


def test_an_import_goes_on_until_the_delay_is_over():
    emulator = Emulator(status_delay=60)
    emulator.clock.freeze(1_800_000_000)
    client = emulator.client()
    started = begun(client, "nowhere")
    emulator.clock.advance(seconds=59)
    before = client.describe_import(ImportArn=started["ImportArn"])["ImportTableDescription"]
    emulator.clock.advance(seconds=1)
    after = client.describe_import(ImportArn=started["ImportArn"])["ImportTableDescription"]
    assert (started["ImportStatus"], before["ImportStatus"], after["ImportStatus"]) == (
        "IN_PROGRESS",
        "IN_PROGRESS",
        "FAILED",
    )
    assert (after["EndTime"] - after["StartTime"]).total_seconds() == 60


def test_the_table_is_being_created_while_the_import_goes_on(tmp_path):
    (tmp_path / "bucket").mkdir()
    emulator = Emulator(status_delay=60, bucket_dir=tmp_path)
    client = emulator.client()
    begun(client, "bucket")
    assert client.describe_table(TableName="Music")["Table"]["TableStatus"] == "CREATING"
    with refused("Requested resource not found", "ResourceNotFoundException"):
        client.put_item(TableName="Music", Item={"id": {"S": "a"}})
    emulator.clock.advance(seconds=60)
    assert client.describe_table(TableName="Music")["Table"]["TableStatus"] == "ACTIVE"


def test_the_waiter_of_boto3_waits_for_an_import(client, resource, bucket):
    put(bucket, "a", A)
    client.get_waiter("import_completed").wait(ImportArn=begun(client, bucket)["ImportArn"])
    assert ids(resource) == ["a"]


def test_a_savepoint_takes_an_import_back(road, client, bucket):
    put(bucket, "a", A)
    savepoint = road.emulator.savepoint()
    imported(client, bucket)
    savepoint.restore()
    savepoint.release()
    assert (client.list_tables()["TableNames"], client.list_imports()["ImportSummaryList"]) == ([], [])


def test_a_token_is_forgotten_after_eight_hours(client, bucket, clock):
    def arn() -> str:
        return begun(client, "nowhere", ClientToken="token")["ImportArn"]

    first = arn()
    clock.advance(hours=8, seconds=-1)
    assert arn() == first
    clock.advance(seconds=1)
    assert arn() != first


def test_imports_are_listed_for_90_days_newest_first(client, bucket, clock):
    arns = []
    for _ in range(3):
        arns.append(begun(client, "nowhere")["ImportArn"])
        clock.advance(seconds=1)
    first = client.list_imports(PageSize=2)
    pages = (first, client.list_imports(PageSize=2, NextToken=first["NextToken"]))
    assert [summary["ImportArn"] for page in pages for summary in page["ImportSummaryList"]] == arns[::-1]
    clock.advance(days=90, seconds=-1)
    assert [summary["ImportArn"] for summary in client.list_imports()["ImportSummaryList"]] == [arns[2]]


def test_the_51st_import_at_a_time_is_refused():
    emulator = Emulator(status_delay=60)
    client = emulator.client()
    for _ in range(50):
        begun(client, "nowhere")
    with pytest.raises(ClientError, match="LimitExceededException"):
        begun(client, "nowhere")


def test_an_import_of_another_account_is_not_to_be_seen(client):
    arn = "arn:aws:dynamodb:us-east-1:999999999999:table/Music/import/01658528578619-c4d4e311"
    with refused("Access is denied", "AccessDeniedException"):
        client.describe_import(ImportArn=arn)


# --- Buckets that cannot be used ------------------------------------------------------------------


def test_without_a_bucket_directory_the_log_says_how_to_give_one(caplog):
    client = Emulator().client()
    with caplog.at_level(logging.WARNING, "emulator"):
        assert imported(client, "bucket")["FailureCode"] == "S3NoSuchBucket"
    assert "--bucket-dir" in caplog.text


@pytest.mark.parametrize("name", ["missing", "CON", "nul.json", "lpt1"])
def test_a_bucket_that_is_not_there_fails_the_import_and_leaves_no_table(client, bucket, name):
    assert imported(client, name)["FailureCode"] == "S3NoSuchBucket"
    assert client.list_tables()["TableNames"] == []


@pytest.mark.parametrize(
    ("parameters", "extra"),
    [({"InputFormat": "ION"}, "ion"), ({"InputCompressionType": "ZSTD"}, "zstd")],
)
def test_what_is_not_installed_fails_the_import_and_is_named(monkeypatch, client, bucket, parameters, extra):
    monkeypatch.setattr("emulator.buckets.extras.find_spec", lambda name: None)
    description = imported(client, bucket, **parameters)
    assert description["ImportStatus"] == "FAILED"
    assert f"pip install 'dynamodb-emulator[{extra}]'" in description["FailureMessage"]
    assert client.list_tables()["TableNames"] == []
