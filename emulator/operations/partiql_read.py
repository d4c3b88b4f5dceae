"""SELECT: a query of key ranges where the WHERE clause fixes the partition key, else a scan.

Source: partiql.md 5, 6, 7.2, 13 and 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulator import errors
from emulator.capacity import IndexUnits
from emulator.errors import ServiceError
from emulator.expressions.cache import Cache, Key
from emulator.expressions.conditions import Condition, condition_of_tree
from emulator.expressions.paths import names_with_paths_below, top_level_names, value_at
from emulator.expressions.projections import Projection
from emulator.expressions.tree import Path
from emulator.operations.context import Context
from emulator.operations.next_token import next_token, position_of
from emulator.operations.page import Bounds, End, Page, Source, may_go_on, read_page
from emulator.operations.parameters import Request
from emulator.operations.partiql_keys import (
    KeyRange,
    KeyRanges,
    SingleKey,
    attributes_beside_or,
    constant_value,
    key_ranges,
    single_key,
)
from emulator.operations.query import key_bounds
from emulator.operations.reading import Use, account, joined
from emulator.operations.write_item import check_key_paths
from emulator.partiql.tree import Order, Prepared, Select
from emulator.storage.index import IndexKind
from emulator.storage.record import Record
from emulator.storage.rows import FIRST, LAST, RowKey, end_of, just_after
from emulator.storage.schema import KeyAttribute, KeySchema
from emulator.values.keys import partition_hash, sortable_key
from emulator.values.types import AttributeValue, Item, SortableKey, data_type


@dataclass(frozen=True, slots=True)
class SelectPlan:
    """A SELECT on tables or indexes with keys of certain names."""

    key: SingleKey | None
    """Where the clause names one item of a table."""
    is_point: bool
    """Whether the range is that of the one item."""
    ranges: tuple[KeyRange, ...] | None
    """None for a scan."""
    condition: Condition | None
    """What is to be judged of the rows that are read."""
    demanded: tuple[str, ...]
    """The attributes that a keyed read's condition mentions outside OR."""
    projection: Projection | None
    partitions: Order | None
    """The term of ORDER BY that names the partition key."""
    reverse: bool

    @property
    def names_one_item_only(self) -> bool:
        """Whether the clause is just an equality on the full primary key."""
        return self.key is not None and self.key.rest is None


_plans: Cache[SelectPlan] = Cache()


def select_plan(prepared: Prepared, statement: Select, schema: KeySchema) -> SelectPlan:
    """The plan of a SELECT, from the cache if the statement was read with such a key before."""
    key: Key = (prepared.text, *map(data_type, prepared.values.values()), *schema.names)
    return _plans.get(key) or _plans.keep(key, _planned(prepared, statement, schema))


def _planned(prepared: Prepared, statement: Select, schema: KeySchema) -> SelectPlan:
    where = statement.where
    key, found = single_key(where, schema), key_ranges(where, schema)
    partitions, sort = _orders(statement, found, schema)
    rest = where if found is None else found.rest
    types = {name: data_type(value) for name, value in prepared.values.items()}
    return SelectPlan(
        key=key,
        is_point=key is not None
        and found is not None
        and [len(one.sorts) for one in found.ranges] == [len(schema.range)],
        ranges=None if found is None else found.ranges,
        condition=None if rest is None else condition_of_tree(rest, types),
        demanded=() if found is None else attributes_beside_or(rest),
        projection=None if statement.projection is None else _projection(statement.projection),
        partitions=partitions,
        reverse=sort is not None and sort.descending,
    )


def _orders(statement: Select, found: KeyRanges | None, schema: KeySchema) -> tuple[Order | None, Order | None]:
    """The terms of ORDER BY for the partition key and for the sort key."""
    by_name: dict[str, Order] = {}
    for order in statement.order:
        if statement.where is None:
            raise ServiceError(errors.ORDER_WITHOUT_WHERE)
        if found is None:
            raise ServiceError(errors.ORDER_WITHOUT_KEY)
        name = order.path.steps[0]
        if len(order.path.steps) > 1 or name not in schema.names:
            raise ServiceError(errors.ORDER_NOT_BY_KEY, name=name)
        by_name.setdefault(str(name), order)
    return by_name.get(schema.hash[0].name), by_name.get(schema.sort_key or "")


def _projection(paths: tuple[Path, ...]) -> Projection:
    """Rows of the values at `paths`, each under the last name of its path."""
    places = [(_row_name(path), path) for path in paths]

    def row(item: Item) -> Item:
        values = ((name, value_at(item, path)) for name, path in places)
        return {name: value for name, value in values if value is not None}

    return Projection(row, frozenset(), top_level_names(paths), names_with_paths_below(paths))


def _row_name(path: Path) -> str:
    """The last name of a path, with the list indexes behind it."""
    name = ""
    for step in path.steps:
        name = f"{name}[{step}]" if isinstance(step, int) else str(step)
    return name


