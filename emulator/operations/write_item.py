"""PutItem and DeleteItem, and what every single write does once it knows the item before and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from emulator import errors, limits
from emulator.capacity import WriteUnits, wants_capacity, write_capacity
from emulator.errors import Fault, ServiceError
from emulator.expressions import Condition
from emulator.operations.context import Context
from emulator.operations.parameters import (
    Request,
    check_placeholder_maps,
    check_styles,
    enveloped,
    legacy_condition_of,
    write_expressions,
)
from emulator.operations.registry import Response, operation
from emulator.storage.index import IndexKind
from emulator.storage.record import Record
from emulator.storage.rows import RowKey
from emulator.storage.schema import KeySchema
from emulator.storage.table import AnyIndexChange, Table
from emulator.values.canonical import canonical_item
from emulator.values.types import Item, Wording

_WITH_CONDITION = ("ConditionExpression",)


@dataclass(slots=True)
class Write:
    """A single write that is checked as far as the request alone allows."""

    item: Item
    size: int
    condition: Condition | None = None
    values: Item | None = None


@operation("PutItem")
def put_item(context: Context, request: Request) -> Response:
    """Create or wholly replace an item. Source: items.md 3."""
    write = _plan(request, "Item")
    table = context.table(request["TableName"])
    key = check_new_item(table, write.item, write.size)
    old = table.rows.get(key)
    if write.condition is not None:
        check_condition(context, request, table, write.condition, old, write.values)
    new = Record(write.item, write.size)
    changes = table.replace(key, old, new, write.item)
    if len(request) == 2 and context.observation is None:
        return {}
    response = written(context, request, table, write.item, old, new, changes)
    if request.get("ReturnValues") == "ALL_OLD" and old is not None:
        response["Attributes"] = orjson.Fragment(old.encoded)
    return response


@operation("DeleteItem")
def delete_item(context: Context, request: Request) -> Response:
    """Delete an item; a missing one is no error. Source: items.md 5."""
    write = _plan(request, "Key")
    table = context.table(request["TableName"])
    key = table.schema.check_key(write.item)
    old = table.rows.get(key)
    if write.condition is not None:
        check_condition(context, request, table, write.condition, old, write.values)
    changes = table.replace(key, old, None, None) if old is not None else []
    response = written(context, request, table, write.item, old, None, changes)
    if request.get("ReturnValues") == "ALL_OLD" and old is not None:
        response["Attributes"] = orjson.Fragment(old.encoded)
    return response


@enveloped
def _plan(request: Request, member: str) -> Write:
    """Check a PutItem (`member` is Item) or DeleteItem (Key) in the service's order."""
    item: Item = request[member]
    if len(request) == 2:  # the table's name and the item: nothing else to check
        return Write(item, canonical_item(item, Wording.CURRENT))
    check_styles(request, ("Expected", "ConditionalOperator"), _WITH_CONDITION)
    check_placeholder_maps(request, _WITH_CONDITION, _WITH_CONDITION)
    size = canonical_item(item, Wording.CURRENT)
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise ServiceError(errors.RETURN_VALUES_RESTRICTED)
    expected = legacy_condition_of(request, "Expected", Wording.CURRENT)
    expressions, values = write_expressions(request)
    return Write(item, size, expressions.condition or expected, values)


_SURELY_FITS = limits.MAX_ITEM_BYTES // (1 + limits.MAX_LOCAL_INDEXES)  # even if each local index holds it whole


def check_item_size(table: Table, item: Item, size: int, fault: Fault) -> None:
    """Raise `fault` if an item of `size` bytes is too large; its rows in local indexes count (capacity.md 1)."""
    if size <= _SURELY_FITS:
        return
    rows = [index.row_size(item) for index in table.indexes_of(IndexKind.LOCAL)]
    if size + sum(rows) > limits.MAX_ITEM_BYTES:
        raise ServiceError(fault)


