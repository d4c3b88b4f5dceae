"""What an export writes of a table: its items at a time, or what became of those that changed in a window.

Source: backups_export_import.md 5.1 and 6.5.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from emulator.buckets.export_files import ExportRecord, Image
from emulator.operations.page import Source
from emulator.operations.parameters import Request, check_placeholder_maps
from emulator.operations.query import check_filter, checked_conditions, query_plan, range_of
from emulator.operations.reading import ReadPlan, plan_expressions, plan_placeholders
from emulator.operations.write_item import check_key_paths
from emulator.storage.history import History
from emulator.storage.record import Record
from emulator.storage.rows import FIRST, LAST, RowKey
from emulator.storage.table import Table
from emulator.values.types import Wording

_EXPRESSIONS = ("ProjectionExpression", "FilterExpression")
_WITH_VALUES = ("FilterExpression",)


@dataclass(frozen=True, slots=True)
class ExportFilter:
    """FilterSpecification: the row keys it selects, and the filter and projection of items."""

    lower: RowKey
    upper: RowKey
    plan: ReadPlan

    def takes(self, key: RowKey, record: Record) -> bool:
        """Whether an item is exported."""
        if not self.lower <= key < self.upper:
            return False
        return self.plan.filter is None or self.plan.filter.holds(record.decode(), self.plan.values)

    def projected(self, record: Record) -> Image:
        """What is exported of an item: the record as it is stands for all of it."""
        return record if self.plan.projection is None else self.plan.projection.apply(record.decode())


EVERYTHING = ExportFilter(FIRST, LAST, ReadPlan({}, {}))


def export_filter(table: Table, request: Request | None) -> ExportFilter:
    """The filter of a FilterSpecification, checked as Query checks its parameters, or Scan without a key condition."""
    if request is None:
        return EVERYTHING
    request = deepcopy(request)  # values are made canonical in place; the description shows them as they were given
    lower, upper = FIRST, LAST
    if "KeyConditionExpression" in request:
        plan, keys, _ = query_plan(request)
        source = Source(table, None)
        selected = range_of(source, checked_conditions(table.schema, keys, None))
        lower, upper = selected.lower, selected.upper
        check_filter(source, plan)
    else:
        check_placeholder_maps(request, _EXPRESSIONS, _WITH_VALUES, ": FilterExpression is null")
        plan = ReadPlan({}, {})
        plan_placeholders(plan, request, Wording.CURRENT)
        plan_expressions(plan, request)
    for part in (plan.projection, plan.filter):
        if part is not None:
            check_key_paths(table, part.nested)
    return ExportFilter(lower, upper, plan)


# --- Full exports ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Export:
    """The records of an export by partition, and how many bytes of items it read."""

    partitions: list[list[ExportRecord]]
    size: int = 0


def full_export(table: Table, history: History, when: float, chosen: ExportFilter) -> Export:
    """The items that the table held at a time, in the order of rows."""
    export = _empty(table)
    for key, record in history.rows_at(when, table.rows):
        export.size += record.size
        if chosen.takes(key, record):
            export.partitions[table.rows.partition_number(key)].append({"Item": chosen.projected(record)})
    return export


def _empty(table: Table) -> Export:
    return Export([[] for _ in range(table.rows.partition_count)])


# --- Incremental exports --------------------------------------------------------------------------


@dataclass(slots=True)
class _Compacted:
    """What became of an item in a window: before, after, when it was written last, and a record with its key."""

    old: Record | None
    new: Record | None
    at: float
    known: Record


def incremental_export(
    table: Table, history: History, window: tuple[float, float], view: str, chosen: ExportFilter
) -> Export:
    """A record for each item that was changed from a time on and before another one."""
    export = _empty(table)
    for key, change in sorted(_compacted(history, *window).items(), key=itemgetter(0)):
        record = _change_record(table, key, change, view, chosen)
        if record is not None:
            export.size += sum(image.size for image in (change.old, change.new) if image is not None)
            export.partitions[table.rows.partition_number(key)].append(record)
    return export


def _compacted(history: History, start: float, stop: float) -> dict[RowKey, _Compacted]:
    found: dict[RowKey, _Compacted] = {}
    for change in history.changes:
        if change.at >= stop:
            break
        if change.at < start:
            continue
        known = change.new or change.old
        assert known is not None
        earlier = found.get(change.key)
        old = earlier.old if earlier is not None else change.old
        found[change.key] = _Compacted(old, change.new, change.at, known)
    return found


def _change_record(
    table: Table, key: RowKey, change: _Compacted, view: str, chosen: ExportFilter
) -> ExportRecord | None:
    """The record of a change, if it has one; one image that passes the filter is enough.

    Where old images are shown, what came and went within the window leaves nothing.
    """
    shows_old = view == "NEW_AND_OLD_IMAGES"
    images = [image for image in (change.old, change.new) if image is not None]
    if not images and shows_old:
        return None
    if not any(chosen.takes(key, image) for image in images or [change.known]):
        return None
    item = change.known.decode()
    record: dict[str, Any] = {
        "Metadata": {"WriteTimestampMicros": {"N": str(round(change.at * 1000) * 1000)}},
        "Keys": {name: item[name] for name in table.schema.names},
    }
    if shows_old and change.old is not None:
        record["OldImage"] = chosen.projected(change.old)
    if change.new is not None:
        record["NewImage"] = chosen.projected(change.new)
    return record
