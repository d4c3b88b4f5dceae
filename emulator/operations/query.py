"""Query: the rows of one item collection, by sort key. Source: query_scan.md 3, 4 and 6, indexes.md 6 and 8."""

from __future__ import annotations

from dataclasses import dataclass

from emulator import errors
from emulator.errors import ServiceError
from emulator.expressions import KeyCondition, KeyConditionSet, compile_key_condition, legacy_key_conditions
from emulator.operations.context import Context
from emulator.operations.page import Bounds, Page, Source, may_go_on
from emulator.operations.parameters import Request, check_placeholder_maps, check_styles
from emulator.operations.reading import (
    ReadPlan,
    check_projected,
    check_select,
    check_start_key_values,
    plan_attributes_to_get,
    plan_expressions,
    plan_legacy_filter,
    plan_placeholders,
    read,
    source_of,
)
from emulator.operations.registry import Response, operation
from emulator.operations.write_item import check_key_paths
from emulator.storage.rows import RowKey, end_of, just_after
from emulator.storage.schema import KeyAttribute, KeySchema
from emulator.values.keys import combined_hash, key_successor, prefix_successor, sortable_key
from emulator.values.types import Item, SortableKey, Wording

_LEGACY = ("AttributesToGet", "QueryFilter", "ConditionalOperator")
_EXPRESSIONS = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")
_WITH_VALUES = ("FilterExpression", "KeyConditionExpression")
_INDEXABLE = ("=", "<", "<=", ">", ">=", "BETWEEN", "begins_with")


@dataclass(slots=True)
class KeyRange:
    """The row keys that a key condition selects, and which of its parts are equalities."""

    lower: RowKey
    upper: RowKey
    partition: RowKey
    """The hash alone."""
    sort_conditions: int
    single_row: bool


@operation("Query")
def query(context: Context, request: Request) -> Response:
    plan, keys, start = query_plan(request)
    source = source_of(context, request, errors.QUERY_OF_VECTOR_INDEX)
    if start is not None and len(start) != len(source.key_names):
        raise ServiceError(errors.START_KEY_INVALID)
    conditions = checked_conditions(source.schema, keys, start)
    selected = range_of(source, conditions)
    start_row = None
    if start is not None:
        start_row = _start_row(source, start, selected)
    if plan.projection is not None:
        check_key_paths(source.table, plan.projection.nested)
    check_filter(source, plan)
    check_projected(source, request, plan.projection)
    if plan.filter is not None:
        check_key_paths(source.table, plan.filter.nested)
    reverse = request.get("ScanIndexForward") is False
    lower, upper = selected.lower, selected.upper
    if start_row is not None:
        lower, upper = (lower, start_row) if reverse else (just_after(start_row), upper)
    page, response = read(context, request, plan, source, (lower, upper), reverse=reverse)
    if _goes_on(source, page, selected, reverse=reverse):
        response["LastEvaluatedKey"] = source.last_evaluated_key(page.rows[-1])
    return response


def _goes_on(source: Source, page: Page, selected: KeyRange, *, reverse: bool) -> bool:
    """Whether the answer names a key to go on from. A read of one row at most cannot be restarted."""
    return not selected.single_row and may_go_on(source, page, selected.lower, selected.upper, reverse=reverse)


# --- Checks that need no table --------------------------------------------------------------------


def query_plan(request: Request) -> tuple[ReadPlan, KeyConditionSet, Item | None]:
    legacy = (*_LEGACY, "KeyConditions") if "KeyConditionExpression" in request else _LEGACY
    check_styles(request, legacy, _EXPRESSIONS)
    tail = ": FilterExpression and KeyConditionExpression are null"
    check_placeholder_maps(request, _EXPRESSIONS, _WITH_VALUES, tail)
    plan = ReadPlan({}, {})
    plan_legacy_filter(plan, request, "QueryFilter", Wording.CURRENT)
    plan_attributes_to_get(plan, request)
    start = check_start_key_values(request, Wording.CURRENT)
    text = request.get("KeyConditionExpression")
    if text is None and request.get("KeyConditions") is None:
        raise ServiceError(errors.KEY_CONDITION_MISSING)
    plan_placeholders(plan, request, Wording.CURRENT)
    if text is not None:
        keys = compile_key_condition(text, plan.names, plan.values)
        plan.names_used |= keys.names
        plan.values_used |= keys.values
        plan_expressions(plan, request)
        if keys.fault is not None:
            raise keys.fault
    else:
        plan_expressions(plan, request)
        keys = _legacy_keys(request)
    try:
        check_select(request)
    except ServiceError as error:
        raise error.enveloped() from None
    return plan, keys, start


def _legacy_keys(request: Request) -> KeyConditionSet:
    conditions = request["KeyConditions"]
    if not conditions:
        raise ServiceError(errors.KEY_CONDITION_COUNT_OLDER)
    return legacy_key_conditions(conditions)


# --- Checks against the key schema ----------------------------------------------------------------


def checked_conditions(schema: KeySchema, keys: KeyConditionSet, start: Item | None) -> dict[str, KeyCondition]:
    """The conditions by attribute, after the walk over the schema that judges them and the start key."""
    conditions = {condition.attribute: condition for condition in keys.conditions}
    attributes = schema.attributes
    if len(conditions) > len(attributes) > 1:
        raise ServiceError(errors.KEY_CONDITION_COUNT, count=len(conditions), keys=len(attributes))
    strange = len(conditions.keys() - set(schema.names))
    for attribute in attributes:
        if start is not None:
            _check_start_value(attribute, start)
        if len(attributes) == 1 and len(conditions) > 1:
            raise ServiceError(errors.KEY_CONDITION_NOT_SUPPORTED)
        condition = conditions.get(attribute.name)
        if condition is not None:
            _check_condition(attribute, condition)
        elif attribute.role == "HASH" or strange:
            raise ServiceError(errors.KEY_CONDITION_ELEMENT_MISSING, name=attribute.name)
    _check_gaps(schema.range, conditions)
    return conditions


