"""TransactWriteItems: all of its actions, or none. Source: batch_transactions.md 4 to 7 and 9.

Everything that can be wrong is found before anything is changed, so a transaction that fails leaves no trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from emulator import errors, limits
from emulator.capacity import (
    WriteUnits,
    read_units,
    transactional_capacity,
    transactional_write_capacity,
    wants_capacity,
)
from emulator.errors import ServiceError
from emulator.expressions import Condition, compile_update
from emulator.operations.context import Context
from emulator.operations.parameters import Request, check_all_used, check_placeholder_maps, condition_of, placeholders
from emulator.operations.registry import Response, operation
from emulator.operations.transactions import (
    canceled,
    check_distinct,
    check_keys_not_empty,
    check_transactions_allowed,
    each,
    is_empty,
)
from emulator.operations.update_item import UpdatePlan, check_targets, updated
from emulator.operations.write_item import (
    check_item_size,
    check_key_paths,
    failed_condition,
    item_collections,
    observe_write,
)
from emulator.storage.record import Record
from emulator.storage.rows import RowKey
from emulator.storage.table import AnyIndexChange, Table
from emulator.storage.tokens import Completed
from emulator.values.canonical import canonical_item, depth
from emulator.values.keys import EMPTY_KINDS
from emulator.values.sizes import value_size
from emulator.values.types import Item, Wording

_KINDS = ("ConditionCheck", "Put", "Delete", "Update")
_EXPRESSIONS = ("UpdateExpression", "ConditionExpression")

# A value of an expression may be one level deeper than an item may hold it: a condition with such a value is evaluated,
# an update that stores it cancels (values.md 7).
_VALUE_LEVEL = 0


@dataclass(slots=True)
class Action:
    """One action, checked as far as the request alone allows."""

    kind: str
    request: Request
    """TableName, and ReturnValuesOnConditionCheckFailure."""
    item: Item
    """The item of a Put, the key of another action."""
    size: int
    condition: Condition | None
    values: Item
    update: UpdatePlan | None

    def failure(self, old: Record | None) -> ServiceError | None:
        """What is wrong with carrying it out on the item as it is, if its condition does not hold."""
        if self.condition is None:
            return None
        return failed_condition(self.request, self.condition, old, self.values)


@dataclass(slots=True)
class _Target:
    """What an action is about to change: the table, and the item as it is."""

    action: Action
    table: Table
    key: RowKey
    old: Record | None


@dataclass(slots=True)
class _Outcome:
    """What an action leaves under its key, and what it takes."""

    target: _Target
    new: Record | None
    new_item: Item | None
    changes: list[AnyIndexChange] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of the larger one of the item before and the item after."""
        return self.target.table.written_size(self.target.old, self.new)


@operation("TransactWriteItems")
def transact_write_items(context: Context, request: Request) -> Response:
    return carry_out(context, request, [_planned(member) for member in request["TransactItems"]])


def carry_out(context: Context, request: Request, actions: Sequence[Action]) -> Response:
    """Carry out all actions of a request, or none; the answer without Responses."""
    _check_payload(actions)
    tables = [context.table(action.request["TableName"]) for action in actions]
    check_transactions_allowed(tables)
    pairs = list(zip(tables, actions, strict=True))
    for table, action in pairs:
        _check_not_empty(table, action)
    check_distinct([(table, action.item) for table, action in pairs])
    token, digest = request.get("ClientRequestToken"), b""
    if token is not None:
        digest = _digest(request)
        completed = context.database.tokens.find(token, context.agenda.now())
        if completed is not None:
            if completed.digest != digest:
                raise ServiceError(errors.IDEMPOTENT_PARAMETER_MISMATCH)
            return _replayed(context, request, pairs)
    targets = each(pairs, _target)
    _check_conditions(targets)
    outcomes = each(targets, _outcome)
    for outcome in outcomes:
        _apply(outcome)
    if token is not None:
        context.database.tokens.add(token, Completed(digest, context.agenda.now()))
    return _response(context, request, outcomes)


# --- What the request alone tells -----------------------------------------------------------------


def _planned(member: dict[str, Any]) -> Action:
    kinds = [kind for kind in _KINDS if kind in member]
    if not kinds:
        raise ServiceError(errors.TRANSACTION_ACTION_MISSING)
    if len(kinds) > 1:
        raise ServiceError(errors.TRANSACTION_ACTIONS_MIXED)
    kind = kinds[0]
    request: Request = member[kind]
    item: Item = request["Item"] if kind == "Put" else request["Key"]
    check_placeholder_maps(request, _EXPRESSIONS, _EXPRESSIONS, ": ConditionExpression is null")
    names, values = placeholders(request, Wording.OLDER, _VALUE_LEVEL)
    update = compile_update(request["UpdateExpression"], names, values) if kind == "Update" else None
    condition = condition_of(request, "ConditionExpression", names, values)
    check_all_used(names, values, update, condition)
    size = canonical_item(item, Wording.OLDER)
    if kind == "Put" and size > limits.MAX_ITEM_BYTES:
        raise ServiceError(errors.ITEM_TOO_LARGE)
    plan = UpdatePlan(item, update, condition, values) if update is not None else None
    return Action(kind, request, item, size, condition, values, plan)


def _check_payload(actions: Sequence[Action]) -> None:
    size = sum(action.size + sum(map(value_size, action.values.values())) for action in actions)
    if size > limits.MAX_TRANSACTION_BYTES:
        raise ServiceError(errors.TRANSACTION_TOO_LARGE, limit=limits.MAX_TRANSACTION_BYTES)


