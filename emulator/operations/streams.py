"""ListStreams, DescribeStream, GetShardIterator and GetRecords. Source: streams_ttl.md 4 to 7."""

from __future__ import annotations

import re
from typing import Any

from emulator import errors, limits
from emulator.clock import in_milliseconds
from emulator.errors import ServiceError
from emulator.operations.context import Context, table_name
from emulator.operations.registry import Request, Response, operation
from emulator.streams.iterators import IteratorError, ShardIterator, parse_iterator
from emulator.streams.records import stream_record
from emulator.streams.shard import Change, Shard
from emulator.streams.stream import Stream

_STREAM_ARN = re.compile(r"arn:aws[a-z-]*:dynamodb:[^:/]+:[^:/]*:table/[^:/]+/stream/[^/]+").fullmatch
_AT_SEQUENCE = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
_SEQUENCE_NUMBER = re.compile("[0-9]{21,40}").fullmatch


# --- Streams --------------------------------------------------------------------------------------


@operation("ListStreams")
def list_streams(context: Context, request: Request) -> Response:
    """By ARN, those of one table or all; the start is exclusive and need not exist."""
    start = request.get("ExclusiveStartStreamArn")
    if start is not None:
        _check_arn(start)
    streams = sorted(context.database.streams)
    if "TableName" in request:
        name = table_name(request["TableName"])
        streams = [arn for arn in streams if context.database.streams[arn].identity.table == name]
    if start is not None:
        streams = [arn for arn in streams if arn > start]
    limit = request.get("Limit", limits.MAX_LISTED_STREAMS)
    response: Response = {"Streams": [_summary(context.database.streams[arn]) for arn in streams[:limit]]}
    if len(streams) > limit:
        response["LastEvaluatedStreamArn"] = streams[limit - 1]
    return response


def _summary(stream: Stream) -> dict[str, str]:
    identity = stream.identity
    return {"StreamArn": identity.arn, "TableName": identity.table, "StreamLabel": identity.label}


@operation("DescribeStream")
def describe_stream(context: Context, request: Request) -> Response:
    """A page of the shards by id; the start is exclusive, and gives none if it does not exist any more."""
    wanted = request.get("ShardFilter")
    if wanted is not None and not ("Type" in wanted and "ShardId" in wanted):
        raise ServiceError(errors.SHARD_FILTER_INCOMPLETE)
    stream = _stream(context, request["StreamArn"])
    shards = list(stream.shards.values())
    if wanted is not None:
        shards = [shard for shard in shards if shard.parent == wanted["ShardId"]]
    start = request.get("ExclusiveStartShardId")
    if start is not None:
        shards = [shard for shard in shards if shard.id > start] if start in stream.shards else []
    limit = request.get("Limit", limits.MAX_LISTED_SHARDS)
    identity = stream.identity
    description = {
        "StreamArn": identity.arn,
        "StreamLabel": identity.label,
        "StreamStatus": stream.status,
        "StreamViewType": identity.view_type,
        "CreationRequestDateTime": identity.created,
        "TableName": identity.table,
        "KeySchema": identity.schema.describe(),
        "Shards": [_shard_description(shard) for shard in shards[:limit]],
    }
    if len(shards) > limit:
        description["LastEvaluatedShardId"] = shards[limit - 1].id
    return {"StreamDescription": description}


