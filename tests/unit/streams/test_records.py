"""Records as GetRecords answers them and as a function gets them. Source: streams_ttl.md 8, 9 and 18."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from emulator.storage.record import Record
from emulator.storage.schema import KeyAttribute, KeySchema
from emulator.streams.records import event_record, stream_record
from emulator.streams.shard import Change
from emulator.streams.stream import StreamIdentity
from emulator.values.sizes import item_size

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/Users/stream/2026-01-01T12:00:00.000"
OLD = {"id": {"N": "101"}, "Message": {"S": "New item!"}}
NEW = {"id": {"N": "101"}, "Message": {"S": "This item has changed"}, "Bytes": {"B": "AAH/"}}


def stream(view_type: str = "NEW_AND_OLD_IMAGES") -> StreamIdentity:
    schema = KeySchema((KeyAttribute("id", "N", "HASH"),), ())
    return StreamIdentity(ARN, "2026-01-01T12:00:00.000", "eu-west-1", "Users", view_type, schema, 0.0)


def change(old: dict[str, Any] | None, new: dict[str, Any] | None, *, by_service: bool = False) -> Change:
    records = [Record(item, item_size(item)) if item is not None else None for item in (old, new)]
    return Change(100000000000000000005, 1_800_000_000.999, bytes(32), records[0], records[1], by_service)


def read(*arguments: Any) -> dict[str, Any]:
    """A record as a client reads it."""
    record: dict[str, Any] = orjson.loads(orjson.dumps(stream_record(*arguments)))
    return record


def test_a_record_is_whole():
    record = read(stream(), change(OLD, NEW))
    assert len(record.pop("eventID")) == 32
    assert record == {
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_800_000_000,
            "Keys": {"id": {"N": "101"}},
            "NewImage": NEW,
            "OldImage": OLD,
            "SequenceNumber": "100000000000000000005",
            "SizeBytes": item_size({"id": {"N": "101"}}) + item_size(OLD) + item_size(NEW),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


@pytest.mark.parametrize(("old", "new", "name"), [(None, NEW, "INSERT"), (OLD, NEW, "MODIFY"), (OLD, None, "REMOVE")])
def test_a_record_says_what_happened(old, new, name):
    assert read(stream(), change(old, new))["eventName"] == name


@pytest.mark.parametrize(
    ("view_type", "inserted", "changed", "removed"),
    [
        ("KEYS_ONLY", {}, {}, {}),
        ("NEW_IMAGE", {"NewImage": NEW}, {"NewImage": NEW}, {}),
        ("OLD_IMAGE", {}, {"OldImage": OLD}, {"OldImage": OLD}),
        ("NEW_AND_OLD_IMAGES", {"NewImage": NEW}, {"NewImage": NEW, "OldImage": OLD}, {"OldImage": OLD}),
    ],
)
def test_a_view_type_shows_its_images(view_type, inserted, changed, removed):
    shown = []
    for old, new in ((None, NEW), (OLD, NEW), (OLD, None)):
        record = read(stream(view_type), change(old, new))["dynamodb"]
        shown.append({name: record[name] for name in ("NewImage", "OldImage") if name in record})
    assert shown == [inserted, changed, removed]


def test_a_deletion_by_the_service_says_so_in_each_reader_s_words():
    expired = change(OLD, None, by_service=True)
    assert read(stream(), expired)["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert event_record(stream(), expired)["userIdentity"] == {
        "type": "Service",
        "principalId": "dynamodb.amazonaws.com",
    }


def test_a_change_by_a_caller_has_no_identity():
    assert "userIdentity" not in read(stream(), change(OLD, None))


def test_the_event_of_a_function_is_the_record_and_the_arn_of_the_stream():
    assert event_record(stream(), change(OLD, NEW)) == {**read(stream(), change(OLD, NEW)), "eventSourceARN": ARN}


def test_each_function_gets_a_record_of_its_own():
    one, other = (event_record(stream(), change(OLD, NEW)) for _ in range(2))
    one["dynamodb"]["NewImage"]["Message"]["S"] = "changed by the function"
    assert other["dynamodb"]["NewImage"] == NEW


def test_records_of_two_streams_have_different_ids():
    other = StreamIdentity(ARN + "1", "label", "eu-west-1", "Users", "KEYS_ONLY", stream().schema, 0.0)
    assert read(stream(), change(OLD, NEW))["eventID"] != read(other, change(OLD, NEW))["eventID"]