# --- ExecuteStatement -----------------------------------------------------------------------------


def select(
    context: Context, request: Request, prepared: Prepared, statement: Select
) -> tuple[dict[str, Any], tuple[float, dict[IndexKind, IndexUnits] | None]]:
    """The answer to a SELECT, and the units of the table and of the index."""
    consistent = bool(request.get("ConsistentRead"))
    source = read_source(context, statement, consistent=consistent)
    plan = select_plan(prepared, statement, source.schema)
    _check_projected(source, plan)
    check_plan_paths(source, plan)
    fetch = _must_fetch(source, plan)
    token = request.get("NextToken")
    if plan.key is not None and plan.is_point and source.index is None and token is None:
        record = source.table.rows.get(row_key(plan.key, source.schema, prepared.values))
        rows = [] if record is None else [record]
        page, goes_on = Page(rows, rows, None, End.EXHAUSTED, [len(rows)]), False
    else:
        ranges = [(FIRST, LAST)] if plan.ranges is None else _bounds(plan, source.schema, prepared.values)
        if token is not None:
            ranges = _after(source, plan, ranges, position_of(token, prepared))
        page = read_page(source, ranges, reverse=plan.reverse, limit=request.get("Limit"), fetch=fetch)
        goes_on = _goes_on(source, plan, page, ranges)
    returned, items = _returned(page, plan, prepared.values)
    response: dict[str, Any] = {"Items": items}
    if goes_on:
        position = source.last_evaluated_key(page.rows[-1])
        response["NextToken"] = next_token(prepared, position)
        response["LastEvaluatedKey"] = position
    if context.observation is None and "ReturnConsumedCapacity" not in request:
        return response, (0.0, None)
    use = Use(consistent=consistent, fetched=fetch, scanned=plan.ranges is None)
    return response, account(context, source, page, use, returned=returned)


def read_source(context: Context, statement: Select, *, consistent: bool) -> Source:
    """The table or index that is read. Raises if there is none, or none that PartiQL reads that way."""
    source = _source(context, statement, consistent=consistent)
    if statement.misplaced is not None:
        raise ServiceError(errors.PATH_COMPONENT_UNEXPECTED, position=statement.misplaced)
    return source


def _source(context: Context, statement: Select, *, consistent: bool) -> Source:
    table = context.table(statement.target.table)
    name = statement.target.index
    if name is None:
        return Source(table, None)
    index = table.indexes.get(name)
    if index is None:
        if table.vectors is not None and name in table.vectors:
            raise ServiceError(errors.SCAN_OF_VECTOR_INDEX)
        raise ServiceError(errors.STATEMENT_INDEX_NOT_FOUND)
    if index.is_global:
        if consistent:
            raise ServiceError(errors.STATEMENT_CONSISTENT_READ_ON_GLOBAL_INDEX)
        if index.definition.status in ("CREATING", "DELETING"):
            raise ServiceError(errors.INDEX_BACKFILLING, index=name)
    if len(index.schema.hash) > 1 or len(index.schema.range) > 1:
        raise ServiceError(errors.STATEMENT_SEVERAL_KEY_ATTRIBUTES)
    return Source(table, index)


def _check_projected(source: Source, plan: SelectPlan) -> None:
    """An index judges a keyed read by what it holds, and a global one returns nothing else."""
    index = source.index
    if index is None or index.projects_all:
        return
    if index.is_global and plan.projection is not None:
        missing = [name for name in plan.projection.attributes if not index.projects(name)]
        if missing:
            raise ServiceError(errors.NOT_PROJECTED, index=index.name, names=", ".join(missing))
    missing = [name for name in plan.demanded if not index.projects(name)]
    if missing:
        raise ServiceError(errors.FILTER_NOT_PROJECTED, index=index.name, names=", ".join(missing))


def check_plan_paths(source: Source, plan: SelectPlan) -> None:
    """Raise if a path of the statement reaches below a key attribute."""
    if plan.projection is not None:
        check_key_paths(source.table, plan.projection.nested)
    if plan.condition is not None:
        check_key_paths(source.table, plan.condition.nested)


def _must_fetch(source: Source, plan: SelectPlan) -> bool:
    """Whether a local index has to go to the table for attributes that are selected."""
    index, projection = source.index, plan.projection
    if index is None or projection is None:
        return False
    return any(not index.projects(name) for name in projection.attributes)


def _returned(page: Page, plan: SelectPlan, values: Item) -> tuple[int, Any]:
    """How many rows satisfy the condition, and the JSON list of what is selected of them.

    An index judges by what it holds; what it lacks is absent, even if it is fetched to be returned.
    """
    condition, projection = plan.condition, plan.projection
    if condition is None and projection is None:
        return len(page.records), joined(page.records)
    kept: list[Record] = []
    selected: list[Item] = []
    for row, record in zip(page.rows, page.records, strict=True):
        item = row.decode()
        if condition is None or condition.holds(item, values):
            kept.append(record)
            if projection is not None:
                selected.append(projection.apply(item if row is record else record.decode()))
    return len(kept), joined(kept) if projection is None else selected