def _digest(request: Request) -> bytes:
    """The request but for its token, in few bytes; values are canonical by now."""
    compared = {name: value for name, value in request.items() if name != "ClientRequestToken"}
    return sha256(orjson.dumps(compared, option=orjson.OPT_SORT_KEYS)).digest()


# --- What the tables tell -------------------------------------------------------------------------


def _check_not_empty(table: Table, action: Action) -> None:
    """Raise if the action gives a key attribute of the table or of an index an empty value."""
    check_keys_not_empty(table, action.item)
    assigned = _assigned(action)
    for attribute, index in table.index_keys():
        kind = EMPTY_KINDS.get(attribute.type)
        if action.kind == "Put" and is_empty(attribute, action.item):
            raise ServiceError(errors.EMPTY_INDEX_KEY, kind=kind, index=index, name=attribute.name)
        if is_empty(attribute, assigned):
            raise ServiceError(errors.EMPTY_INDEX_KEY_UPDATE, kind=kind)


def _assigned(action: Action) -> Item:
    """What attributes an update sets to values of the request."""
    update = action.update.update if action.update is not None else None
    if update is None:
        return {}
    return {name: action.values[source] for name, source in update.assigned if isinstance(source, str)}


def _target(pair: tuple[Table, Action]) -> _Target:
    """Find the item of an action. Raises if the action does not fit the keys of the table and its indexes."""
    table, action = pair
    if action.kind == "Put":
        check_item_size(table, action.item, action.size, errors.ITEM_TOO_LARGE)
    key = _row_key(pair)
    if action.kind == "Put":
        table.check_index_keys(action.item)
    if action.update is not None and action.update.update is not None:
        check_targets(table, action.update.update, action.values)
    if action.condition is not None:
        check_key_paths(table, action.condition.nested)
    return _Target(action, table, key, table.rows.get(key))


def _row_key(pair: tuple[Table, Action]) -> RowKey:
    table, action = pair
    return table.schema.check_item(action.item) if action.kind == "Put" else table.schema.check_key(action.item)


def _check_conditions(targets: list[_Target]) -> None:
    """Cancel if conditions do not hold; all that do not are reported."""
    faults = [target.action.failure(target.old) for target in targets]
    if any(faults):
        raise canceled(faults)


# --- Carrying it out ------------------------------------------------------------------------------


def _outcome(target: _Target) -> _Outcome:
    """What the action would leave; nothing is changed yet."""
    action, old = target.action, target.old
    if action.kind == "Put":
        return _Outcome(target, Record(action.item, action.size), action.item)
    if action.kind == "Delete":
        return _Outcome(target, None, None)
    if action.update is None:  # a ConditionCheck
        return _Outcome(target, old, None)
    new, new_item = updated(target.table, action.update, old, old.decode() if old is not None else {})
    if new_item is not None and depth(action.values) > limits.MAX_NESTING_LEVELS < depth(new_item):
        raise ServiceError(errors.NESTING_TOO_DEEP)
    return _Outcome(target, new, new_item)


def _apply(outcome: _Outcome) -> None:
    target = outcome.target
    if outcome.new is not target.old:
        outcome.changes = target.table.replace(target.key, target.old, outcome.new, outcome.new_item)


# --- The answer -----------------------------------------------------------------------------------


def _response(context: Context, request: Request, outcomes: list[_Outcome]) -> Response:
    response: Response = {}
    mode = wants_capacity(request)
    if mode or context.observation is not None:
        capacity = []
        for name, of_table in _by_table_name(outcomes).items():
            units = WriteUnits()
            for outcome in of_table:
                units.add(outcome.size, outcome.changes)
            observe_write(context, of_table[0].target.table, units, times=2)
            if mode:
                capacity.append(transactional_write_capacity(name, mode, units))
        if mode:
            response["ConsumedCapacity"] = capacity
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        metrics = _collections(outcomes)
        if metrics:
            response["ItemCollectionMetrics"] = metrics
    return response


def _by_table_name(outcomes: list[_Outcome]) -> dict[str, list[_Outcome]]:
    """The outcomes by the table's name or ARN as the request gave it."""
    grouped: dict[str, list[_Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault(outcome.target.action.request["TableName"], []).append(outcome)
    return grouped


def _collections(outcomes: list[_Outcome]) -> dict[str, list[dict[str, Any]]]:
    """Metrics of the item collections that were written, by table."""
    metrics = {}
    for name, of_table in _by_table_name(outcomes).items():
        table = of_table[0].target.table
        written = [outcome.target.action for outcome in of_table if outcome.target.action.kind != "ConditionCheck"]
        if written and table.has_local_indexes:
            metrics[name] = item_collections(table.schema, [action.item for action in written])
    return metrics


def _replayed(context: Context, request: Request, pairs: list[tuple[Table, Action]]) -> Response:
    """The answer to a transaction that was carried out before: it costs reading the items."""
    units: dict[str, float] = {}
    for (table, action), key in zip(pairs, each(pairs, _row_key), strict=True):
        stored = table.rows.get(key)
        read = read_units(stored.size if stored is not None else 0, consistent=True)
        context.observe(table.name, read_units=2 * read)
        name = action.request["TableName"]
        units[name] = units.get(name, 0.0) + read
    mode = wants_capacity(request)
    if not mode:
        return {}
    capacity = [transactional_capacity(name, mode, "ReadCapacityUnits", read) for name, read in units.items()]
    return {"ConsumedCapacity": capacity}
