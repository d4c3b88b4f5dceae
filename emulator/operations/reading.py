"""What Query and Scan share: filter, projection, Select, start keys, and the answer."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from emulator import errors
from emulator.capacity import IndexUnits, consumed_capacity, index_arm, read_units, wants_capacity
from emulator.errors import Fault, ServiceError
from emulator.expressions import (
    Condition,
    Projection,
    attributes_to_get,
    check_placeholders,
    compile_projection,
)
from emulator.operations.context import Context
from emulator.operations.page import Bounds, Page, Source, read_page
from emulator.operations.parameters import Request, condition_of, legacy_condition_of, placeholders
from emulator.operations.registry import Response
from emulator.storage.index import IndexKind
from emulator.storage.record import Record
from emulator.values.canonical import canonical_item
from emulator.values.sizes import page_size
from emulator.values.types import Item, Wording

_PREFIXED_START_KEY_FAULTS = (
    errors.VALUE_EMPTY,
    errors.VALUE_AMBIGUOUS,
    errors.NULL_NOT_TRUE,
    errors.EMPTY_STRING_SET,
    errors.EMPTY_BINARY_SET,
)


@dataclass(slots=True)
class ReadPlan:
    """A Query or Scan that is checked as far as the request alone allows."""

    values: Item
    names: dict[str, str]
    filter: Condition | None = None
    filter_parameter: str = "Filter Expression"
    projection: Projection | None = None
    names_used: frozenset[str] = frozenset()
    values_used: frozenset[str] = frozenset()


def check_start_key_values(request: Request, wording: Wording) -> Item | None:
    """ExclusiveStartKey with canonical values."""
    start: Item | None = request.get("ExclusiveStartKey")
    if start is not None:
        try:
            canonical_item(start, wording)
        except ServiceError as error:
            if error.fault in _PREFIXED_START_KEY_FAULTS:
                raise error.prefixed(errors.START_KEY_PREFIX) from None
            raise
    return start


def plan_legacy_filter(plan: ReadPlan, request: Request, parameter: str, wording: Wording) -> None:
    """QueryFilter or ScanFilter, with ConditionalOperator."""
    condition = legacy_condition_of(request, parameter, wording)
    if condition is not None:
        plan.filter, plan.filter_parameter = condition, parameter


def plan_attributes_to_get(plan: ReadPlan, request: Request) -> None:
    if (listed := request.get("AttributesToGet")) is not None:
        plan.projection = attributes_to_get(listed)


def plan_placeholders(plan: ReadPlan, request: Request, wording: Wording) -> None:
    plan.names, plan.values = placeholders(request, wording)


def plan_expressions(plan: ReadPlan, request: Request) -> None:
    """FilterExpression and ProjectionExpression, then unused placeholders."""
    condition = condition_of(request, "FilterExpression", plan.names, plan.values)
    if condition is not None:
        plan.filter = condition
        plan.names_used |= condition.names
        plan.values_used |= condition.values
    if (text := request.get("ProjectionExpression")) is not None:
        plan.projection = compile_projection(text, plan.names)
        plan.names_used |= plan.projection.names
    if plan.names or plan.values:
        check_placeholders(plan.names, plan.values, names_used=plan.names_used, values_used=plan.values_used)


def check_select(request: Request) -> None:
    """Combinations of Select that need no table (query_scan.md 9)."""
    select = request.get("Select")
    if select is None:
        return
    parameter = next((name for name in ("ProjectionExpression", "AttributesToGet") if name in request), None)
    if parameter is None:
        if select == "SPECIFIC_ATTRIBUTES":
            raise ServiceError(errors.SELECT_SPECIFIC_WITHOUT_PROJECTION)
    elif select != "SPECIFIC_ATTRIBUTES":
        wanted = "only the Count" if select == "COUNT" else select
        raise ServiceError(errors.SELECT_WITH_PROJECTION, parameter=parameter, select=wanted)
    if select == "ALL_PROJECTED_ATTRIBUTES" and "IndexName" not in request:
        raise ServiceError(errors.SELECT_PROJECTED_WITHOUT_INDEX)


def source_of(context: Context, request: Request, on_vector_index: Fault) -> Source:
    """The table or index that is read. Raises for an unknown one, and for consistent reads of a global one.

    `on_vector_index` is what a vector index is answered with.
    """
    table = context.table(request["TableName"])
    name = request.get("IndexName")
    if name is None:
        return Source(table, None)
    index = table.indexes.get(name)
    if index is None:
        if table.vectors is not None and name in table.vectors:
            raise ServiceError(on_vector_index)
        raise ServiceError(errors.INDEX_NOT_FOUND, index=name)
    if index.is_global:
        if request.get("ConsistentRead"):
            raise ServiceError(errors.CONSISTENT_READ_ON_GLOBAL_INDEX)
        if index.definition.status in ("CREATING", "DELETING"):
            raise ServiceError(errors.INDEX_BACKFILLING, index=name)
    return Source(table, index)


def check_projected(source: Source, request: Request, projection: Projection | None) -> None:
    """A global index answers only from what it holds."""
    index = source.index
    if index is None or not index.is_global or index.projects_all:
        return
    if request.get("Select") == "ALL_ATTRIBUTES":
        raise ServiceError(errors.ALL_ATTRIBUTES_NOT_PROJECTED, index=index.name)
    if projection is not None:
        missing = [name for name in projection.attributes if not index.projects(name)]
        if missing:
            raise ServiceError(errors.NOT_PROJECTED, index=index.name, names=", ".join(missing))


def must_fetch(source: Source, request: Request, projection: Projection | None) -> bool:
    """Whether a local index has to go to the table for attributes it does not hold."""
    index = source.index
    if index is None or index.is_global or index.projects_all:
        return False
    if projection is not None:
        return any(not index.projects(name) for name in projection.attributes)
    return request.get("Select") == "ALL_ATTRIBUTES"


def read(
    context: Context,
    request: Request,
    plan: ReadPlan,
    source: Source,
    bounds: Bounds,
    *,
    reverse: bool = False,
    scanned: bool = False,
) -> tuple[Page, Response]:
    """Read a page and make the answer to it, but for LastEvaluatedKey."""
    fetch = must_fetch(source, request, plan.projection)
    is_whole = plan.filter is None and plan.projection is None
    sieve = None if is_whole else _Sieve(plan, source.table.schema.sort_key)
    evaluate = None if sieve is None else sieve.take
    page = read_page(source, (bounds,), reverse=reverse, limit=request.get("Limit"), fetch=fetch, evaluate=evaluate)
    records = page.records if sieve is None else sieve.records
    kept = len(records)
    response: Response = {"Count": kept, "ScannedCount": len(page.rows)}
    if request.get("Select") != "COUNT":
        response["Items"] = joined(records) if sieve is None or plan.projection is None else sieve.items
    mode = wants_capacity(request)
    if mode or context.observation is not None:
        consistent = bool(request.get("ConsistentRead"))
        use = Use(consistent=consistent, fetched=fetch, scanned=scanned)
        units = account(context, source, page, use, returned=kept)
        if mode:
            response["ConsumedCapacity"] = consumed_capacity(request["TableName"], mode, *units)
    return page, response


class _Sieve:
    """The records that pass a filter, and what a projection leaves of them.

    Records are taken while the page is read, so that each is decoded once, and few are held decoded at a time.
    """

    __slots__ = ("_filter", "_projection", "_sort_key", "_values", "items", "records")

    def __init__(self, plan: ReadPlan, sort_key: str | None) -> None:
        self._filter = plan.filter
        self._projection = plan.projection
        self._values = plan.values
        self._sort_key = sort_key
        self.records: list[Record] = []
        self.items: list[Item] = []
        """What the projection leaves, if there is one."""

    def take(self, records: list[Record], measuring: bool) -> None:
        holds = None if self._filter is None else self._filter.holds
        values, projection, sort_key, kept = self._values, self._projection, self._sort_key, self.records
        for record in records:
            item = orjson.loads(record.encoded)
            if measuring and not record.measured:
                record.measured = page_size(item, sort_key)
            if holds is None or holds(item, values):
                kept.append(record)
                if projection is not None:
                    self.items.append(projection.apply(item))


def joined(records: list[Record]) -> orjson.Fragment:
    """The stored bytes of records as one JSON list, without decoding them."""
    return orjson.Fragment(b"[" + b",".join([record.encoded for record in records]) + b"]")


@dataclass(frozen=True, slots=True)
class Use:
    """How a page was read, as far as that decides what it costs or what observers see of it."""

    consistent: bool
    fetched: bool
    """Whether items were fetched from the table for rows of an index."""
    scanned: bool


def account(
    context: Context, source: Source, page: Page, use: Use, *, returned: int
) -> tuple[float, dict[IndexKind, IndexUnits] | None]:
    """Units of the table and of the index that was read, told to observers.

    Each partition that was searched is rounded up on its own.
    """
    sizes = page.row_bytes_by_partition() or [0]
    units = sum(read_units(size, consistent=use.consistent) for size in sizes)
    table, index = source.table, source.index
    if index is None:
        context.observe(table.name, read_units=units, evaluated=len(page.rows), returned=returned, scanned=use.scanned)
        return units, None
    fetched_bytes = sum(record.size for record in page.records) if use.fetched else 0
    table_units = read_units(fetched_bytes, consistent=use.consistent) if fetched_bytes else 0.0
    if table_units:
        context.observe(table.name, read_units=table_units, evaluated=len(page.rows))
    context.observe(
        table.name, index.name, read_units=units, evaluated=len(page.rows), returned=returned, scanned=use.scanned
    )
    return table_units, index_arm(index, units)
