"""Records: changes as GetRecords answers them and as a Lambda function gets them. Source: streams_ttl.md 8, 9, 18."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

from emulator.storage.record import Record
from emulator.streams.shard import Change
from emulator.streams.stream import StreamIdentity
from emulator.values.sizes import item_size
from emulator.values.types import Item

_WITH_NEW = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
_WITH_OLD = ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
_SERVICE = "dynamodb.amazonaws.com"


def stream_record(stream: StreamIdentity, change: Change) -> dict[str, Any]:
    """A record as GetRecords answers it, to be encoded by orjson."""
    return _record(stream, change, {"Type": "Service", "PrincipalId": _SERVICE})


def event_record(stream: StreamIdentity, change: Change) -> dict[str, Any]:
    """A record of the event that a Lambda function gets, in plain dictionaries and lists of its own."""
    record = _record(stream, change, {"type": "Service", "principalId": _SERVICE})
    record["eventSourceARN"] = stream.arn
    plain: dict[str, Any] = orjson.loads(orjson.dumps(record))
    return plain


def _record(stream: StreamIdentity, change: Change, service: dict[str, str]) -> dict[str, Any]:
    keys = keys_of(stream, change)
    images = images_of(stream, change)
    record: dict[str, Any] = {
        "eventID": event_id(stream, change),
        "eventName": event_name(change),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": stream.region,
        "dynamodb": {
            "ApproximateCreationDateTime": int(change.at),
            "Keys": keys,
            **{name: orjson.Fragment(image.encoded) for name, image in images.items()},
            "SequenceNumber": str(change.sequence),
            "SizeBytes": item_size(keys) + sum(image.size for image in images.values()),
            "StreamViewType": stream.view_type,
        },
    }
    if change.by_service:
        record["userIdentity"] = service
    return record


def event_name(change: Change) -> str:
    if change.old is None:
        return "INSERT"
    return "REMOVE" if change.new is None else "MODIFY"


def event_id(stream: StreamIdentity, change: Change) -> str:
    """32 hexadecimal digits, the same each time the record is read."""
    return blake2b(f"{stream.arn}/{change.sequence}".encode(), digest_size=16).hexdigest()


def keys_of(stream: StreamIdentity, change: Change) -> Item:
    """The key attributes of the item that changed."""
    record = change.new or change.old
    assert record is not None
    item = record.decode()
    return {name: item[name] for name in stream.schema.names}


def images_of(stream: StreamIdentity, change: Change) -> dict[str, Record]:
    """The images that the stream's view type shows of a change."""
    images = {}
    if change.new is not None and stream.view_type in _WITH_NEW:
        images["NewImage"] = change.new
    if change.old is not None and stream.view_type in _WITH_OLD:
        images["OldImage"] = change.old
    return images