# --- Keys and ranges ------------------------------------------------------------------------------


def row_key(key: SingleKey, schema: KeySchema, values: Item) -> RowKey:
    """The row key of the item that a SELECT names."""
    item = {}
    for attribute, operand in zip(schema.attributes, key.operands, strict=True):
        item[attribute.name] = value = constant_value(operand, values)
        _check_key_value(attribute, value)
    return schema.row_key(item)


def _check_key_value(attribute: KeyAttribute, value: AttributeValue) -> None:
    if attribute.type not in value:
        raise ServiceError(errors.KEY_CONDITION_TYPE)
    attribute.check_value(value)


@dataclass(slots=True)
class _Stretch:
    """The rows of one range of a partition key."""

    lower: RowKey
    upper: RowKey
    of: KeyRange


def _bounds(plan: SelectPlan, schema: KeySchema, values: Item) -> list[Bounds]:
    """The ranges to read, none of which overlap: partition keys as written, each in the order of its sort key."""
    assert plan.ranges is not None
    partitions: dict[SortableKey, list[_Stretch]] = {}
    for one in plan.ranges:
        value = constant_value(one.partition, values)
        _check_key_value(schema.hash[0], value)
        key = sortable_key(value)
        partitions.setdefault(key, []).append(_stretch(one, (partition_hash(key),), schema, values))
    keys = list(partitions)
    if plan.partitions is not None:
        keys.sort(reverse=plan.partitions.descending)
    bounds: list[Bounds] = []
    for key in keys:
        apart = _apart(partitions[key])
        bounds += reversed(apart) if plan.reverse else apart
    return bounds


def _stretch(one: KeyRange, prefix: RowKey, schema: KeySchema, values: Item) -> _Stretch:
    lower, upper = prefix, end_of(prefix)
    for condition in one.sorts:
        operands = []
        for constant in condition.operands:
            value = constant_value(constant, values)
            _check_key_value(schema.range[0], value)
            operands.append(sortable_key(value))
        start, end = key_bounds(prefix, condition.operator, operands)
        lower, upper = max(lower, start), min(upper, end)
    return _Stretch(lower, upper, one)


def _apart(stretches: list[_Stretch]) -> list[Bounds]:
    """The stretches of one partition key in order, those that overlap put together.

    Raises if branches of the clause overlap by a condition on the sort key.
    """
    stretches.sort(key=lambda stretch: stretch.lower)
    first, *others = stretches
    merged = [[first.lower, first.upper]]
    furthest = first
    for stretch in others:
        if stretch.lower < merged[-1][1]:
            _check_overlap(furthest.of, stretch.of)
            merged[-1][1] = max(merged[-1][1], stretch.upper)
        else:
            merged.append([stretch.lower, stretch.upper])
        if stretch.upper >= merged[-1][1]:
            furthest = stretch
    return [(lower, upper) for lower, upper in merged]


def _check_overlap(one: KeyRange, other: KeyRange) -> None:
    if one.branch == other.branch or one.is_spared or other.is_spared:
        return
    if one.sorts or other.sorts:
        raise ServiceError(errors.KEY_RANGES_OVERLAP)


# --- Pages ----------------------------------------------------------------------------------------


def _after(source: Source, plan: SelectPlan, ranges: list[Bounds], position: Item) -> list[Bounds]:
    """What is left of `ranges` after the row that a token names."""
    for attribute in (*source.schema.attributes, *source.table.schema.attributes):
        if attribute.type not in position.get(attribute.name, ()):
            raise ServiceError(errors.NEXT_TOKEN_OF_OTHER_STATEMENT)
    row = source.row_key(position)
    for at, (lower, upper) in enumerate(ranges):
        if lower <= row < upper:
            remaining = (lower, row) if plan.reverse else (just_after(row), upper)
            return [remaining, *ranges[at + 1 :]]
    raise ServiceError(errors.NEXT_TOKEN_OF_OTHER_STATEMENT)


def _goes_on(source: Source, plan: SelectPlan, page: Page, ranges: list[Bounds]) -> bool:
    """Whether the answer has a token: as for Query and Scan, with the ranges that are still to be read."""
    if page.end is End.EXHAUSTED or plan.ranges is None:
        return page.end is not End.EXHAUSTED
    assert page.last is not None
    lower, upper = ranges[-1]
    if not lower <= page.last < upper:
        return True
    is_single_row = source.index is None and (lower, upper) == (page.last, end_of(page.last))
    return not is_single_row and may_go_on(source, page, lower, upper, reverse=plan.reverse)
