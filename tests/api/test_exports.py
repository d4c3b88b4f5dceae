"""Exports: the files in the bucket, and how they come to be there."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator

from .builders import refused, table_of
from .conftest import NOON
from .exported_files import ExportedFiles

ITEM = {"id": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"x"}, "tags": {"SS": ["y", "z"]}}
ON = {"PointInTimeRecoveryEnabled": True}
HOUR = timedelta(hours=1)


@pytest.fixture
def music(client, clock) -> str:
    """The ARN of a table with point-in-time recovery since noon, where the clock stands still."""
    return make(client)


def make(client: Any, name: str = "Music") -> str:
    client.create_table(**table_of(name, "id"))
    client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=ON)
    arn: str = client.describe_table(TableName=name)["Table"]["TableArn"]
    return arn


def put(client: Any, item_id: str, **attributes: Any) -> None:
    client.put_item(TableName="Music", Item={"id": {"S": item_id}, **attributes})


def exported(client: Any, arn: str, bucket: Path | str, **parameters: Any) -> Any:
    """The description of an export that has ended."""
    name = bucket if isinstance(bucket, str) else bucket.name
    answer = client.export_table_to_point_in_time(TableArn=arn, S3Bucket=name, **parameters)
    return client.describe_export(ExportArn=answer["ExportDescription"]["ExportArn"])["ExportDescription"]


def files(client: Any, arn: str, bucket: Path, **parameters: Any) -> ExportedFiles:
    return ExportedFiles(bucket, exported(client, arn, bucket, **parameters))


def changes(client: Any, arn: str, bucket: Path, start: datetime = NOON, **specification: Any) -> dict[str, Any]:
    """The records of an incremental export by the id of their item, without Metadata and Keys."""
    specification = {"ExportFromTime": start, **specification}
    found = files(client, arn, bucket, ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=specification)
    return {
        record["Keys"]["id"]["S"]: {name: image for name, image in record.items() if name.endswith("Image")}
        for record in found.records
    }


def ids(found: ExportedFiles) -> list[str]:
    return sorted(item["id"]["S"] for item in found.items)


# --- Full exports ---------------------------------------------------------------------------------


@pytest.mark.parametrize("export_format", ["DYNAMODB_JSON", "ION"])
def test_an_export_holds_the_items(client, music, bucket, export_format):
    client.put_item(TableName="Music", Item=ITEM)
    found = files(client, music, bucket, ExportFormat=export_format)
    assert found.items == [{**ITEM, "b": {"B": "eA=="}}]


def test_the_files_lie_below_the_prefix_and_the_id(client, music, bucket):
    description = exported(client, music, bucket, S3Prefix="some/where")
    folder = f"some/where/AWSDynamoDB/{description['ExportArn'].rpartition('/')[2]}"
    written = {path.relative_to(bucket).as_posix() for path in bucket.rglob("*") if path.is_file()}
    data = {key for key in written if re.fullmatch(rf"{folder}/data/[a-z0-9]{{26}}\.json\.gz", key)}
    manifests = {f"{folder}/manifest-{name}" for name in ("summary.json", "summary.md5", "files.json", "files.md5")}
    assert description["ExportManifest"] == f"{folder}/manifest-summary.json"
    assert written - data == {f"{folder}/_started", *manifests}
    assert data == set(ExportedFiles(bucket, description).data_keys)


@pytest.mark.parametrize("prefix", [None, ""])
def test_without_a_prefix_the_files_lie_at_the_top(client, music, bucket, prefix):
    parameters = {} if prefix is None else {"S3Prefix": prefix}
    assert exported(client, music, bucket, **parameters)["ExportManifest"].startswith("AWSDynamoDB/")


def test_ion_files_are_called_so(client, music, bucket):
    found = files(client, music, bucket, ExportFormat="ION")
    assert all(key.endswith(".ion.gz") for key in found.data_keys)


def test_each_partition_has_a_file_though_it_be_empty(client, music, bucket):
    put(client, "a")
    assert sorted(file["itemCount"] for file in files(client, music, bucket).files) == [0, 0, 0, 1]


def test_an_empty_table_is_exported(client, music, bucket):
    description = exported(client, music, bucket)
    assert (description["ItemCount"], description["BilledSizeBytes"]) == (0, 0)
    assert ExportedFiles(bucket, description).records == []


def test_an_export_shows_the_table_as_it_was(client, music, bucket, clock):
    put(client, "a")
    clock.advance(hours=1)
    put(client, "b")
    assert ids(files(client, music, bucket, ExportTime=NOON)) == ["a"]


def test_the_summary_tells_when(client, music, bucket, clock):
    clock.advance(hours=1)
    summary = files(client, music, bucket, ExportTime=NOON).summary
    times = [summary[name] for name in ("exportTime", "startTime", "endTime")]
    assert times == ["2026-01-01T12:00:00.000Z", "2026-01-01T13:00:00.000Z", "2026-01-01T13:00:00.000Z"]


def test_the_summary_has_nulls_for_what_was_not_asked_for(client, music, bucket):
    summary = files(client, music, bucket).summary
    assert (summary["s3Prefix"], summary["s3SseAlgorithm"], summary["s3SseKmsKeyId"]) == (None, "AES256", None)


def test_an_export_may_be_filtered_and_projected(client, music, bucket):
    put(client, "a", n={"N": "1"})
    put(client, "b", n={"N": "2"}, other={"S": "x"})
    specification = {
        "FilterExpression": "n > :n",
        "ProjectionExpression": "id, n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }
    assert files(client, music, bucket, FilterSpecification=specification).items == [
        {"id": {"S": "b"}, "n": {"N": "2"}}
    ]


def test_a_filter_is_described_and_compared_as_it_was_given(client, music, bucket):
    values = {":n": {"N": "01"}}
    specification = {"FilterExpression": "n = :n", "ExpressionAttributeValues": values}
    arns = set()
    for _ in range(2):
        description = exported(client, music, bucket, FilterSpecification=specification, ClientToken="token")
        assert description["FilterSpecification"]["ExpressionAttributeValues"] == values
        arns.add(description["ExportArn"])
    assert len(arns) == 1


def test_an_export_may_be_of_one_item_collection(client, clock, bucket):
    client.create_table(**table_of("Plays", "song", "at:N"))
    client.update_continuous_backups(TableName="Plays", PointInTimeRecoverySpecification=ON)
    arn = client.describe_table(TableName="Plays")["Table"]["TableArn"]
    for song, at in (("a", "1"), ("a", "2"), ("a", "3"), ("b", "2")):
        client.put_item(TableName="Plays", Item={"song": {"S": song}, "at": {"N": at}})
    specification = {
        "KeyConditionExpression": "song = :s AND #at >= :t",
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": {":s": {"S": "a"}, ":t": {"N": "2"}},
    }
    found = files(client, arn, bucket, FilterSpecification=specification)
    assert [item["at"]["N"] for item in found.items] == ["2", "3"]


# --- Incremental exports --------------------------------------------------------------------------


def test_an_incremental_export_holds_what_changed(client, music, bucket, clock):
    for item_id in ("kept", "changed", "deleted"):
        put(client, item_id)
    clock.advance(hours=1)
    start = NOON + HOUR
    put(client, "changed", n={"N": "2"})
    put(client, "new")
    client.delete_item(TableName="Music", Key={"id": {"S": "deleted"}})
    clock.advance(hours=1)
    new, old = {"id": {"S": "new"}}, {"id": {"S": "changed"}}
    assert changes(client, music, bucket, start) == {
        "changed": {"OldImage": old, "NewImage": {**old, "n": {"N": "2"}}},
        "new": {"NewImage": new},
        "deleted": {"OldImage": {"id": {"S": "deleted"}}},
    }
    assert changes(client, music, bucket, start, ExportViewType="NEW_IMAGE") == {
        "changed": {"NewImage": {**old, "n": {"N": "2"}}},
        "new": {"NewImage": new},
        "deleted": {},
    }


def test_changes_of_an_item_are_one_record_dated_by_the_last(client, music, bucket, clock):
    put(client, "a", n={"N": "1"})
    clock.advance(hours=1)
    for number in ("2", "3"):
        put(client, "a", n={"N": number})
        clock.advance(hours=1)
    window = {"ExportFromTime": NOON + HOUR}
    found = files(client, music, bucket, ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=window)
    (record,) = found.records
    assert list(record) == ["Metadata", "Keys", "OldImage", "NewImage"]
    assert (record["OldImage"]["n"], record["NewImage"]["n"]) == ({"N": "1"}, {"N": "3"})
    micros = int((NOON + 2 * HOUR).timestamp()) * 1_000_000
    assert record["Metadata"] == {"WriteTimestampMicros": {"N": str(micros)}}


@pytest.mark.parametrize(("view", "left"), [("NEW_AND_OLD_IMAGES", {}), ("NEW_IMAGE", {"a": {}})])
def test_what_came_and_went_leaves_nothing_where_old_images_are_shown(client, music, bucket, clock, view, left):
    put(client, "a")
    client.delete_item(TableName="Music", Key={"id": {"S": "a"}})
    clock.advance(hours=1)
    assert changes(client, music, bucket, ExportViewType=view) == left


def test_a_window_begins_with_its_first_moment_and_ends_before_its_last(client, music, bucket, clock):
    for item_id in ("a", "b", "c", "d"):
        put(client, item_id)
        clock.advance(hours=1)
    assert sorted(changes(client, music, bucket, NOON + HOUR, ExportToTime=NOON + 3 * HOUR)) == ["b", "c"]


def test_incremental_exports_share_a_folder_for_their_data(client, music, bucket, clock):
    clock.advance(hours=1)
    window = {"ExportFromTime": NOON}
    found = files(
        client, music, bucket, S3Prefix="p", ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=window
    )
    assert {key.rpartition("/")[0] for key in found.data_keys} == {"p/AWSDynamoDB/data"}
    assert re.fullmatch(r"p/AWSDynamoDB/\d{14}-[0-9a-f]{8}/manifest-summary\.json", found.manifest_key)


def test_the_summary_of_an_incremental_export_tells_its_window(client, music, bucket, clock):
    clock.advance(hours=1)
    window = {"ExportFromTime": NOON}
    summary = files(
        client, music, bucket, ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=window
    ).summary
    times = (summary["exportFromTime"], summary["exportToTime"])
    assert times == ("2026-01-01T12:00:00.000Z", "2026-01-01T13:00:00.000Z")
    assert (summary["outputView"], summary["exportType"]) == ("NEW_AND_OLD_IMAGES", "INCREMENTAL_EXPORT")


def test_a_filter_takes_a_change_of_which_one_image_passes(client, music, bucket, clock):
    put(client, "leaves", n={"N": "5"})
    put(client, "stays out", n={"N": "1"})
    clock.advance(hours=1)
    put(client, "leaves", n={"N": "1"})
    put(client, "stays out", n={"N": "2"})
    put(client, "comes", n={"N": "5"})
    clock.advance(hours=1)
    specification = {"FilterExpression": "n > :n", "ExpressionAttributeValues": {":n": {"N": "3"}}}
    found = files(
        client,
        music,
        bucket,
        ExportType="INCREMENTAL_EXPORT",
        IncrementalExportSpecification={"ExportFromTime": NOON + HOUR},
        FilterSpecification=specification,
    )
    assert sorted(record["Keys"]["id"]["S"] for record in found.records) == ["comes", "leaves"]


# --- Windows of time ------------------------------------------------------------------------------

TOO_SHORT = "Difference between export period start time and end time must be at least 15 minutes"
TOO_LONG = "Difference between export period start time and end time must be at most 24 hours"


@pytest.mark.parametrize("length", [timedelta(minutes=15), timedelta(hours=24)])
def test_a_window_may_have_15_minutes_to_24_hours(client, music, bucket, clock, length):
    clock.advance(days=2)
    assert changes(client, music, bucket, NOON, ExportToTime=NOON + length) == {}


@pytest.mark.parametrize(
    ("length", "message"),
    [(timedelta(minutes=15, seconds=-1), TOO_SHORT), (timedelta(hours=24, seconds=1), TOO_LONG)],
)
def test_a_window_of_another_length_is_refused(client, music, bucket, clock, length, message):
    clock.advance(days=2)
    with refused(message, "InvalidExportTimeException"):
        changes(client, music, bucket, NOON, ExportToTime=NOON + length)


@pytest.mark.parametrize("when", [NOON - timedelta(seconds=1), NOON + HOUR + timedelta(seconds=1)])
def test_a_time_outside_of_what_is_remembered_is_refused(client, music, bucket, clock, when):
    clock.advance(hours=1)
    message = (
        "ExportTime must be between the earliest restorable time 2026-01-01T12:00:00.000Z "
        "and now, 2026-01-01T13:00:00.000Z"
    )
    with refused(message, "InvalidExportTimeException"):
        exported(client, music, bucket, ExportTime=when)


# --- Its life -------------------------------------------------------------------------------------


def test_an_export_goes_on_until_the_delay_is_over(tmp_path):
    (tmp_path / "bucket").mkdir()
    emulator = Emulator(status_delay=60, bucket_dir=tmp_path)
    emulator.clock.freeze(NOON)
    client = emulator.client()
    client.create_table(**table_of("Music", "id"))
    emulator.clock.advance(seconds=120)
    client.update_continuous_backups(TableName="Music", PointInTimeRecoverySpecification=ON)
    arn = client.describe_table(TableName="Music")["Table"]["TableArn"]
    started = client.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket")["ExportDescription"]
    emulator.clock.advance(seconds=59)
    before = client.describe_export(ExportArn=started["ExportArn"])["ExportDescription"]
    emulator.clock.advance(seconds=1)
    after = client.describe_export(ExportArn=started["ExportArn"])["ExportDescription"]
    assert before == started
    assert after["ExportStatus"] == "COMPLETED"
    assert after["EndTime"].astimezone(UTC) == NOON + timedelta(seconds=180)
    assert ExportedFiles(tmp_path / "bucket", after).summary["endTime"] == "2026-01-01T12:03:00.000Z"


def test_the_waiter_of_boto3_waits_for_an_export(client, music, bucket):
    begun = client.export_table_to_point_in_time(TableArn=music, S3Bucket=bucket.name)["ExportDescription"]
    client.get_waiter("export_completed").wait(ExportArn=begun["ExportArn"])
    assert client.list_exports()["ExportSummaries"][0]["ExportStatus"] == "COMPLETED"


def test_an_export_ends_although_its_table_is_deleted(client, music, bucket):
    put(client, "a")
    answer = client.export_table_to_point_in_time(TableArn=music, S3Bucket=bucket.name)
    client.delete_table(TableName="Music")
    description = client.describe_export(ExportArn=answer["ExportDescription"]["ExportArn"])["ExportDescription"]
    assert ids(ExportedFiles(bucket, description)) == ["a"]


def test_a_savepoint_takes_an_export_back_and_leaves_its_files(road, client, music, bucket):
    savepoint = road.emulator.savepoint()
    description = exported(client, music, bucket)
    savepoint.restore()
    savepoint.release()
    assert client.list_exports()["ExportSummaries"] == []
    assert ExportedFiles(bucket, description).items == []


def test_exports_are_listed_by_arn_the_greatest_first(client, music, bucket, clock):
    arns = [exported(client, arn, "nowhere")["ExportArn"] for arn in (music, make(client, "Zoo"), music)]
    first = client.list_exports(MaxResults=2)
    second = client.list_exports(MaxResults=2, NextToken=first["NextToken"])
    listed = [summary["ExportArn"] for page in (first, second) for summary in page["ExportSummaries"]]
    assert listed == sorted(arns, reverse=True)


# --- Buckets that cannot be used ------------------------------------------------------------------


def test_without_a_bucket_directory_the_log_says_how_to_give_one(caplog):
    client = Emulator().client()
    arn = make(client)
    with caplog.at_level(logging.WARNING, "emulator"):
        assert exported(client, arn, "bucket")["FailureCode"] == "S3NoSuchBucket"
    assert "--bucket-dir" in caplog.text


@pytest.mark.parametrize("name", ["missing", "CON", "aux.json"])
def test_a_bucket_that_is_not_there_fails_the_export(client, music, bucket, name):
    description = exported(client, music, name)
    assert (description["ExportStatus"], description["FailureCode"]) == ("FAILED", "S3NoSuchBucket")


@pytest.mark.parametrize(
    ("prefix", "name"),
    [("..", ".."), ("a/../../b", ".."), ("/etc", ""), ("a//b", ""), ("C:\\a", "C:\\a"), ("NUL", "NUL"), ("a.", "a.")],
)
def test_a_prefix_that_no_directory_can_hold_is_refused(client, music, bucket, prefix, name):
    message = (
        f"The bucket directory of this emulator cannot hold the key {prefix}/AWSDynamoDB: "
        f"{name!r} cannot be the name of a file or a directory"
    )
    with refused(message):
        exported(client, music, bucket, S3Prefix=prefix)
    assert list(bucket.iterdir()) == []


def test_a_directory_that_cannot_be_written_to_fails_the_export(client, music, bucket):
    (bucket / "AWSDynamoDB").write_text("a file")
    description = exported(client, music, bucket)
    assert description["ExportStatus"] == "FAILED"
    assert "AWSDynamoDB" in description["FailureMessage"]


def test_ion_that_is_not_installed_fails_the_export_and_is_named(monkeypatch, client, music, bucket):
    monkeypatch.setattr("emulator.buckets.extras.find_spec", lambda name: None)
    description = exported(client, music, bucket, ExportFormat="ION")
    assert description["ExportStatus"] == "FAILED"
    assert "pip install 'dynamodb-emulator[ion]'" in description["FailureMessage"]
