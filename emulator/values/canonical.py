"""Checking attribute values and bringing them into canonical form, in place.

Assumes that JSON types are right already (the service model sees to that): an `S` holds a str, an `M` a dict.
Order of the checks inside one value and all texts: values.md 2 to 7.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import Any

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.values.numbers import canonical_number, number_bytes, number_size
from emulator.values.types import DATA_TYPES, AttributeValue, Item, Wording

_EMPTY_SETS = {"SS": errors.EMPTY_STRING_SET, "NS": errors.EMPTY_NUMBER_SET, "BS": errors.EMPTY_BINARY_SET}
_SURELY_SHORT_NAME = limits.MAX_ATTRIBUTE_NAME_BYTES // 4  # a character is at most four bytes
_SET_MEMBERS = {"SS": "string", "NS": "number", "BS": "binary"}


def canonical_item(item: Item, wording: Wording) -> int:
    """Make every value of `item` canonical, in place; return the item's size in bytes.

    Raises the first fault the service would report.
    Source of the size: Developer Guide, "DynamoDB item sizes and formats"; values.md 8.
    """
    # All names together are shorter than one may be: the common case, judged without a loop.
    if "" in item or len("".join(item)) > _SURELY_SHORT_NAME:
        check_attribute_names(item)
    size = 0
    for name, value in item.items():
        size += len(name) if name.isascii() else len(name.encode())
        if len(value) == 1:
            # The two common types, inline: this loop is the hot path of every write.
            if (text := value.get("S")) is not None:
                size += len(text) if text.isascii() else len(text.encode())
                continue
            if (text := value.get("N")) is not None:
                value["N"] = text = canonical_number(text, wording)
                size += number_size(text)
                continue
        size += _canonical(value, 1, wording, item)
    return size


def canonical_value(value: AttributeValue, wording: Wording, level: int = 1) -> int:
    """Make one value canonical, in place; return its size in bytes (without a name).

    `level` is the level that it counts as; an attribute of an item is on level 1.
    """
    return _canonical(value, level, wording, {"": value})


def check_attribute_names(names: Iterable[str]) -> None:
    """Names at the top of an item: not empty and not too long."""
    for name in names:
        if not name:
            raise ServiceError(errors.EMPTY_ATTRIBUTE_NAME)
        if len(name) > _SURELY_SHORT_NAME and len(name.encode()) > limits.MAX_ATTRIBUTE_NAME_BYTES:
            raise ServiceError(errors.ATTRIBUTE_NAME_TOO_LONG)


def _canonical(value: AttributeValue, level: int, wording: Wording, root: Item) -> int:
    if level > limits.MAX_NESTING_LEVELS:
        raise ServiceError(errors.NESTING_TOO_DEEP)
    if len(value) != 1:
        _settle(value, level, wording, root)
    ((kind, content),) = value.items()
    sizer = _SIZERS.get(kind)
    if sizer is None or content is None:
        raise ServiceError(errors.VALUE_EMPTY)
    return sizer(value, content, level, wording, root)


def _settle(value: AttributeValue, level: int, wording: Wording, root: Item) -> None:
    """Leave the one member that counts: unknown members and nulls do not; none or several is a fault."""
    for member in [member for member, content in value.items() if content is None or member not in DATA_TYPES]:
        del value[member]
    if not value:
        raise ServiceError(errors.VALUE_EMPTY)
    if len(value) > 1:
        _judge_contents(value, level, wording, root)  # first; only then their number
        raise ServiceError(errors.VALUE_AMBIGUOUS)


def _judge_contents(value: AttributeValue, level: int, wording: Wording, root: Item) -> None:
    """Raise the fault of a value of several types that the service finds first (values.md 2, "Check order").

    Sets are judged check by check, each for all of them: empty ones, then numbers, then what `_set` finds.
    """
    for kind in ("N", "NULL"):
        if kind in value:
            _SIZERS[kind]({kind: value[kind]}, value[kind], level, wording, root)
    for kind, fault in _EMPTY_SETS.items():
        if value.get(kind) == []:
            raise ServiceError(fault)
    for number in value.get("NS", ()):
        if number is not None:
            canonical_number(number, wording)
    for kind in ("SS", "NS", "BS", "M", "L"):
        if kind in value:
            _SIZERS[kind]({kind: value[kind]}, value[kind], level, wording, root)


def _string(value: AttributeValue, text: str, level: int, wording: Wording, root: Item) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _number(value: AttributeValue, text: str, level: int, wording: Wording, root: Item) -> int:
    value["N"] = text = canonical_number(text, wording)
    return number_size(text)


def _binary(value: AttributeValue, text: str, level: int, wording: Wording, root: Item) -> int:
    return binary_size(text)


def binary_size(text: str) -> int:
    """Bytes that base64 `text` stands for."""
    return len(text) // 4 * 3 - text[-2:].count("=")


def _boolean(value: AttributeValue, content: bool, level: int, wording: Wording, root: Item) -> int:
    return 1


def _null(value: AttributeValue, content: bool, level: int, wording: Wording, root: Item) -> int:
    if content is not True:
        raise ServiceError(errors.NULL_NOT_TRUE)
    return 1


def _list(value: AttributeValue, elements: list[AttributeValue], level: int, wording: Wording, root: Item) -> int:
    size = 3 + len(elements)
    for element in elements:
        size += _canonical(element, level + 1, wording, root)
    return size


def _map(value: AttributeValue, members: Item, level: int, wording: Wording, root: Item) -> int:
    if "" in members:
        if depth(root) > limits.MAX_NESTING_LEVELS:  # observed: depth is reported before an empty nested name
            raise ServiceError(errors.NESTING_TOO_DEEP)
        raise ServiceError(errors.EMPTY_ATTRIBUTE_NAME)
    size = 3 + len(members)
    for name, member in members.items():
        size += len(name) if name.isascii() else len(name.encode())
        if len(member) == 1 and level < limits.MAX_NESTING_LEVELS:
            if (text := member.get("S")) is not None:
                size += len(text) if text.isascii() else len(text.encode())
                continue
            if (text := member.get("N")) is not None:
                member["N"] = text = canonical_number(text, wording)
                size += number_size(text)
                continue
        size += _canonical(member, level + 1, wording, root)
    return size


def depth(members: Item | list[AttributeValue]) -> int:
    """How many levels of values an item or a list has; an item of scalars has one.

    The walk is a loop because hostile input may be deeper than Python's stack.
    """
    levels, level = 0, [members]
    while level:
        levels += 1
        inner: list[Any] = []
        for container in level:
            for value in container.values() if isinstance(container, dict) else container:
                inner += [value[kind] for kind in ("M", "L") if value.get(kind)]
        level = inner
    return levels


def _set(value: AttributeValue, members: list[str], level: int, wording: Wording, root: Item) -> int:
    kind = next(iter(value))
    if not members:
        raise ServiceError(_EMPTY_SETS[kind])
    if None in members:
        raise ServiceError(errors.NULL_SET_MEMBER, kind=_SET_MEMBERS[kind])
    if kind == "NS":
        members = [canonical_number(member, wording) for member in members]
    if len(set(members)) != len(members):
        raise _duplicates(kind, members, wording)
    if kind == "SS":
        value["SS"] = members = sorted(members)
        return _string_size("".join(members))
    value[kind] = members = sorted(members, key=_SET_ORDER[kind])
    return sum(map(_MEMBER_SIZE[kind], members))


def set_value(kind: str, members: Iterable[str]) -> AttributeValue:
    """A set of canonical, distinct members in the service's order."""
    return {kind: sorted(members, key=_SET_ORDER[kind])}


