"""ExecuteStatement and BatchExecuteStatement. Source: partiql.md 1, 2, 13, 14 and 16."""

from __future__ import annotations

from typing import Any

from emulator import errors
from emulator.capacity import WriteUnits, consumed_capacity, read_units, wants_capacity, write_capacity
from emulator.errors import ServiceError
from emulator.operations.context import Context
from emulator.operations.parameters import Request
from emulator.operations.partiql_read import check_plan_paths, read_source, row_key, select, select_plan
from emulator.operations.partiql_write import Written, write
from emulator.operations.read_item import projected
from emulator.operations.registry import Response, operation
from emulator.operations.write_item import observe_write
from emulator.partiql import prepare
from emulator.partiql.tree import Exists, Prepared, Select

# --- ExecuteStatement -----------------------------------------------------------------------------


@operation("ExecuteStatement")
def execute_statement(context: Context, request: Request) -> Response:
    prepared = prepare(request["Statement"], request.get("Parameters"))
    statement = prepared.statement
    if isinstance(statement, Exists):
        raise ServiceError(errors.EXISTS_OUTSIDE_TRANSACTION)
    mode = wants_capacity(request)
    if isinstance(statement, Select):
        response, units = select(context, request, prepared, statement)
        if mode:
            response["ConsumedCapacity"] = consumed_capacity(statement.target.table, mode, *units)
        return response
    written = write(context, request, prepared)
    response = {"Items": [] if written.returned is None else [written.returned]}
    if mode or context.observation is not None:
        taken = _observed(context, written)
        if mode:
            response["ConsumedCapacity"] = write_capacity(statement.target.table, mode, taken)
    return response


def _observed(context: Context, written: Written) -> WriteUnits:
    """The units of a write, told to observers."""
    units = WriteUnits()
    units.add(written.size, written.changes)
    observe_write(context, written.table, units)
    return units


# --- BatchExecuteStatement ------------------------------------------------------------------------


@operation("BatchExecuteStatement")
def batch_execute_statement(context: Context, request: Request) -> Response:
    """Statements one by one, each with its own answer or error."""
    members: list[Request] = request["Statements"]
    prepared = [_prepared(member) for member in members]
    check_not_mixed("batch", [one for one in prepared if isinstance(one, Prepared)])
    capacity = _Capacity()
    responses = [_answer(context, member, one, capacity) for member, one in zip(members, prepared, strict=True)]
    response: Response = {"Responses": responses}
    mode = wants_capacity(request)
    if mode:
        response["ConsumedCapacity"] = capacity.answer(mode)
    return response


def check_not_mixed(kind: str, prepared: list[Prepared]) -> None:
    """Raise if some statements read and others write."""
    reads = [isinstance(one.statement, Select) for one in prepared]
    if any(reads) and not all(reads):
        raise ServiceError(errors.STATEMENTS_MIXED, kind=kind)


def _prepared(member: Request) -> Prepared | ServiceError:
    try:
        return prepare(member["Statement"], member.get("Parameters"))
    except ServiceError as error:
        return error


class _Capacity:
    """Units by the table's name as the statements gave it."""

    def __init__(self) -> None:
        self._units: dict[str, WriteUnits] = {}

    def of(self, table_name: str) -> WriteUnits:
        return self._units.setdefault(table_name, WriteUnits())

    def answer(self, mode: str) -> list[dict[str, Any]]:
        return [write_capacity(name, mode, units) for name, units in self._units.items()]


def _answer(context: Context, member: Request, prepared: Prepared | ServiceError, capacity: _Capacity) -> Response:
    """A member of Responses."""
    if isinstance(prepared, ServiceError):
        return {"Error": _error(prepared)}
    try:
        if isinstance(prepared.statement, Select):
            return _read(context, member, prepared, prepared.statement, capacity)
        return _write(context, prepared, capacity)
    except ServiceError as error:
        response: Response = {"Error": _error(error)}
        if error.fault in (errors.CONDITION_FAILED, errors.DUPLICATE_ITEM):  # it ran
            response["TableName"] = prepared.table
        return response


def _error(error: ServiceError) -> dict[str, Any]:
    return {"Code": _CODES[error.code], "Message": error.message}


_CODES = {
    "ValidationException": "ValidationError",
    "ResourceNotFoundException": "ResourceNotFound",
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
}


def _read(
    context: Context, member: Request, prepared: Prepared, statement: Select, capacity: _Capacity
) -> dict[str, Any]:
    consistent = bool(member.get("ConsistentRead"))
    source = read_source(context, statement, consistent=consistent)
    plan = select_plan(prepared, statement, source.schema)
    if source.index is not None or plan.key is None or not plan.names_one_item_only:
        raise ServiceError(errors.BATCH_READ_WITHOUT_KEY)
    check_plan_paths(source, plan)
    record = source.table.rows.get(row_key(plan.key, source.schema, prepared.values))
    units = read_units(record.size if record is not None else 0, consistent=consistent)
    capacity.of(statement.target.table).table += units
    found = 0 if record is None else 1
    context.observe(source.table.name, read_units=units, evaluated=found, returned=found)
    response: dict[str, Any] = {"TableName": statement.target.table}
    if record is not None:
        response["Item"] = projected(record, plan.projection)
    return response


def _write(context: Context, prepared: Prepared, capacity: _Capacity) -> dict[str, Any]:
    if isinstance(prepared.statement, Exists):
        raise ServiceError(errors.EXISTS_OUTSIDE_TRANSACTION)
    # The request has nothing to say here: ReturnValuesOnConditionCheckFailure is without effect in a batch.
    written = write(context, {}, prepared)
    name = prepared.statement.target.table
    capacity.of(name).add(written.size, written.changes)
    _observed(context, written)
    response = {"TableName": name}
    if written.returned is not None:
        response["Item"] = written.returned
    return response