def _shard_description(shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": str(shard.start)}
    if shard.end is not None:
        numbers["EndingSequenceNumber"] = str(shard.end)
    description: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": numbers}
    if shard.parent is not None:
        description["ParentShardId"] = shard.parent
    return description


def _stream(context: Context, arn: str) -> Stream:
    _check_arn(arn)
    stream = context.database.streams.get(arn)
    if stream is None:
        raise ServiceError(errors.STREAM_NOT_FOUND, arn=arn)
    return stream


def _check_arn(arn: str) -> None:
    if not _STREAM_ARN(arn):
        raise ServiceError(errors.STREAM_ARN_MALFORMED, arn=arn)


# --- Positions in a shard -------------------------------------------------------------------------


@operation("GetShardIterator")
def get_shard_iterator(context: Context, request: Request) -> Response:
    """A place in a shard, for 15 minutes."""
    now = context.agenda.now()
    _check_place(request, now)
    stream = _stream(context, request["StreamArn"])
    shard = stream.shards.get(request["ShardId"])
    if shard is None:
        raise ServiceError(errors.SHARD_NOT_FOUND)
    sequence = _sequence_of(stream, shard, request)
    return {"ShardIterator": ShardIterator(stream.identity.arn, shard.id, sequence, now).text()}


def _check_place(request: Request, now: float) -> None:
    """Raise if the type of the iterator does not go with what is given beside it."""
    kind, number, when = request["ShardIteratorType"], request.get("SequenceNumber"), request.get("Timestamp")
    if kind in _AT_SEQUENCE:
        if number is None:
            raise ServiceError(errors.SEQUENCE_NUMBER_MISSING, type=kind)
        if not _SEQUENCE_NUMBER(number):
            raise ServiceError(errors.SEQUENCE_NUMBER_MALFORMED, number=number)
    elif number is not None:
        raise ServiceError(errors.SEQUENCE_NUMBER_UNWANTED, type=kind)
    if kind == "AT_TIMESTAMP":
        if when is None:
            raise ServiceError(errors.ITERATOR_TIME_MISSING)
        if in_milliseconds(when) > now:
            raise ServiceError(errors.ITERATOR_TIME_IN_FUTURE)
    elif when is not None:
        raise ServiceError(errors.ITERATOR_TIME_UNWANTED, type=kind)


def _sequence_of(stream: Stream, shard: Shard, request: Request) -> int:
    """The sequence number that a reader who begins there wants next."""
    kind = request["ShardIteratorType"]
    if kind == "TRIM_HORIZON":
        return shard.trimmed + 1
    if kind == "LATEST":
        return shard.after_latest(stream.last_sequence)
    if kind == "AT_TIMESTAMP":
        return shard.first_at(in_milliseconds(request["Timestamp"]))
    number = int(request["SequenceNumber"])
    if not shard.start <= number <= (stream.last_sequence if shard.end is None else shard.end):
        raise ServiceError(errors.SEQUENCE_NUMBER_OUTSIDE, number=number, shard=shard.id)
    wanted = number if kind == "AT_SEQUENCE_NUMBER" else number + 1
    if number <= shard.trimmed and shard.start < shard.trimmed:
        raise ServiceError(errors.DATA_TRIMMED)
    return max(wanted, shard.start + 1)


@operation("GetRecords")
def get_records(context: Context, request: Request) -> Response:
    """The next changes of a shard, and where to go on; no place to go on at the end of a closed shard."""
    place = _place(request["ShardIterator"])
    now = context.agenda.now()
    if now - place.issued > limits.SHARD_ITERATOR_SECONDS:
        raise ServiceError(errors.ITERATOR_EXPIRED)
    stream = _stream(context, place.stream)
    shard = stream.shards.get(place.shard)
    if shard is None or place.sequence <= shard.trimmed:
        raise ServiceError(errors.DATA_TRIMMED)
    changes = shard.since(place.sequence, request.get("Limit", limits.MAX_STREAM_PAGE_RECORDS))
    records = _page(stream, changes)
    following = changes[len(records) - 1].sequence + 1 if records else place.sequence
    response: Response = {"Records": records}
    if shard.end is None or shard.since(following, 1):
        response["NextShardIterator"] = ShardIterator(place.stream, place.shard, following, now).text()
    return response


def _place(text: str) -> ShardIterator:
    try:
        return parse_iterator(text)
    except IteratorError:
        raise ServiceError(errors.ITERATOR_MALFORMED, text=text) from None


def _page(stream: Stream, changes: list[Change]) -> list[dict[str, Any]]:
    """As many records as fit into a page; one at least."""
    records: list[dict[str, Any]] = []
    size = 0
    for change in changes:
        record = stream_record(stream.identity, change)
        size += record["dynamodb"]["SizeBytes"]
        if records and size > limits.MAX_STREAM_PAGE_BYTES:
            break
        records.append(record)
    return records
