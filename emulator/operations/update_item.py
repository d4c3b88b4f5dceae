"""UpdateItem: change attributes of an item, or create it. Source: items.md 6 and 11, expressions.md 9."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.expressions import Condition, Update, legacy_update
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
from emulator.operations.write_item import check_condition, check_item_size, check_key_paths, written
from emulator.storage.record import Record
from emulator.storage.schema import KeyAttribute, key_length
from emulator.storage.table import Table
from emulator.values.canonical import canonical_item, canonical_value
from emulator.values.keys import EMPTY_KINDS
from emulator.values.sizes import item_size, value_size
from emulator.values.types import AttributeValue, Item, Wording

_EXPRESSIONS = ("UpdateExpression", "ConditionExpression")


@dataclass(slots=True)
class UpdatePlan:
    """An update of an item that is checked as far as the request alone allows."""

    key: Item
    update: Update | None
    condition: Condition | None
    values: Item


@operation("UpdateItem")
def update_item(context: Context, request: Request) -> Response:
    plan = _plan(request)
    table = context.table(request["TableName"])
    key = table.schema.check_key(plan.key)
    if plan.update is not None:
        check_targets(table, plan.update, plan.values)
    old = table.rows.get(key)
    old_item = old.decode() if old is not None else {}
    _check_statement(plan, old_item)
    if plan.condition is not None:
        check_condition(context, request, table, plan.condition, old, plan.values, old_item)
    new, new_item = updated(table, plan, old, old_item)
    changes = table.replace(key, old, new, new_item) if new is not None else []
    if context.observation is None and request.keys().isdisjoint(_ANSWERED):
        return {}
    response = written(context, request, table, plan.key, old, new, changes)
    attributes = _returned(request.get("ReturnValues", "NONE"), plan.update, old_item, new_item)
    if attributes:
        response["Attributes"] = attributes
    return response


_ANSWERED = ("ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics")


@enveloped
def _plan(request: Request) -> UpdatePlan:
    check_styles(request, ("AttributeUpdates", "Expected", "ConditionalOperator"), _EXPRESSIONS)
    check_placeholder_maps(request, _EXPRESSIONS, _EXPRESSIONS)
    key: Item = request["Key"]
    canonical_item(key, Wording.CURRENT)
    update = _legacy_update(request)
    expected = legacy_condition_of(request, "Expected", Wording.CURRENT)
    expressions, values = write_expressions(request)
    return UpdatePlan(key, expressions.update or update, expressions.condition or expected, values)


def _legacy_update(request: Request) -> Update | None:
    updates: dict[str, dict[str, Any]] | None = request.get("AttributeUpdates")
    if not updates:
        return None
    for update in updates.values():
        if update.get("Value") is not None:
            canonical_value(update["Value"], Wording.CURRENT)
    return legacy_update(updates)


# --- What the table's schema has to say -----------------------------------------------------------


def check_targets(table: Table, update: Update, values: Item) -> None:
    """Raise if the update touches a key attribute or assigns an index key what it cannot be."""
    if not update.attributes.isdisjoint(table.schema.names):
        name = next(name for name in table.schema.names if name in update.attributes)
        raise ServiceError(errors.KEY_UPDATE, name=name)
    if table.indexes or table.vectors:
        assigned = _assigned(update, values)
        for attribute, index in table.index_keys():
            if (value := assigned.get(attribute.name)) is not None:
                _check_assigned(attribute, index, value)
        if table.vectors is not None:
            table.vectors.check_vectors(assigned)
    check_key_paths(table, update.nested)


def _assigned(update: Update, values: Item) -> Item:
    """What attributes the update sets to literals, by attribute."""
    return {name: values[source] if isinstance(source, str) else source for name, source in update.assigned}


def _check_assigned(attribute: KeyAttribute, index: str, value: AttributeValue) -> None:
    if attribute.type not in value:
        raise ServiceError(
            errors.INDEX_KEY_TYPE_MISMATCH,
            name=attribute.name,
            expected=attribute.type,
            actual=next(iter(value)),
            index=index,
        )
    _check_new_value(attribute, value)


def _check_new_value(attribute: KeyAttribute, value: AttributeValue) -> None:
    length = key_length(value)
    if not length:
        raise ServiceError(errors.EMPTY_INDEX_KEY_UPDATE, kind=EMPTY_KINDS[attribute.type])
    if length > attribute.max_bytes:
        raise ServiceError(errors.INDEX_KEY_UPDATE_SIZE)


def _check_statement(plan: UpdatePlan, old_item: Item) -> None:
    """Raise if the statement itself is larger than an item may be; this comes before the condition."""
    charge = None if plan.update is None else plan.update.charge
    if charge is not None and charge(old_item, plan.values, limits.MAX_ITEM_BYTES) > limits.MAX_ITEM_BYTES:
        raise ServiceError(errors.UPDATED_ITEM_TOO_LARGE)


# --- Applying -------------------------------------------------------------------------------------


def updated(table: Table, plan: UpdatePlan, old: Record | None, old_item: Item) -> tuple[Record | None, Item | None]:
    """The record and the item after the update; the old record if nothing changes. Stores nothing."""
    new_item = _apply(table, plan, old_item)
    if new_item is None or new_item == old_item:
        return old, new_item
    size = _size_after(plan.update, old, old_item, new_item)
    check_item_size(table, new_item, size, errors.UPDATED_ITEM_TOO_LARGE)
    return Record(new_item, size), new_item


def _size_after(update: Update | None, old: Record | None, old_item: Item, new_item: Item) -> int:
    """Bytes of the new item: those of the old one, but for the attributes that the update changes."""
    if update is None or old is None:
        return item_size(new_item)
    size = old.size
    for name in update.attributes:
        before, after = old_item.get(name), new_item.get(name)
        if before is not None:
            size -= len(name.encode()) + value_size(before)
        if after is not None:
            size += len(name.encode()) + value_size(after)
    return size


def _apply(table: Table, plan: UpdatePlan, old_item: Item) -> Item | None:
    """The item after the update; None if there is none before and the update makes none."""
    if plan.update is None:
        return old_item or plan.key
    if old_item:
        new_item = plan.update.apply(old_item, plan.values)
    elif plan.update.creates:
        new_item = plan.update.apply(plan.key, plan.values)
    else:
        return None
    if table.indexes or table.vectors:
        for attribute, _ in table.index_keys():
            value = new_item.get(attribute.name)
            if value is None or value is old_item.get(attribute.name):
                continue
            if attribute.type not in value:  # literals were checked before: this value was computed
                raise ServiceError(errors.INDEX_KEY_UPDATE_TYPE)
            _check_new_value(attribute, value)
    if table.vectors is not None:
        table.vectors.check_vectors({name: new_item[name] for name in plan.update.attributes if name in new_item})
    return new_item


def _returned(kind: str, update: Update | None, old_item: Item, new_item: Item | None) -> Any:
    """The Attributes of the answer, or something empty."""
    if kind == "ALL_OLD":
        return old_item
    if kind == "ALL_NEW":
        return new_item
    if update is None or kind == "NONE":
        return None
    named_in = old_item if kind == "UPDATED_OLD" else new_item
    return update.fragment(named_in) if named_in else None