def _check_start_value(attribute: KeyAttribute, start: Item) -> None:
    value = start.get(attribute.name)
    if value is None:
        raise ServiceError(errors.START_KEY_INVALID)
    if attribute.type not in value:
        raise ServiceError(errors.KEY_SCHEMA_MISMATCH)
    attribute.check_value(value)


def _check_condition(attribute: KeyAttribute, condition: KeyCondition) -> None:
    if condition.operator not in _INDEXABLE:
        raise ServiceError(errors.KEY_CONDITION_NOT_INDEXABLE)
    for operand in condition.operands:
        if attribute.type not in operand:
            raise ServiceError(errors.KEY_CONDITION_TYPE)
    for operand in condition.operands:
        attribute.check_value(operand)
    if attribute.role == "HASH" and condition.operator != "=":
        raise ServiceError(errors.KEY_CONDITION_NOT_SUPPORTED)


def _check_gaps(attributes: tuple[KeyAttribute, ...], conditions: dict[str, KeyCondition]) -> None:
    """Several RANGE attributes are used from left to right, all but the last with equality."""
    unequal = None
    for name, _, _ in attributes:
        condition = conditions.get(name)
        if condition is not None and unequal is not None:
            raise ServiceError(errors.KEY_CONDITION_GAP, missing=unequal, present=name)
        if unequal is None and (condition is None or condition.operator != "="):
            unequal = name


def check_filter(source: Source, plan: ReadPlan) -> None:
    """A filter may not use key attributes, nor what the index does not hold."""
    if plan.filter is None:
        return
    keys = source.schema.names
    for name in plan.filter.attributes:
        if name in keys:
            raise ServiceError(errors.FILTER_ON_KEY, parameter=plan.filter_parameter, name=name)
    index = source.index
    if index is not None and not index.projects_all:
        missing = [name for name in plan.filter.attributes if not index.projects(name)]
        if missing:
            raise ServiceError(errors.FILTER_NOT_PROJECTED, index=index.name, names=", ".join(missing))


# --- Ranges of row keys ---------------------------------------------------------------------------


def range_of(source: Source, conditions: dict[str, KeyCondition]) -> KeyRange:
    """The half-open range of row keys that checked conditions select."""
    schema = source.schema
    hashed = combined_hash(tuple(sortable_key(conditions[name].operands[0]) for name, _, _ in schema.hash))
    partition: RowKey = (hashed,)
    prefix = partition
    lower, upper = prefix, end_of(prefix)
    sort_conditions = 0
    for name, _, _ in schema.range:
        condition = conditions.get(name)
        if condition is None:
            break
        sort_conditions += 1
        operands = [sortable_key(operand) for operand in condition.operands]
        lower, upper = key_bounds(prefix, condition.operator, operands)
        prefix = (*prefix, operands[0])
    equal = [condition.operator for condition in conditions.values()] == ["="] * len(schema.names)
    return KeyRange(lower, upper, partition, sort_conditions, single_row=equal and source.index is None)


def key_bounds(prefix: RowKey, operator: str, operands: list[SortableKey]) -> Bounds:
    """The row keys that begin with `prefix` and go on with what a key condition allows."""
    value = operands[0]
    at = (*prefix, value)
    if operator == "=":
        return at, (*prefix, key_successor(value))
    if operator == "<":
        return prefix, at
    if operator == "<=":
        return prefix, (*prefix, key_successor(value))
    if operator == ">":
        return (*prefix, key_successor(value)), end_of(prefix)
    if operator == ">=":
        return at, end_of(prefix)
    if operator == "BETWEEN":
        return at, (*prefix, key_successor(operands[1]))
    following = prefix_successor(value)
    return at, end_of(prefix) if following is None else (*prefix, following)


def _start_row(source: Source, start: Item, selected: KeyRange) -> RowKey:
    """The row key to start after. Raises if the start key does not belong to what is queried."""
    for attribute in source.table.schema.attributes:
        value = start.get(attribute.name)
        if value is None or attribute.type not in value:
            raise ServiceError(errors.START_KEY_SCHEMA)
        attribute.check_value(value)
    if source.index is None and not source.schema.range:
        name = source.schema.hash[0].name
        ((kind, text),) = start[name].items()
        raise ServiceError(errors.START_KEY_HASH_ONLY, name=name, value=f"{{{kind}:{text}}}")
    if selected.single_row:
        raise ServiceError(errors.START_KEY_SINGLE_ROW)
    row = source.row_key(start)
    same_partition = row[:1] == selected.partition
    if not selected.sort_conditions:
        if not same_partition:
            raise ServiceError(errors.START_KEY_OUTSIDE)
        return row
    # The sort key is judged first, as if it stood in the queried item collection.
    if not selected.lower <= (*selected.partition, *row[1:]) < selected.upper:
        raise ServiceError(errors.START_KEY_PREDICATE)
    if not same_partition:
        raise ServiceError(errors.START_KEY_SINGLE_ROW)
    return row
