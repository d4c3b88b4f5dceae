"""Scan, whole or by segments. Source: query_scan.md 3, 4, 16 and 17."""

from __future__ import annotations

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.context import Context
from emulator.operations.page import End, Source
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
from emulator.storage.rows import FIRST, LAST, RowKey, just_after
from emulator.values.types import Item, Wording

_LEGACY = ("AttributesToGet", "ScanFilter", "ConditionalOperator")
_EXPRESSIONS = ("ProjectionExpression", "FilterExpression")


@operation("Scan")
def scan(context: Context, request: Request) -> Response:
    start = None
    if len(request) == 1:
        plan = ReadPlan({}, {})
    else:
        plan, start = _plan(request)
    source = source_of(context, request, errors.SCAN_OF_VECTOR_INDEX)
    if start is not None:
        _check_index_part(source, start)
    check_projected(source, request, plan.projection)
    lower, upper = segment_bounds(request)
    if start is not None:
        key = _start_row(source, start)
        if not lower <= key < upper:
            segment, total = request["Segment"], request["TotalSegments"]
            raise ServiceError(errors.START_KEY_SEGMENT, segment=segment, total=total)
        lower = just_after(key)
    if plan.projection is not None:
        check_key_paths(source.table, plan.projection.nested)
    if plan.filter is not None:
        check_key_paths(source.table, plan.filter.nested)
    page, response = read(context, request, plan, source, (lower, upper), scanned=True)
    if page.end is not End.EXHAUSTED:
        response["LastEvaluatedKey"] = source.last_evaluated_key(page.rows[-1])
    return response


def _plan(request: Request) -> tuple[ReadPlan, Item | None]:
    check_styles(request, _LEGACY, _EXPRESSIONS)
    check_placeholder_maps(request, _EXPRESSIONS, ("FilterExpression",), ": FilterExpression is null")
    plan = ReadPlan({}, {})
    plan_attributes_to_get(plan, request)
    plan_legacy_filter(plan, request, "ScanFilter", Wording.OLDER)
    start = check_start_key_values(request, Wording.OLDER)
    _check_segment(request)
    plan_placeholders(plan, request, Wording.OLDER)
    plan_expressions(plan, request)
    check_select(request)
    return plan, start


def _check_segment(request: Request) -> None:
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is None and total is None:
        return
    if total is None:
        raise ServiceError(errors.SEGMENT_WITHOUT_TOTAL)
    if segment is None:
        raise ServiceError(errors.TOTAL_WITHOUT_SEGMENT)
    if segment >= total:
        raise ServiceError(errors.SEGMENT_TOO_LARGE, segment=segment, total=total)


def segment_bounds(request: Request) -> tuple[RowKey, RowKey]:
    """The hash range of the request's segment: by the top 12 bits, or by 32 where there are more segments."""
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is None or total is None:
        return FIRST, LAST
    bits = 12 if total <= 4096 else 32

    def bound(number: int) -> RowKey:
        position = -(-(number << bits) // total)
        return ((position << (32 - bits)).to_bytes(4, "big"),)

    return bound(segment), bound(segment + 1) if segment + 1 < total else LAST


def _check_index_part(source: Source, start: Item) -> None:
    """The count of attributes, and the index's own key attributes."""
    index = source.index
    if len(start) != len(source.key_names):
        raise ServiceError(errors.START_KEY_SCHEMA if index is None else errors.START_KEY_INVALID)
    if index is None:
        return
    for attribute in index.schema.attributes:
        value = start.get(attribute.name)
        if value is None:
            raise ServiceError(errors.START_KEY_INVALID)
        if attribute.type not in value:
            raise ServiceError(errors.KEY_SCHEMA_MISMATCH)
        attribute.check_value(value)


def _start_row(source: Source, start: Item) -> RowKey:
    for attribute in source.table.schema.attributes:
        value = start.get(attribute.name)
        if value is None or attribute.type not in value:
            raise ServiceError(errors.START_KEY_SCHEMA)
        attribute.check_value(value)
    return source.row_key(start)
