"""Attribute values as plain Python, and their JSON.

A value is a pair of type letters and content: ("N", Decimal), ("S", str), ("B", bytes), ("SS", frozenset), ("L",
list of values), ("M", dict of values), ("BOOL", bool), ("NULL", True). Two values are equal in the service's sense
exactly when the pairs are equal. Source: values.md.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any, TypeAlias

Value: TypeAlias = tuple[str, Any]
Item: TypeAlias = dict[str, Value]
Json: TypeAlias = dict[str, Any]

EXACT = Context(prec=600, Emax=99_999, Emin=-99_999)
SCALARS = ("S", "N", "B")


def value_of(wire: Json) -> Value:
    """The value that a JSON attribute value says."""
    ((kind, content),) = wire.items()
    if kind == "N":
        return kind, Decimal(content)
    if kind == "B":
        return kind, b64decode(content)
    if kind == "SS":
        return kind, frozenset(content)
    if kind == "NS":
        return kind, frozenset(map(Decimal, content))
    if kind == "BS":
        return kind, frozenset(map(b64decode, content))
    if kind == "M":
        return kind, item_of(content)
    if kind == "L":
        return kind, [value_of(element) for element in content]
    return kind, content


def item_of(wire: Mapping[str, Json]) -> Item:
    """The item, key or map that JSON attribute values by name say."""
    return {name: value_of(value) for name, value in wire.items()}


def wire_of(value: Value) -> Json:
    """The JSON of a value in the one form in which the service returns it."""
    kind, content = value
    if kind == "N":
        return {kind: number_text(content)}
    if kind == "B":
        return {kind: b64encode(content).decode()}
    if kind == "SS":
        return {kind: sorted(content, key=str.encode)}
    if kind == "NS":
        return {kind: [number_text(number) for number in sorted(content)]}
    if kind == "BS":
        return {kind: [b64encode(member).decode() for member in sorted(content)]}
    if kind == "M":
        return {kind: wire_item(content)}
    if kind == "L":
        return {kind: [wire_of(element) for element in content]}
    return {kind: content}


def wire_item(item: Item) -> dict[str, Json]:
    """The JSON of an item, key or map in the form in which the service returns it."""
    return {name: wire_of(value) for name, value in item.items()}


def number_text(number: Decimal) -> str:
    """Plain decimal text: no exponent, no zeros that say nothing, no negative zero."""
    if not number:
        return "0"
    return format(number.normalize(EXACT), "f")


def order_of(value: Value) -> Any:
    """A scalar value as something that Python orders as the service does."""
    kind, content = value
    return content.encode() if kind == "S" else content


def item_bytes(item: Item) -> int:
    """Size of an item in bytes. Source: values.md 8."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Value) -> int:
    """Size of a value in bytes. Source: values.md 8."""
    kind, content = value
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return number_bytes(content)
    if kind == "B":
        return len(content)
    if kind == "SS":
        return sum(len(member.encode()) for member in content)
    if kind == "NS":
        return sum(map(number_bytes, content))
    if kind == "BS":
        return sum(map(len, content))
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + value_bytes(member) for name, member in content.items())
    if kind == "L":
        return 3 + sum(1 + value_bytes(element) for element in content)
    return 1


def number_bytes(number: Decimal) -> int:
    """Size of a number: a byte for two digits on each side of the point, and one; one more if negative."""
    whole, _, fraction = number_text(number.copy_abs()).partition(".")
    if whole == "0":
        whole, fraction = "", fraction.lstrip("0")
    elif not fraction:
        whole = whole.rstrip("0")
    return 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + (number < 0)


def copied(value: Value) -> Value:
    """A value that shares no list and no map, neither with another value nor within itself."""
    kind, content = value
    if kind == "M":
        return kind, {name: copied(member) for name, member in content.items()}
    if kind == "L":
        return kind, [copied(element) for element in content]
    return value


def depth_of(value: Value) -> int:
    """Levels of a value: 1 for a scalar or a set."""
    kind, content = value
    if kind == "M":
        return 1 + max(map(depth_of, content.values()), default=0)
    if kind == "L":
        return 1 + max(map(depth_of, content), default=0)
    return 1
