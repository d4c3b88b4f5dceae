"""Pages: how much one Query or Scan reads, to the byte. Source: query_scan.md 11, 12 and 14."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from emulator import limits
from emulator.storage.index import SecondaryIndex
from emulator.storage.record import Record
from emulator.storage.rows import RowKey, Rows
from emulator.storage.schema import KeySchema
from emulator.storage.table import Table
from emulator.values.types import Item


class End(Enum):
    """Why a page ends."""

    EXHAUSTED = auto()
    LIMIT = auto()
    FULL = auto()


@dataclass(frozen=True, slots=True)
class Source:
    """What a Query or Scan reads: a table, or an index of it."""

    table: Table
    index: SecondaryIndex | None

    @property
    def schema(self) -> KeySchema:
        return self.table.schema if self.index is None else self.index.schema

    @property
    def rows(self) -> Rows:
        return self.table.rows if self.index is None else self.index.rows

    @property
    def key_names(self) -> tuple[str, ...]:
        """The attributes that say where a read stopped: index key, then table key, each once."""
        return tuple(dict.fromkeys((*self.schema.names, *self.table.schema.names)))

    def row_key(self, item: Item) -> RowKey:
        """The row key of an item, or of a key that holds all `key_names`."""
        if self.index is None:
            return self.table.schema.row_key(item)
        return self.schema.index_row_key(item, self.table.schema)

    def last_evaluated_key(self, record: Record) -> Item:
        item = record.decode()
        return {name: item[name] for name in self.key_names}

    def table_record(self, row: Record) -> Record:
        """The table's record behind an index row."""
        record = self.table.rows.get(self.table.schema.row_key(row.decode()))
        assert record is not None, "an index row without its item"
        return record


@dataclass(slots=True)
class Page:
    """Rows that were evaluated, in order, before any filter."""

    rows: list[Record]
    records: list[Record]
    """What the rows stand for: themselves, or the items fetched from the table for them."""
    last: RowKey | None
    end: End
    pieces: list[int]
    """How many rows came from each partition that was searched."""

    def row_bytes_by_partition(self) -> list[int]:
        sizes, start = [], 0
        for length in self.pieces:
            sizes.append(sum([row.size for row in self.rows[start : start + length]]))
            start += length
        return sizes


def read_page(
    source: Source,
    lower: RowKey,
    upper: RowKey,
    *,
    reverse: bool = False,
    limit: int | None = None,
    fetch: bool = False,
) -> Page:
    """Rows in [lower, upper) until `limit` rows or 1 MB of them are taken.

    The row that crosses 1 MB is taken still. With `fetch` the table's records are read and counted.
    """
    rows: list[Record] = []
    pieces: list[int] = []
    fetched: list[Record] = [] if fetch else rows
    sort_key = source.table.schema.sort_key
    most = limits.MAX_PAGE_BYTES
    total = settled = exact = 0
    for partition, keys in source.rows.pieces(lower, upper, reverse=reverse):
        taken_before = len(rows)
        for key in keys:
            record = partition[key]
            rows.append(record)
            if fetch:
                record = source.table_record(record)
                fetched.append(record)
            # A bound that costs next to nothing stands for the exact size until the page may be full.
            length = len(record.encoded)
            total += length + 20 if length < 3000 else record.most_page_bytes
            if total >= most:
                exact += sum([each.page_bytes(sort_key) for each in fetched[settled:]])
                settled = len(fetched)
                total = exact
                if total >= most:
                    pieces.append(len(rows) - taken_before)
                    return Page(rows, fetched, key, End.FULL, pieces)
            if len(rows) == limit:
                pieces.append(len(rows) - taken_before)
                return Page(rows, fetched, key, End.LIMIT, pieces)
        pieces.append(len(rows) - taken_before)
    return Page(rows, fetched, None, End.EXHAUSTED, pieces)
