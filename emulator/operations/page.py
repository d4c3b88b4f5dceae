"""Pages: how much one Query or Scan reads, to the byte. Source: query_scan.md 11, 12 and 14."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain, islice
from typing import TypeAlias

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


Bounds: TypeAlias = tuple[RowKey, RowKey]
"""A range of row keys, [lower, upper)."""


Evaluate: TypeAlias = Callable[[list[Record], bool], None]
"""Is shown the records that were taken, some at a time, and told whether to measure what it decodes: the page may
become full, and then their exact sizes are needed."""


def read_page(
    source: Source,
    ranges: Sequence[Bounds],
    *,
    reverse: bool = False,
    limit: int | None = None,
    fetch: bool = False,
    evaluate: Evaluate | None = None,
) -> Page:
    """Rows in one range after the other until `limit` rows or 1 MB of them are taken.

    The row that crosses 1 MB is taken still. With `fetch` the table's records are read and counted.
    """
    rows: list[Record] = []
    pieces: list[int] = []
    fetched: list[Record] = [] if fetch else rows
    meter = _Meter(fetched, source.table.schema.sort_key)
    searched = chain.from_iterable([source.rows.pieces(lower, upper, reverse=reverse) for lower, upper in ranges])
    for partition, keys in searched:
        taken_before = len(rows)
        # Rows are taken by the chunk: a list comprehension costs a third of a loop with the same in it.
        while chunk := list(islice(keys, _CHUNK if limit is None else min(_CHUNK, limit - len(rows)))):
            records = list(map(partition.__getitem__, chunk))
            full_at = None
            before = len(fetched)
            if not fetch and meter.has_room_for_all(records):
                rows += records
            else:
                for key, record in zip(chunk, records, strict=True):
                    rows.append(record)
                    if fetch:
                        fetched.append(source.table_record(record))
                    if meter.is_full():
                        full_at = key
                        break
            if evaluate is not None:
                measuring = meter.may_become_full
                evaluate(fetched[before:], measuring)
                if measuring:
                    meter.settle()
            if full_at is not None:
                pieces.append(len(rows) - taken_before)
                return Page(rows, fetched, full_at, End.FULL, pieces)
            if len(rows) == limit:
                pieces.append(len(rows) - taken_before)
                return Page(rows, fetched, chunk[-1], End.LIMIT, pieces)
        pieces.append(len(rows) - taken_before)
    return Page(rows, fetched, None, End.EXHAUSTED, pieces)


_CHUNK = 256


def may_go_on(source: Source, page: Page, lower: RowKey, upper: RowKey, *, reverse: bool) -> bool:
    """Whether a query that read a page of [lower, upper) answers that there may be more.

    When the limit is reached the service looks one row ahead, and sees the end only if another
    item collection follows in the same partition.
    """
    if page.end is End.LIMIT and page.last is not None:
        following = source.rows.neighbour(page.last, reverse=reverse)
        return following is None or lower <= following < upper
    return page.end is End.FULL


class _Meter:
    """How much of a page's 1 MB is taken.

    Exact page sizes need decoded items, so a bound from the encoded length, which costs next to nothing, stands
    for them until the page may be full.
    """

    __slots__ = ("_exact", "_most", "_settled", "_sort_key", "_taken")

    def __init__(self, taken: list[Record], sort_key: str | None) -> None:
        self._taken = taken
        self._sort_key = sort_key
        self._settled = 0  # of how many records the exact size is known
        self._exact = 0
        self._most = 0

    @property
    def may_become_full(self) -> bool:
        """Whether enough is taken for a read to be long."""
        return self._most > limits.MAX_PAGE_BYTES // 8

    def has_room_for_all(self, records: list[Record]) -> bool:
        """Count `records`, about to be taken, if they surely do not fill the page; say whether they do not."""
        length = sum([len(record.encoded) for record in records])
        most = self._most + length + length // 2 + 20 * len(records)
        if most >= limits.MAX_PAGE_BYTES:
            return False
        self._most = most
        return True

    def is_full(self) -> bool:
        """Count the record that was just taken; say whether the page is full now."""
        self._most += _most_page_bytes(self._taken[-1])
        if self._most < limits.MAX_PAGE_BYTES:
            return False
        self.settle()
        return self._exact >= limits.MAX_PAGE_BYTES

    def settle(self) -> None:
        """Find the exact size of what is taken."""
        key = self._sort_key
        self._exact += sum([record.measured or record.page_bytes(key) for record in self._taken[self._settled :]])
        self._settled = len(self._taken)
        self._most = self._exact


def _most_page_bytes(record: Record) -> int:
    """Never less than the page bytes of a record, and nearly free.

    A name and a value, the sort key's too, take more bytes encoded than stored; what is added for each 3,072 bytes
    is 18 and a sort key of at most 1,024.
    """
    length = len(record.encoded)
    return record.measured or 20 + length + length // 3072 * 1042
