"""GetItem. Source: items.md 4 and 12."""

from __future__ import annotations

from typing import Any

import orjson

from emulator.capacity import consumed_capacity, read_units, wants_capacity
from emulator.expressions import Projection, attributes_to_get, check_placeholders, compile_projection
from emulator.operations.context import Context
from emulator.operations.parameters import Request, check_placeholder_maps, check_styles, placeholders
from emulator.operations.registry import Response, operation
from emulator.operations.write_item import check_key_paths
from emulator.storage.record import Record
from emulator.values.canonical import canonical_item
from emulator.values.types import Item, Wording

_EXPRESSIONS = ("ProjectionExpression",)
_NOTHING: frozenset[str] = frozenset()


@operation("GetItem")
def get_item(context: Context, request: Request) -> Response:
    key: Item = request["Key"]
    if len(request) == 2:  # the table's name and the key: nothing else to check
        canonical_item(key, Wording.CURRENT)
        projection = None
    else:
        check_styles(request, ("AttributesToGet",), _EXPRESSIONS)
        check_placeholder_maps(request, _EXPRESSIONS)
        canonical_item(key, Wording.CURRENT)
        projection = projection_of(request)
    table = context.table(request["TableName"])
    row_key = table.schema.check_key(key)
    if projection is not None:
        check_key_paths(table, projection.nested)
    record = table.rows.get(row_key)
    response: Response = {}
    if record is not None:
        response["Item"] = projected(record, projection)
    mode = wants_capacity(request)
    if mode or context.observation is not None:
        consistent = request.get("ConsistentRead", False)
        units = read_units(record.size if record is not None else 0, consistent=consistent)
        found = 0 if record is None else 1
        context.observe(table.name, read_units=units, evaluated=found, returned=found)
        if mode:
            response["ConsumedCapacity"] = consumed_capacity(request["TableName"], mode, units)
    return response


def projection_of(request: dict[str, Any]) -> Projection | None:
    """What a GetItem, or a table's part of a BatchGetItem, asks to be returned; None for everything."""
    projection: Projection | None = None
    listed: list[str] | None = request.get("AttributesToGet")
    if listed is not None:
        projection = attributes_to_get(listed)
    names, _ = placeholders(request, Wording.CURRENT)
    text: str | None = request.get("ProjectionExpression")
    if text is not None:
        projection = compile_projection(text, names)
        check_placeholders(names, None, names_used=projection.names, values_used=_NOTHING)
    return projection


def projected(record: Record, projection: Projection | None) -> Any:
    """A record as it is returned."""
    if projection is None:
        return orjson.Fragment(record.encoded)
    return projection.apply(record.decode())
