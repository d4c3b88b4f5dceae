"""What a row adds to the 1 MB of a page. Source: query_scan.md 12."""

from __future__ import annotations

from .schema import number_key_bytes
from .wire import Item, Value

PAGE_BYTES = 1_048_576


def rows_taken(rows: list[Item], sort_key: str | None) -> int:
    """How many of the rows fit on a page, with the one that crosses the line."""
    total = 0
    for at, row in enumerate(rows):
        if total >= PAGE_BYTES:
            return at
        total += page_bytes(row, sort_key)
    return len(rows)


def fills_page(rows: list[Item], sort_key: str | None) -> bool:
    """Whether the rows of a page end it, even where no row follows."""
    return sum(page_bytes(row, sort_key) for row in rows) >= PAGE_BYTES


def page_bytes(row: Item, sort_key: str | None) -> int:
    """`sort_key` is the name of the table's sort key."""
    raw = _raw_bytes(row[sort_key]) if sort_key is not None else 0
    others = sum(1 + stored_bytes(value) for name, value in row.items() if name != sort_key)
    return 2 + others + (1 + (1 + others) // 3072) * (18 + raw)


def _raw_bytes(value: Value) -> int:
    kind, content = value
    if kind == "N":
        return len(number_key_bytes(content))
    return len(content.encode()) if kind == "S" else len(content)


def stored_bytes(value: Value) -> int:
    """A value as it is stored, without the byte of its name."""
    kind, content = value
    if kind == "S":
        length = _raw_bytes(value)
        return length + (1 if length < 128 else 2 if length < 16_384 else 3)
    if kind in ("B", "N"):
        return _raw_bytes(value) + 1
    if kind in ("SS", "NS", "BS"):
        return sum(_raw_bytes((kind[0], member)) for member in content) + len(content) + 1
    if kind == "L":
        return 3 + sum(1 + stored_bytes(element) for element in content)
    if kind == "M":
        return 3 + len(content) + sum(1 + stored_bytes(member) for member in content.values())
    return 1 if kind == "BOOL" else 0
