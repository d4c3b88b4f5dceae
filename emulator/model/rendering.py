"""How the service prints a value that failed a constraint: the text form of its Java objects. Source: protocol.md 8.2.

Values may be nested deeper than Python's stack and be printed at ten times their length, so printing is a loop over
generators that stops at a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import orjson

from emulator import limits
from emulator.model import peculiarities
from emulator.model.service import Shape

_Parts: TypeAlias = "Iterator[str | _Inner]"


class _Inner(NamedTuple):
    """A value that is yet to be printed, with its shape if the form of printing needs it."""

    value: Any
    shape: str = ""


def rendered(value: object, shape: str, shapes: Mapping[str, Shape]) -> str:
    """`value` as a message shows it between quotes, e.g. `[KeySchemaElement(attributeName=pk, keyType=HASH)]`."""
    return _printed(_Inner(value, shape), lambda inner: _object_parts(inner.value, inner.shape, shapes))


def compact_json(value: object) -> str:
    """`value` as JSON without blanks: the form in which BatchGetItem shows its RequestItems."""
    return _printed(_Inner(value), lambda inner: _json_parts(inner.value))


def lower_first(name: str) -> str:
    """A member's name as paths and structures show it: `KMSMasterKeyId` is `kMSMasterKeyId`."""
    return name[:1].lower() + name[1:]


def _printed(value: _Inner, parts_of: Callable[[_Inner], _Parts]) -> str:
    printed: list[str] = []
    size = 0
    left = [parts_of(value)]
    while left:
        for part in left[-1]:
            if isinstance(part, str):
                printed.append(part)
                size += len(part)
            else:
                left.append(parts_of(part))
                break
        else:
            left.pop()
        if size > limits.MAX_PRINTED_CHARACTERS:
            return "".join(printed) + "..."
    return "".join(printed)


# --- Java objects -------------------------------------------------------------------------------------


def _object_parts(value: Any, name: str, shapes: Mapping[str, Shape]) -> _Parts:
    shape = shapes.get(name)
    if value is None or shape is None:
        yield "null"  # absent, or an internal member, which is always absent
    elif shape.type == "structure":
        yield f"{name}("
        members = peculiarities.PRINTED_MEMBERS.get(name, shape.members)
        entries = ((lower_first(member), value.get(member), shape.members.get(member, "")) for member in members)
        yield from _entries(entries)
        yield ")"
    elif shape.type == "map":
        yield "{"
        yield from _entries((key, content, shape.value) for key, content in value.items())
        yield "}"
    elif shape.type == "list":
        for number, element in enumerate(value):
            yield ", " if number else "["
            yield _Inner(element, shape.member)
        yield "]" if value else "[]"
    else:
        yield _scalar(value, shape)


def _entries(entries: Iterable[tuple[str, Any, str]]) -> _Parts:
    for number, (name, value, shape) in enumerate(entries):
        yield f", {name}=" if number else f"{name}="
        yield _Inner(value, shape)


def _scalar(value: object, shape: Shape) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if shape.type == "blob" and isinstance(value, str):
        size = len(value) // 4 * 3 - value[-2:].count("=")
        return f"java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]"
    return str(value)


# --- JSON ---------------------------------------------------------------------------------------------


def _json_parts(value: Any) -> _Parts:
    if isinstance(value, dict):
        for number, (name, content) in enumerate(value.items()):
            yield f"{',' if number else '{'}{_json(name)}:"
            yield _Inner(content)
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for number, element in enumerate(value):
            yield "," if number else "["
            yield _Inner(element)
        yield "]" if value else "[]"
    else:
        yield _json(value)


def _json(scalar: object) -> str:
    return orjson.dumps(scalar).decode()
