"""BatchGetItem and BatchWriteItem. Source: batch_transactions.md 2 and 3, capacity.md 6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from emulator import errors, limits
from emulator.capacity import WriteUnits, consumed_capacity, read_units, wants_capacity, write_capacity
from emulator.errors import ServiceError
from emulator.expressions import Projection
from emulator.operations.context import Context
from emulator.operations.parameters import Request, check_placeholder_maps, check_styles
from emulator.operations.read_item import projected, projection_of
from emulator.operations.registry import Response, operation
from emulator.operations.write_item import (
    check_item_size,
    check_key_paths,
    item_collections,
    observe_write,
)
from emulator.storage.record import Record
from emulator.storage.rows import RowKey
from emulator.storage.table import AnyIndexChange, Table
from emulator.values.canonical import canonical_item
from emulator.values.types import Item, Wording

# --- BatchGetItem ---------------------------------------------------------------------------------

_GET_EXPRESSIONS = ("ProjectionExpression",)


@operation("BatchGetItem")
def batch_get_item(context: Context, request: Request) -> Response:
    """Items by key from several tables; what goes beyond 16 MB comes back as UnprocessedKeys."""
    blocks: dict[str, dict[str, Any]] = request["RequestItems"]
    projections = _check_blocks(blocks)
    tables = {name: context.table(name) for name in blocks}
    row_keys = {name: [tables[name].schema.check_key(key) for key in block["Keys"]] for name, block in blocks.items()}
    room = limits.MAX_BATCH_GET_BYTES
    responses: dict[str, list[Any]] = {}
    unprocessed: dict[str, dict[str, Any]] = {}
    capacity = []
    mode = wants_capacity(request)
    for name, block in blocks.items():
        projection = projections[name]
        if projection is not None:
            check_key_paths(tables[name], projection.nested)
        consistent = bool(block.get("ConsistentRead"))
        items = responses[name] = []
        units, done, seen = 0.0, 0, set()
        for row_key in row_keys[name]:
            record = tables[name].rows.get(row_key)
            size = record.size if record is not None else 0
            if size > room:
                break
            room -= size
            done += 1
            units += read_units(size, consistent=consistent)
            # Numbers spelt differently pass the duplicate check; their item is returned once.
            if record is not None and row_key not in seen:
                seen.add(row_key)
                items.append(projected(record, projection))
        if done < len(block["Keys"]):
            unprocessed[name] = {**block, "Keys": block["Keys"][done:]}
        context.observe(tables[name].name, read_units=units, evaluated=len(items), returned=len(items))
        if mode:
            capacity.append(consumed_capacity(name, mode, units))
    response: Response = {"Responses": responses, "UnprocessedKeys": unprocessed}
    if mode:
        response["ConsumedCapacity"] = capacity
    return response


def _check_blocks(blocks: dict[str, dict[str, Any]]) -> dict[str, Projection | None]:
    """What the request alone allows to check, table by table; the projections."""
    projections = {}
    asked = 0
    # Observed: one table's AttributesToGet does not go with another table's ProjectionExpression either.
    check_styles({name: True for block in blocks.values() for name in block}, ("AttributesToGet",), _GET_EXPRESSIONS)
    for name, block in blocks.items():
        check_placeholder_maps(block, _GET_EXPRESSIONS)
        projections[name] = projection_of(block)
        keys = block["Keys"]
        # Keys are compared as they were written: 1000 and 1e3 are not found out to be the same.
        written = {_as_written(key) for key in keys}
        for key in keys:
            canonical_item(key, Wording.CURRENT)
        if len(written) < len(keys):
            raise ServiceError(errors.DUPLICATE_KEYS)
        asked += len(keys)
        if asked > limits.MAX_BATCH_GET_KEYS:
            raise ServiceError(errors.TOO_MANY_ITEMS, operation="BatchGetItem")
    return projections


def _as_written(key: Item) -> bytes:
    """The text of a key. One that is nested too deep to have a text is refused with its values."""
    try:
        return orjson.dumps(key, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return b""


# --- BatchWriteItem -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Put:
    item: Item
    size: int


@dataclass(slots=True)
class _Delete:
    key: Item


@operation("BatchWriteItem")
def batch_write_item(context: Context, request: Request) -> Response:
    """Puts and deletes on several tables: refused as a whole if one is faulty, then done one by one."""
    planned = _check_writes(request["RequestItems"])
    tables = {name: context.table(name) for name in planned}
    keyed = {name: _check_keys(tables[name], writes) for name, writes in planned.items()}
    for writes in keyed.values():
        _check_duplicates(writes)
    mode = wants_capacity(request)
    capacity = []
    metrics: dict[str, list[dict[str, Any]]] = {}
    counting = mode is not None or context.observation is not None
    for name, writes in keyed.items():
        table = tables[name]
        units = WriteUnits()
        for row_key, write in writes:
            old, new, changes = _apply(table, row_key, write)
            if counting:
                units.add(table.written_size(old, new), changes)
        observe_write(context, table, units)
        if mode:
            capacity.append(write_capacity(name, mode, units))
        if request.get("ReturnItemCollectionMetrics") == "SIZE" and table.has_local_indexes:
            metrics[name] = item_collections(table.schema, [_key_holder(write) for _, write in writes])
    response: Response = {"UnprocessedItems": {}}
    if mode:
        response["ConsumedCapacity"] = capacity
    if metrics:
        response["ItemCollectionMetrics"] = metrics
    return response


def _check_writes(blocks: dict[str, list[dict[str, Any]]]) -> dict[str, list[_Put | _Delete]]:
    if sum(map(len, blocks.values())) > limits.MAX_BATCH_WRITE_REQUESTS:
        raise ServiceError(errors.TOO_MANY_ITEMS, operation="BatchWriteItem")
    return {name: [_check_write(write) for write in writes] for name, writes in blocks.items()}


def _check_write(write: dict[str, Any]) -> _Put | _Delete:
    put, delete = write.get("PutRequest"), write.get("DeleteRequest")
    if (put is None) == (delete is None):
        raise ServiceError(errors.VALUE_AMBIGUOUS)
    if put is not None:
        return _Put(put["Item"], canonical_item(put["Item"], Wording.OLDER))
    assert delete is not None
    canonical_item(delete["Key"], Wording.OLDER)
    return _Delete(delete["Key"])


def _check_keys(table: Table, writes: list[_Put | _Delete]) -> list[tuple[RowKey, _Put | _Delete]]:
    """The writes with their row keys."""
    keyed: list[tuple[RowKey, _Put | _Delete]] = []
    for write in writes:
        if isinstance(write, _Put):
            check_item_size(table, write.item, write.size, errors.ITEM_TOO_LARGE)
            row_key = table.schema.check_batch_item(write.item)
            if table.indexes or table.vectors:
                table.check_index_keys(write.item)
        else:
            row_key = table.schema.check_key(write.key)
        keyed.append((row_key, write))
    return keyed


def _key_holder(write: _Put | _Delete) -> Item:
    """What of a write holds the key: the item, or the key alone."""
    return write.item if isinstance(write, _Put) else write.key


def _check_duplicates(keyed: list[tuple[RowKey, _Put | _Delete]]) -> None:
    if len({row_key for row_key, _ in keyed}) < len(keyed):
        raise ServiceError(errors.DUPLICATE_KEYS)


def _apply(
    table: Table, row_key: RowKey, write: _Put | _Delete
) -> tuple[Record | None, Record | None, list[AnyIndexChange]]:
    """The record before and after, and what indexes noticed."""
    old = table.rows.get(row_key)
    new, item = None, None
    if isinstance(write, _Put):
        new, item = Record(write.item, write.size), write.item
    return old, new, table.replace(row_key, old, new, item)
