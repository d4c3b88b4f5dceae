"""What must be true of an emulator's storage at any time, whatever was asked of it."""

from __future__ import annotations

from itertools import pairwise

import orjson

from emulator import Emulator
from emulator.storage.index import SecondaryIndex
from emulator.storage.rows import Rows
from emulator.storage.table import Table

from .schema import key_length
from .wire import Json, item_bytes, item_of, wire_item


def check_invariants(emulator: Emulator) -> None:
    """Raise AssertionError where rows, sizes, partitions or indexes contradict each other."""
    for database in emulator._databases.values():
        for name, table in database.tables.items():
            assert table.name == name, "a table is found under its name"
            check_table(table)


def check_table(table: Table) -> None:
    check_rows(table.rows)
    items = [record.decode() for _, record in table.rows]
    for (key, record), item in zip(table.rows, items, strict=True):
        assert key == table.schema.row_key(item), "an item stands under its key"
        assert item == wire_item(item_of(item)), "an item is stored in canonical form"
        assert record.encoded == orjson.dumps(item), "a record is its item and nothing more"
    for index in table.indexes.values():
        check_rows(index.rows)
        check_index(table, index, items)


def check_rows(rows: Rows) -> None:
    """Sizes add up, keys ascend, and each partition holds only its range of hashes."""
    records = list(rows)
    assert len(records) == len(rows), "rows are counted"
    assert rows.size == sum(record.size for _, record in records), "sizes of rows add up"
    for _, record in records:
        assert record.size == item_bytes(item_of(record.decode())), "a record knows the size of its item"
    assert all(one[0] < other[0] for one, other in pairwise(records)), "keys ascend and none comes twice"
    count = rows.partition_count
    for at, partition in enumerate(rows._partitions):
        for key in partition:
            position = int.from_bytes(key[0], "big") * count >> 128
            assert position == at, "a row stands in the partition of its hash"


def check_index(table: Table, index: SecondaryIndex, items: list[dict[str, Json]]) -> None:
    """An index holds a projection of each item that has all its keys, and nothing else."""
    attributes = index.schema.attributes
    projection = index.definition.projection
    kept = {*index.schema.names, *table.schema.names, *(projection.get("NonKeyAttributes") or ())}
    expected = {}
    for item in items:
        if all(_is_key(item.get(name), kind, role) for name, kind, role in attributes):
            row = item
            if projection["ProjectionType"] != "ALL":
                row = {name: value for name, value in item.items() if name in kept}
            expected[index.schema.index_row_key(item, table.schema)] = row
    found = {key: record.decode() for key, record in index.rows}
    assert found == expected, "an index holds what its table implies"


def _is_key(value: Json | None, kind: str, role: str) -> bool:
    if value is None or kind not in value:
        return False
    (decoded,) = item_of({"": value}).values()
    return 0 < key_length(decoded) <= (2048 if role == "HASH" else 1024)
