"""TransactGetItems: items as they are at one moment. Source: batch_transactions.md 8 and 9."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator import errors, limits
from emulator.capacity import read_units, transactional_capacity, wants_capacity
from emulator.errors import ServiceError
from emulator.expressions import Projection
from emulator.operations.context import Context
from emulator.operations.parameters import Request, check_placeholder_maps
from emulator.operations.read_item import projected, projection_of
from emulator.operations.registry import Response, operation
from emulator.operations.transactions import check_distinct, check_keys_not_empty, check_transactions_allowed, each
from emulator.operations.write_item import check_key_paths
from emulator.storage.record import Record
from emulator.storage.table import Table
from emulator.values.canonical import canonical_item
from emulator.values.types import Wording

_EXPRESSIONS = ("ProjectionExpression",)


@operation("TransactGetItems")
def transact_get_items(context: Context, request: Request) -> Response:
    gets: list[Request] = [member["Get"] for member in request["TransactItems"]]
    return read_all(context, request, gets, [_planned(get) for get in gets])


def read_all(
    context: Context, request: Request, gets: Sequence[Request], projections: Sequence[Projection | None]
) -> Response:
    """The answer with the items that `gets` name by TableName and Key, as they are at one moment."""
    tables = [context.table(get["TableName"]) for get in gets]
    check_transactions_allowed(tables)
    for table, get in zip(tables, gets, strict=True):
        check_keys_not_empty(table, get["Key"])
    check_distinct([(table, get["Key"]) for table, get in zip(tables, gets, strict=True)])
    records = each(list(zip(tables, gets, projections, strict=True)), _record)
    if sum(record.size for record in records if record is not None) > limits.MAX_TRANSACTION_BYTES:
        raise ServiceError(errors.TRANSACTION_TOO_LARGE, limit=limits.MAX_TRANSACTION_BYTES)
    response: Response = {
        "Responses": [_member(record, projection) for record, projection in zip(records, projections, strict=True)]
    }
    capacity = _capacity(context, request, gets, tables, records)
    if capacity is not None:
        response["ConsumedCapacity"] = capacity
    return response


def _planned(get: Request) -> Projection | None:
    """Check a Get as far as the request alone allows."""
    check_placeholder_maps(get, _EXPRESSIONS)
    projection = projection_of(get)
    canonical_item(get["Key"], Wording.OLDER)
    return projection


def _record(member: tuple[Table, Request, Projection | None]) -> Record | None:
    table, get, projection = member
    row_key = table.schema.check_key(get["Key"])
    if projection is not None:
        check_key_paths(table, projection.nested)
    return table.rows.get(row_key)


def _member(record: Record | None, projection: Projection | None) -> dict[str, Any]:
    """A member of Responses: without an Item if there is none, or if the projection selects nothing of it."""
    if record is None:
        return {}
    item = projected(record, projection)
    return {"Item": item} if item else {}


def _capacity(
    context: Context, request: Request, gets: Sequence[Request], tables: list[Table], records: list[Record | None]
) -> list[dict[str, Any]] | None:
    """Consumed capacity by table, if it is asked for: each item is rounded up on its own, and counts twice."""
    mode = wants_capacity(request)
    if not mode and context.observation is None:
        return None
    units: dict[str, float] = {}
    for get, table, record in zip(gets, tables, records, strict=True):
        read = read_units(record.size if record is not None else 0, consistent=True)
        units[get["TableName"]] = units.get(get["TableName"], 0.0) + read
        found = 0 if record is None else 1
        context.observe(table.name, read_units=2 * read, evaluated=found, returned=found)
    if not mode:
        return None
    return [transactional_capacity(name, mode, "ReadCapacityUnits", read) for name, read in units.items()]
