"""INSERT, UPDATE and DELETE: each changes one item, as PutItem, UpdateItem and DeleteItem do.

Source: partiql.md 9 to 12 and 16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from emulator import errors
from emulator.errors import ServiceError
from emulator.expressions.cache import Cache, Key
from emulator.expressions.conditions import Condition, condition_of_tree
from emulator.expressions.updates import Update as CompiledUpdate
from emulator.expressions.updates import update_of_tree
from emulator.operations.context import Context
from emulator.operations.parameters import Request
from emulator.operations.partiql_keys import Constant, SingleKey, constant_value, single_key
from emulator.operations.update_item import UpdatePlan, check_targets, updated
from emulator.operations.write_item import check_condition, check_new_item, observe_failure
from emulator.partiql.tree import Delete, Exists, Insert, Prepared, Update
from emulator.storage.record import Record
from emulator.storage.schema import KeySchema
from emulator.storage.table import AnyIndexChange, Table
from emulator.values.sizes import item_size
from emulator.values.types import Item, data_type


@dataclass(slots=True)
class Written:
    """What a statement did: the item before and after, what indexes noticed, and what RETURNING returns."""

    table: Table
    old: Record | None
    new: Record | None
    changes: list[AnyIndexChange] = field(default_factory=list)
    returned: Any = None

    @property
    def size(self) -> int:
        """Bytes of the larger one of the item before and the item after."""
        return self.table.written_size(self.old, self.new)


def write(context: Context, request: Request, prepared: Prepared) -> Written:
    """Carry out a statement; `request` has its ReturnValuesOnConditionCheckFailure.

    Raises before anything is changed.
    """
    return _WRITERS[type(prepared.statement)](context, request, prepared, prepared.statement)


# --- INSERT ---------------------------------------------------------------------------------------


def _insert(context: Context, request: Request, prepared: Prepared, statement: Insert) -> Written:
    table = target_table(context, statement)
    item, size = inserted(prepared, statement)
    key = check_new_item(table, item, size)
    old = table.rows.get(key)
    if old is not None:
        observe_failure(context, table, old)
        raise ServiceError(errors.DUPLICATE_ITEM)
    new = Record(item, size)
    return Written(table, None, new, table.replace(key, None, new, item))


def inserted(prepared: Prepared, statement: Insert) -> tuple[Item, int]:
    """The item of an INSERT, and its size in bytes."""
    item: Item = constant_value(statement.item, prepared.values)["M"]
    return item, item_size(item)


# --- UPDATE and DELETE ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyedPlan:
    """An UPDATE, a DELETE or the SELECT of an EXISTS, on tables with keys of certain names."""

    operands: tuple[Constant, ...]
    """The values of the key, in the order of the schema."""
    condition: Condition | None
    """What the clause demands beside the key; of an UPDATE, also that there is an item."""
    update: CompiledUpdate | None

    def key(self, schema: KeySchema, values: Item) -> Item:
        """The key of the item, not checked yet."""
        named = zip(schema.names, self.operands, strict=True)
        return {name: constant_value(operand, values) for name, operand in named}


_plans: Cache[KeyedPlan] = Cache()


def keyed_plan(prepared: Prepared, schema: KeySchema) -> KeyedPlan:
    """The plan of a statement that names one item, from the cache if it met such a key before.

    Raises if the clause does not hold an equality on every key attribute.
    """
    key: Key = (prepared.text, *map(data_type, prepared.values.values()), *schema.names)
    return _plans.get(key) or _plans.keep(key, _planned(prepared, schema))


def _planned(prepared: Prepared, schema: KeySchema) -> KeyedPlan:
    statement = prepared.statement
    assert isinstance(statement, Update | Delete | Exists)
    found = single_key(statement.select.where if isinstance(statement, Exists) else statement.where, schema)
    if isinstance(statement, Exists):
        _check_exists(found)
    if found is None:
        raise ServiceError(errors.KEY_EQUALITY_MISSING)
    types = {name: data_type(value) for name, value in prepared.values.items()}
    condition = None if found.rest is None else condition_of_tree(found.rest, types)
    if isinstance(statement, Update):
        return KeyedPlan(found.operands, _of_existing(condition), update_of_tree(statement.actions))
    return KeyedPlan(found.operands, condition, None)


def _of_existing(condition: Condition | None) -> Condition:
    """The condition that there is an item for which `condition` holds."""
    if condition is None:
        return _THERE
    holds = condition.holds
    return Condition(
        lambda item, values: bool(item) and holds(item, values),
        condition.names,
        condition.values,
        condition.attributes,
        condition.nested,
    )


_THERE = Condition(lambda item, values: bool(item), frozenset(), frozenset(), (), frozenset())


def _check_exists(found: SingleKey | None) -> None:
    if found is None or found.rest is None:
        raise ServiceError(errors.TRANSACTION_EXISTS)


def _update(context: Context, request: Request, prepared: Prepared, statement: Update) -> Written:
    table = target_table(context, statement)
    plan, values = keyed_plan(prepared, table.schema), prepared.values
    key = plan.key(table.schema, values)
    row_key = table.schema.check_key(key)
    assert plan.update is not None
    assert plan.condition is not None
    check_targets(table, plan.update, values)
    old = table.rows.get(row_key)
    check_condition(context, request, table, plan.condition, old, values)
    assert old is not None
    old_item = old.decode()
    new, new_item = updated(table, UpdatePlan(key, plan.update, plan.condition, values), old, old_item)
    changes = table.replace(row_key, old, new, new_item)
    assert new_item is not None
    return Written(table, old, new, changes, _returned(statement.returning, plan.update, old_item, new_item))


def _returned(form: str | None, update: CompiledUpdate, old_item: Item, new_item: Item) -> Item | None:
    """What RETURNING asks for; None for nothing."""
    if form is None:
        return None
    item = old_item if form.endswith("OLD") else new_item
    return item if form.startswith("ALL") else update.fragment(item) or None


def _delete(context: Context, request: Request, prepared: Prepared, statement: Delete) -> Written:
    table = target_table(context, statement)
    plan = keyed_plan(prepared, table.schema)
    row_key = table.schema.check_key(plan.key(table.schema, prepared.values))
    old = table.rows.get(row_key)
    if old is None:
        return Written(table, None, None)
    if plan.condition is not None:
        check_condition(context, request, table, plan.condition, old, prepared.values)
    changes = table.replace(row_key, old, None, None)
    returned = None if statement.returning is None else orjson.Fragment(old.encoded)
    return Written(table, old, None, changes, returned)


# --- The table ------------------------------------------------------------------------------------


def target_table(context: Context, statement: Insert | Update | Delete) -> Table:
    """The table that a statement writes to. Raises if its target is an index."""
    table = context.table(statement.target.table)
    if statement.target.index is not None:
        raise ServiceError(errors.INSERT_INTO_INDEX if isinstance(statement, Insert) else errors.WRITE_TO_INDEX)
    return table


_WRITERS: dict[type[Any], Callable[[Context, Request, Prepared, Any], Written]] = {
    Insert: _insert,
    Update: _update,
    Delete: _delete,
}