def _duplicates(kind: str, members: list[str], wording: Wording) -> ServiceError:
    if kind == "NS":
        current = wording is Wording.CURRENT
        return ServiceError(errors.DUPLICATE_NUMBERS if current else errors.DUPLICATE_NUMBERS_OLDER)
    if wording is not Wording.CURRENT:
        fault = errors.DUPLICATE_STRINGS if kind == "SS" else errors.DUPLICATE_BINARIES
        return ServiceError(fault, listed=", ".join(members))
    seen: set[str] = set()
    repeat = 0
    while members[repeat] not in seen:
        seen.add(members[repeat])
        repeat += 1
    listed = sorted(members[:repeat], key=_SET_ORDER[kind]) + members[repeat:]
    quoted = [f'"{member}"' for member in listed]
    if kind == "SS":
        return ServiceError(errors.DUPLICATE_STRINGS, listed=", ".join(quoted))
    return ServiceError(errors.DUPLICATE_BINARIES, listed=",".join(quoted))


def _string_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


_SET_ORDER: dict[str, Callable[[str], str | bytes]] = {"SS": str, "NS": number_bytes, "BS": b64decode}
_MEMBER_SIZE: dict[str, Callable[[str], int]] = {"SS": _string_size, "NS": number_size, "BS": binary_size}

_SIZERS: dict[str, Callable[[AttributeValue, Any, int, Wording, Item], int]] = {
    "S": _string,
    "N": _number,
    "B": _binary,
    "SS": _set,
    "NS": _set,
    "BS": _set,
    "M": _map,
    "L": _list,
    "NULL": _null,
    "BOOL": _boolean,
}