def check_new_item(table: Table, item: Item, size: int) -> RowKey:
    """The row key of an item of `size` bytes that is to be put. Raises if the table cannot have it."""
    check_item_size(table, item, size, errors.ITEM_TOO_LARGE)
    key = table.schema.check_item(item)
    if table.indexes or table.vectors:
        table.check_index_keys(item)
    return key


def check_key_paths(table: Table, nested: frozenset[str]) -> None:
    """Raise if a document path reaches below a key attribute of the table or of one of its indexes."""
    if not nested:
        return
    for name in table.schema.names:
        if name in nested:
            raise ServiceError(errors.KEY_NOT_SCALAR, role="Key", name=name)
    for index in table.indexes.values():
        for name in index.schema.names:
            if name in nested:
                raise ServiceError(errors.KEY_NOT_SCALAR, role="IndexKey", name=name)


def check_condition(
    context: Context,
    request: Request,
    table: Table,
    condition: Condition,
    old: Record | None,
    values: Item | None,
    old_item: Item | None = None,
) -> None:
    """Raise ConditionalCheckFailedException unless the condition holds for the item as it is.

    `old_item` is `old` decoded, for a caller who has it.
    """
    check_key_paths(table, condition.nested)
    fault = failed_condition(request, condition, old, values, old_item)
    if fault is not None:
        observe_failure(context, table, old)
        raise fault


def observe_failure(context: Context, table: Table, old: Record | None) -> None:
    """Tell observers of a write that was not carried out because of the item that is there, or is not."""
    failed = WriteUnits()
    failed.add(table.written_size(old, None), ())
    context.observe(table.name, write_units=failed.table)


def failed_condition(
    request: Request, condition: Condition, old: Record | None, values: Item | None, old_item: Item | None = None
) -> ServiceError | None:
    """ConditionalCheckFailedException, unless the condition holds for the item as it is."""
    if old_item is None:
        old_item = old.decode() if old is not None else {}
    if condition.holds(old_item, values or {}):
        return None
    members = {}
    if old is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
        members["Item"] = orjson.Fragment(old.encoded)
    return ServiceError(errors.CONDITION_FAILED, members=members)


def written(
    context: Context,
    request: Request,
    table: Table,
    key: Item,
    old: Record | None,
    new: Record | None,
    changes: list[AnyIndexChange],
) -> Response:
    """The answer to a write that was applied, without Attributes; `key` may hold more than the key."""
    response: Response = {}
    mode = wants_capacity(request)
    if mode or context.observation is not None:
        units = WriteUnits()
        units.add(table.written_size(old, new), changes)
        observe_write(context, table, units)
        if mode:
            response["ConsumedCapacity"] = write_capacity(request["TableName"], mode, units)
    if request.get("ReturnItemCollectionMetrics") == "SIZE" and table.has_local_indexes:
        response["ItemCollectionMetrics"] = item_collection_metrics(table.schema, key)
    return response


def observe_write(context: Context, table: Table, units: WriteUnits, times: int = 1) -> None:
    """Tell observers what a write took from the table and from its indexes; each unit counts `times` times."""
    if context.observation is None:
        return
    context.observe(table.name, write_units=times * units.table)
    for arm in units.indexes.values():
        for index, index_units in arm.items():
            context.observe(table.name, index, write_units=times * index_units)


def item_collection_metrics(schema: KeySchema, key: Item) -> dict[str, Any]:
    """The metrics of the item collection of a key; estimates are whole gigabytes, so small ones are 0 to 1."""
    name = schema.hash[0].name
    return {"ItemCollectionKey": {name: key[name]}, "SizeEstimateRangeGB": [0.0, 1.0]}


def item_collections(schema: KeySchema, keys: Iterable[Item]) -> list[dict[str, Any]]:
    """The metrics of the item collections of several keys, each collection once."""
    found: dict[bytes, dict[str, Any]] = {}
    for key in keys:
        metrics = item_collection_metrics(schema, key)
        found.setdefault(orjson.dumps(metrics["ItemCollectionKey"]), metrics)
    return list(found.values())
