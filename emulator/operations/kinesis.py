"""The operations on Kinesis streaming destinations. Source: control_plane.md 3.

The destinations of a table are a document under its ARN, oldest first; one at most is live. What notes the changes of
the table follows from it: `attach_destination`.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.context import Context
from emulator.operations.registry import Request, Response, operation
from emulator.operations.tables import check_not_busy
from emulator.storage.documents import KINESIS_DESTINATIONS
from emulator.storage.table import Table
from emulator.streams.kinesis import Destination, KinesisFeed

Entry: TypeAlias = dict[str, Any]
"""A destination as DescribeKinesisStreamingDestination shows it."""

_OVER = ("DISABLED", "ENABLE_FAILED")
_FED = ("ACTIVE", "UPDATING")
"""Statuses in which records are delivered."""
_DEFAULT_PRECISION = "MILLISECOND"
_PRECISION = "ApproximateCreationDateTimePrecision"
_STREAM_ARN = re.compile(r"arn:aws[a-z-]*:kinesis:(?P<region>[a-z0-9-]+):[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128}")


# --- Operations ---------------------------------------------------------------------------------


@operation("EnableKinesisStreamingDestination")
def enable_kinesis_streaming_destination(context: Context, request: Request) -> Response:
    """Begin to deliver to a stream. Whether it can be used shows later: ACTIVE, or ENABLE_FAILED if not."""
    table = context.described_table(request["TableName"])
    check_not_busy(table)
    entries = _entries(context, table)
    if any(entry["DestinationStatus"] not in _OVER for entry in entries):
        raise ServiceError(errors.KINESIS_ENABLED_ALREADY)
    arn = request["StreamArn"]
    configuration = request.get("EnableKinesisStreamingConfiguration", {})
    entry = _entry(arn, "ENABLING", configuration.get(_PRECISION))
    _store(context, table, [*(other for other in entries if other["StreamArn"] != arn), entry])
    is_usable = _STREAM_ARN.fullmatch(arn)
    if is_usable is not None and is_usable["region"] == context.database.region:
        _later(context, table, entry, {**entry, "DestinationStatus": "ACTIVE"})
    else:
        reason = errors.KINESIS_STREAM_UNUSABLE.format(arn=arn)
        failed = {"DestinationStatus": "ENABLE_FAILED", "DestinationStatusDescription": reason}
        _later(context, table, entry, {**entry, **failed})
    return _answer(table, arn, "ENABLING") | {"EnableKinesisStreamingConfiguration": configuration}


@operation("DisableKinesisStreamingDestination")
def disable_kinesis_streaming_destination(context: Context, request: Request) -> Response:
    """Deliver no more, from now on. The destination stays listed."""
    table = context.described_table(request["TableName"])
    check_not_busy(table)
    arn = request["StreamArn"]
    before = _entry_of(context, table, arn)
    if before is None or before["DestinationStatus"] != "ACTIVE":
        raise ServiceError(errors.KINESIS_NOT_ACTIVE, action="DISABLE")
    disabling = {**before, "DestinationStatus": "DISABLING"}
    _replace(context, table, disabling)
    _later(context, table, disabling, {**before, "DestinationStatus": "DISABLED"})
    return _answer(table, arn, "DISABLING")


@operation("UpdateKinesisStreamingDestination")
def update_kinesis_streaming_destination(context: Context, request: Request) -> Response:
    """Change the precision of dates; records are delivered meanwhile."""
    configuration = request.get("UpdateKinesisStreamingConfiguration", {})
    if _PRECISION not in configuration:
        raise ServiceError(errors.KINESIS_UPDATE_NOTHING)
    table = context.described_table(request["TableName"])
    check_not_busy(table)
    arn, precision = request["StreamArn"], configuration[_PRECISION]
    before = _entry_of(context, table, arn)
    if before is None:
        raise ServiceError(errors.KINESIS_NOT_FOUND, arn=arn, table=table.name)
    if before["DestinationStatus"] != "ACTIVE":
        raise ServiceError(errors.KINESIS_NOT_ACTIVE, action="UPDATE")
    if precision == before.get(_PRECISION, _DEFAULT_PRECISION):
        raise ServiceError(errors.KINESIS_PRECISION_SAME, precision=precision, id=table.definition.id, arn=arn)
    updating = {**before, "DestinationStatus": "UPDATING"}
    _replace(context, table, updating)
    _later(context, table, updating, _entry(arn, "ACTIVE", precision))
    return _answer(table, arn, "UPDATING") | {"UpdateKinesisStreamingConfiguration": configuration}


@operation("DescribeKinesisStreamingDestination")
def describe_kinesis_streaming_destination(context: Context, request: Request) -> Response:
    """All destinations, oldest first; the precision only if it is not the default one."""
    table = context.described_table(request["TableName"])
    return {"TableName": table.name, "KinesisDataStreamDestinations": _entries(context, table)}


def _answer(table: Table, arn: str, status: str) -> Response:
    return {"TableName": table.name, "StreamArn": arn, "DestinationStatus": status}


# --- The document -------------------------------------------------------------------------------


def _entry(arn: str, status: str, precision: str | None) -> Entry:
    entry = {"StreamArn": arn, "DestinationStatus": status}
    if precision not in (None, _DEFAULT_PRECISION):
        entry[_PRECISION] = precision
    return entry


def _entries(context: Context, table: Table) -> list[Entry]:
    document = context.database.documents.get(KINESIS_DESTINATIONS, table.definition.arn)
    return [] if document is None else document["Destinations"]


def _entry_of(context: Context, table: Table, arn: str) -> Entry | None:
    return next((entry for entry in _entries(context, table) if entry["StreamArn"] == arn), None)


def _replace(context: Context, table: Table, entry: Entry) -> None:
    """Put an entry in the place of the one of the same stream."""
    arn = entry["StreamArn"]
    _store(context, table, [entry if other["StreamArn"] == arn else other for other in _entries(context, table)])


def _store(context: Context, table: Table, entries: list[Entry]) -> None:
    context.database.documents.put(KINESIS_DESTINATIONS, table.definition.arn, {"Destinations": entries})
    attach_destination(context, table)


def _later(context: Context, table: Table, entry: Entry, following: Entry) -> None:
    """Have an entry followed by another one after the delay, unless it was changed meanwhile or the table is gone."""

    def finish() -> None:
        if context.database.tables.get(table.name) is table and entry in _entries(context, table):
            _replace(context, table, following)

    context.agenda.after(context.settings.status_delay, finish)


def attach_destination(context: Context, table: Table) -> None:
    """Have the changes of a table noted for the destination that its document says, if there is one that is fed."""
    fed = next((entry for entry in _entries(context, table) if entry["DestinationStatus"] in _FED), None)
    feed = None
    if fed is not None:
        destination = Destination(
            stream_arn=fed["StreamArn"],
            region=context.database.region,
            table=table.name,
            schema=table.schema,
            in_microseconds=fed.get(_PRECISION) == "MICROSECOND",
        )
        feed = KinesisFeed(destination, context.agenda, context.kinesis)
    table.set_kinesis(feed)
