"""Secondary indexes: rows of projected records, ordered by the index key with the table's key behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from emulator.storage.record import Record
from emulator.storage.rows import RowKey, Rows
from emulator.storage.schema import KeySchema
from emulator.storage.throughput import NEVER_CHANGED, NO_UNITS, Throughput, ThroughputHistory
from emulator.values.sizes import item_size
from emulator.values.types import Item


class IndexKind(Enum):
    """The two kinds, by the name of their list in requests and capacity figures."""

    GLOBAL = "GlobalSecondaryIndexes"
    LOCAL = "LocalSecondaryIndexes"


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """What a request said of an index, and the state it is in."""

    name: str
    kind: IndexKind
    schema: KeySchema
    projection: dict[str, object]
    throughput: Throughput = NO_UNITS
    throughput_history: ThroughputHistory = NEVER_CHANGED
    on_demand_limits: dict[str, int] | None = None
    warm_throughput: tuple[int, int] | None = None
    """Read and write units that were asked for or grown to; None for those that the mode starts with."""
    status: str = "ACTIVE"
    backfilling: bool | None = None

    def becomes(self, status: str, backfilling: bool | None = None) -> IndexDefinition:
        return replace(self, status=status, backfilling=backfilling)


@dataclass(frozen=True, slots=True)
class IndexChange:
    """What a write did to the row of one index; sizes in bytes, None where there is no row."""

    index: SecondaryIndex
    old_size: int | None
    new_size: int | None
    moved: bool


class SecondaryIndex:
    """An index of a table: its definition and its rows."""

    __slots__ = ("_kept", "definition", "rows", "table_schema")

    def __init__(self, definition: IndexDefinition, table_schema: KeySchema, rows: Rows) -> None:
        self.definition = definition
        self.table_schema = table_schema
        self.rows = rows
        self._kept = self._projected_names()

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def schema(self) -> KeySchema:
        return self.definition.schema

    @property
    def is_global(self) -> bool:
        return self.definition.kind is IndexKind.GLOBAL

    @property
    def projects_all(self) -> bool:
        return self._kept is None

    def projects(self, attribute: str) -> bool:
        return self._kept is None or attribute in self._kept

    def _projected_names(self) -> frozenset[str] | None:
        if self.definition.projection["ProjectionType"] == "ALL":
            return None
        listed = self.definition.projection.get("NonKeyAttributes") or ()
        return frozenset((*self.schema.names, *self.table_schema.names, *listed))  # type: ignore[misc]

    def project(self, item: Item) -> Item:
        """The part of an item that this index holds."""
        kept = self._kept
        return item if kept is None else {name: value for name, value in item.items() if name in kept}

    def change(
        self, old: Item | None, new: Item | None, new_record: Record | None
    ) -> tuple[IndexChange | None, RowKey | None, RowKey | None, Record | None]:
        """What replacing item `old` by `new` does here: the change, the row key that goes, the one that comes.

        Nothing is written. The change is None when the index does not notice.
        """
        old_key, new_key = self._row_key(old), self._row_key(new)
        if old_key is None and new_key is None:
            return None, None, None, None
        old_row = self.project(old) if old_key is not None and old is not None else None
        new_row = self.project(new) if new_key is not None and new is not None else None
        if old_key == new_key and old_row == new_row:
            return None, None, None, None
        record = self._record(new_row, new_record)
        change = IndexChange(
            self,
            None if old_row is None else item_size(old_row),
            None if record is None else record.size,
            moved=old_key is not None and new_key is not None and old_key != new_key,
        )
        return change, old_key if old_key != new_key else None, new_key, record

    def _row_key(self, item: Item | None) -> RowKey | None:
        """Where an item stands here; None if it does not belong into this index."""
        if item is None or not self.schema.admits(item):
            return None
        return self.schema.index_row_key(item, self.table_schema)

    def _record(self, row: Item | None, whole: Record | None) -> Record | None:
        """The record of a row; with projection ALL the table's record is shared."""
        if row is None:
            return None
        return whole if self._kept is None else Record(row, item_size(row))

    def row_size(self, item: Item) -> int:
        """Bytes of the row that an item has here; 0 if it has none."""
        return item_size(self.project(item)) if self.schema.admits(item) else 0

    def fill(self, table_rows: Rows) -> None:
        """Take over the items that a table holds already; those unfit for the index are passed over."""
        self.rows.load(self._rows_of(table_rows))

    def _rows_of(self, table_rows: Rows) -> Iterator[tuple[RowKey, Record]]:
        for _, record in table_rows:
            item = record.decode()
            row_key = self._row_key(item)
            if row_key is not None:
                row = self._record(self.project(item), record)
                assert row is not None
                yield row_key, row
