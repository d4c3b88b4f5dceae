"""Sizes of canonical values: the bytes that are billed, and the bytes that a page of a read counts.

The two differ: names count in full on the bill and as one code on a page, and values are stored with prefixes.
Source: values.md 8 and query_scan.md 12.
"""

from __future__ import annotations

from emulator.values.canonical import binary_size
from emulator.values.numbers import number_length, number_size
from emulator.values.types import AttributeValue, Item


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def item_size(item: Item) -> int:
    """Bytes that the service bills for `item`: names in UTF-8 plus values."""
    size = 0
    for name, value in item.items():  # a loop: every update of an item runs it
        size += (len(name) if name.isascii() else len(name.encode())) + value_size(value)
    return size


def value_size(value: AttributeValue) -> int:
    """Bytes that the service bills for a value."""
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content) if content.isascii() else len(content.encode())
    if kind == "N":
        return number_size(content)
    if kind == "B":
        return binary_size(content)
    if kind == "M":
        return 3 + len(content) + item_size(content)
    if kind == "L":
        return 3 + sum(1 + value_size(element) for element in content)
    if kind == "SS":
        return sum(map(_text_size, content))
    if kind == "NS":
        return sum(map(number_size, content))
    if kind == "BS":
        return sum(map(binary_size, content))
    return 1  # BOOL and NULL


def page_size(item: Item, sort_key: str | None) -> int:
    """Bytes that a row adds to the 1 MB of a page; `sort_key` is the name of the table's sort key."""
    key_length = 0
    stored = _stored_members_size(item)
    if sort_key is not None and (key := item.get(sort_key)) is not None:
        key_length = number_length(key["N"]) if "N" in key else value_size(key)
        stored -= 1 + _stored_size(key)
    return 2 + stored + (1 + (1 + stored) // 3072) * (18 + key_length)


def _stored_members_size(members: Item) -> int:
    size = len(members)  # each name is one code
    for value in members.values():
        if "S" in value:  # inline: a scan measures each item that it reads for the first time
            text = value["S"]
            length = len(text) if text.isascii() else len(text.encode())
            size += length + (1 if length < 128 else 2 if length < 16384 else 3)
        elif "N" in value:
            size += 1 + number_length(value["N"])
        elif "M" in value:
            content = value["M"]
            size += 3 + len(content) + _stored_members_size(content)
        else:
            size += _stored_size(value)
    return size


def _stored_size(value: AttributeValue) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        size = len(content) if content.isascii() else len(content.encode())
        return size + (1 if size < 128 else 2 if size < 16384 else 3)
    if kind == "N":
        return number_length(content) + 1
    if kind == "B":
        return binary_size(content) + 1
    if kind == "M":
        return 3 + len(content) + _stored_members_size(content)
    if kind == "L":
        return 3 + sum(1 + _stored_size(element) for element in content)
    if kind == "SS":
        return sum(map(_text_size, content)) + len(content) + 1
    if kind == "NS":
        return sum(map(number_length, content)) + len(content) + 1
    if kind == "BS":
        return sum(map(binary_size, content)) + len(content) + 1
    return 1 if kind == "BOOL" else 0
