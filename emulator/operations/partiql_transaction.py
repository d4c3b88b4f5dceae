"""ExecuteTransaction: statements that all read, or of which all write or none. Source: partiql.md 15.

Statements become the actions of TransactWriteItems or the reads of TransactGetItems, which do the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from emulator import errors
from emulator.errors import ServiceError
from emulator.expressions import Projection
from emulator.operations.context import Context
from emulator.operations.parameters import Request
from emulator.operations.partiql import check_not_mixed
from emulator.operations.partiql_keys import constant_value
from emulator.operations.partiql_read import check_plan_paths, read_source, select_plan
from emulator.operations.partiql_write import inserted, keyed_plan, target_table
from emulator.operations.registry import Response, operation
from emulator.operations.transact_read import read_all
from emulator.operations.transact_write import Action, carry_out
from emulator.operations.update_item import UpdatePlan
from emulator.partiql import ParameterError, prepare
from emulator.partiql.tree import Delete, Exists, Insert, Prepared, Select, Update
from emulator.storage.record import Record

_Made = TypeVar("_Made")
_Arguments = ParamSpec("_Arguments")


@operation("ExecuteTransaction")
def execute_transaction(context: Context, request: Request) -> Response:
    members: list[Request] = request["TransactStatements"]
    prepared = [_named(index, _prepared, member) for index, member in enumerate(members)]
    check_not_mixed("transaction", prepared)
    if isinstance(prepared[0].statement, Select):
        return _read_all(context, request, prepared)
    pairs = enumerate(zip(members, prepared, strict=True))
    actions = [_named(index, _action, context, member, one) for index, (member, one) in pairs]
    return {"Responses": [], **carry_out(context, request, actions)}


def _named(
    index: int, step: Callable[_Arguments, _Made], *arguments: _Arguments.args, **named: _Arguments.kwargs
) -> _Made:
    """What `step` makes of a statement. Validation errors say which statement is at fault."""
    try:
        return step(*arguments, **named)
    except ServiceError as error:
        if error.code != "ValidationException" or isinstance(error, ParameterError):
            raise
        raise error.prefixed(errors.STATEMENT_OF_TRANSACTION.format(index=index)) from None


def _prepared(member: Request) -> Prepared:
    prepared = prepare(member["Statement"], member.get("Parameters"))
    statement = prepared.statement
    if isinstance(statement, Update | Delete) and statement.returning is not None:
        raise ServiceError(errors.TRANSACTION_RETURNING)
    return prepared


# --- Reads ----------------------------------------------------------------------------------------


def _read_all(context: Context, request: Request, prepared: list[Prepared]) -> Response:
    reads = [_named(index, _get, context, one) for index, one in enumerate(prepared)]
    return read_all(context, request, [get for get, _ in reads], [projection for _, projection in reads])


def _get(context: Context, prepared: Prepared) -> tuple[Request, Projection | None]:
    """A SELECT as a Get of TransactGetItems, and what it selects."""
    statement = prepared.statement
    assert isinstance(statement, Select)
    source = read_source(context, statement, consistent=False)
    if source.index is not None:
        raise ServiceError(errors.TRANSACTION_READ_OF_INDEX)
    plan = select_plan(prepared, statement, source.schema)
    if plan.key is None or not plan.names_one_item_only:
        raise ServiceError(errors.TRANSACTION_READ_WITHOUT_KEY)
    check_plan_paths(source, plan)
    operands = zip(source.schema.names, plan.key.operands, strict=True)
    key = {name: constant_value(operand, prepared.values) for name, operand in operands}
    return {"TableName": statement.target.table, "Key": key}, plan.projection


# --- Writes ---------------------------------------------------------------------------------------


def _action(context: Context, member: Request, prepared: Prepared) -> Action:
    """A statement as an action of TransactWriteItems."""
    statement = prepared.statement
    request = {**member, "TableName": prepared.table}
    if isinstance(statement, Insert):
        target_table(context, statement)
        item, size = inserted(prepared, statement)
        return _Insertion("Put", request, item, size, None, {}, None)
    if isinstance(statement, Exists):
        return _check(context, request, prepared, statement)
    assert isinstance(statement, Update | Delete)
    schema, values = target_table(context, statement).schema, prepared.values
    plan = keyed_plan(prepared, schema)
    key = plan.key(schema, values)
    if isinstance(statement, Delete):
        return _Deletion("Delete", request, key, 0, plan.condition, values, None)
    update = UpdatePlan(key, plan.update, plan.condition, values)
    return Action("Update", request, key, 0, plan.condition, values, update)


def _check(context: Context, request: Request, prepared: Prepared, statement: Exists) -> Action:
    source = read_source(context, statement.select, consistent=False)
    if source.index is not None:
        raise ServiceError(errors.TRANSACTION_READ_OF_INDEX)
    plan = keyed_plan(prepared, source.schema)
    key = plan.key(source.schema, prepared.values)
    return Action("ConditionCheck", request, key, 0, plan.condition, prepared.values, None)


@dataclass(slots=True)
class _Insertion(Action):
    """An INSERT, which never overwrites."""

    def failure(self, old: Record | None) -> ServiceError | None:
        return None if old is None else ServiceError(errors.DUPLICATE_ITEM)


@dataclass(slots=True)
class _Deletion(Action):
    """A DELETE, which is done if there is no item."""

    def failure(self, old: Record | None) -> ServiceError | None:
        return None if old is None else Action.failure(self, old)
