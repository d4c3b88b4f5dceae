"""A change of a table that takes time: it is planned whole, begins, and is done when its time has come.

UpdateTable plans; nothing of the table changes until `TableChange.begin`. While the change goes on the table is
UPDATING and so are the indexes concerned. Source: tables.md 5.2, 5.3, 5.4 and 11.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from emulator.operations.arns import index_arn
from emulator.operations.context import Context
from emulator.operations.open_streams import close_stream, open_stream
from emulator.storage.index import IndexDefinition
from emulator.storage.table import AnyIndex, AnyIndexDefinition, Table, TableDefinition
from emulator.storage.throughput import Throughput, highest, warm_units
from emulator.streams.stream import Stream

_TAKES_NO_TIME = frozenset(("deletion_protected",))


@dataclass(slots=True)
class DefinitionChange:
    """What becomes of the definition of a table or an index, by field."""

    at_once: dict[str, Any] = field(default_factory=dict)
    at_last: dict[str, Any] = field(default_factory=dict)
    units: Throughput | None = None
    """Provisioned units to come; the old ones hold until the change is done."""

    @property
    def takes_time(self) -> bool:
        return bool(self.at_last or self.units or self.at_once.keys() - _TAKES_NO_TIME)

    def first_fields(self, definition: TableDefinition | IndexDefinition, now: float) -> dict[str, Any]:
        """The fields that change when the change begins."""
        if self.units is None:
            return self.at_once
        history = definition.throughput_history.dated(definition.throughput, self.units, now)
        return {**self.at_once, "throughput_history": history}

    def last_fields(
        self, definition: TableDefinition | IndexDefinition, now: float, *, on_demand: bool
    ) -> dict[str, Any]:
        """The fields that change when the change is done."""
        if self.units is None:
            return self.at_last
        old = definition.throughput
        warm = warm_units(definition.warm_throughput, old, on_demand=on_demand)
        return {
            "throughput": self.units,
            "throughput_history": definition.throughput_history.counted(old, self.units, now),
            "warm_throughput": highest(warm, (self.units.read, self.units.write)),
            **self.at_last,
        }


@dataclass(slots=True)
class TableChange:
    """All that one UpdateTable does."""

    table: Table
    own: DefinitionChange = field(default_factory=DefinitionChange)
    indexes: dict[str, DefinitionChange] = field(default_factory=dict)
    new_index: AnyIndexDefinition | None = None
    new_types: dict[str, str] = field(default_factory=dict)
    """Attribute definitions that the new index adds."""
    doomed_index: str | None = None
    closed_stream: Stream | None = None

    def of_index(self, name: str) -> DefinitionChange:
        return self.indexes.setdefault(name, DefinitionChange())

    @property
    def takes_time(self) -> bool:
        return bool(self.own.takes_time or self.indexes or self.new_index or self.doomed_index)

    def units_when_done(self) -> list[Throughput]:
        """Provisioned units of the table and of the global indexes that it will have."""
        units = [self.own.units or self.table.definition.throughput]
        for name, index in self.table.indexes.items():
            if name != self.doomed_index:
                planned = self.indexes[name].units if name in self.indexes else None
                units.append(planned or index.definition.throughput)
        if isinstance(self.new_index, IndexDefinition):
            units.append(self.new_index.throughput)
        return units

    # --- carrying it out --------------------------------------------------------------------------

    def begin(self, context: Context) -> None:
        """Change what changes at once, and have the rest change when its time has come."""
        table, now = self.table, context.agenda.now()
        fields = self.own.first_fields(table.definition, now)
        if not self.takes_time:
            table.redefine(**fields)
            return
        table.redefine(status="UPDATING", **fields)
        if "stream_view_type" in fields:
            self._switch_stream(context)
        for name, change in self.indexes.items():
            definition = table.indexes[name].definition
            table.redefine_index(replace(definition, status="UPDATING", **change.first_fields(definition, now)))
        if self.doomed_index is not None:
            doomed = table.index(self.doomed_index)
            assert doomed is not None
            table.redefine_index(doomed.definition.becomes("DELETING"))
        if self.new_index is not None:
            table.redefine(attribute_types={**table.definition.attribute_types, **self.new_types})
            table.add_index(self.new_index)
        context.agenda.after(context.settings.status_delay, lambda: self._finish(context))

    def _switch_stream(self, context: Context) -> None:
        """Changes are noted, or no longer noted, from now on, while the status has yet to follow."""
        if self.table.definition.stream_view_type is not None:
            open_stream(context, self.table)
        else:
            self.closed_stream = close_stream(self.table)

    def _finish(self, context: Context) -> None:
        """The table is ACTIVE again; an index that was added now begins to fill."""
        table, now = self.table, context.agenda.now()
        before = table.definition
        fields = self.own.last_fields(before, now, on_demand=before.on_demand)
        table.redefine(status="ACTIVE", **fields)
        if table.stream is not None and table.stream.status == "ENABLING":
            table.stream.become("ENABLED")
        if self.closed_stream is not None:
            self.closed_stream.become("DISABLED")
        for name, change in self.indexes.items():
            definition = table.indexes[name].definition
            fields = change.last_fields(definition, now, on_demand=before.on_demand)
            table.redefine_index(replace(definition, status="ACTIVE", **fields))
        if self.doomed_index is not None:
            context.database.documents.remove_of(index_arn(table.definition.arn, self.doomed_index))
            table.drop_index(self.doomed_index)
        table.spread()
        if self.new_index is not None:
            index = table.index(self.new_index.name)
            assert index is not None
            table.redefine_index(index.definition.becomes("CREATING", backfilling=True))
            context.agenda.after(context.settings.status_delay, lambda: _finish_backfill(table, index))


def _finish_backfill(table: Table, index: AnyIndex) -> None:
    """The index is ready, unless it was deleted meanwhile."""
    if table.index(index.name) is index and index.definition.status == "CREATING":
        table.redefine_index(index.definition.becomes("ACTIVE"))


def become_active(table: Table) -> None:
    """A new table and the global indexes made with it are ready together."""
    summary = table.definition.billing_mode_summary
    if summary is not None:
        summary = {**summary, "LastUpdateToPayPerRequestDateTime": table.definition.created}
    table.redefine(status="ACTIVE", billing_mode_summary=summary)
    if table.stream is not None:
        table.stream.become("ENABLED")
    for index in table.all_indexes:
        if index.definition.status == "CREATING":
            table.redefine_index(index.definition.becomes("ACTIVE"))
