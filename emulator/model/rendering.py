"""How the service prints a value that failed a constraint: the text form of its Java objects. Source: protocol.md 8.2.

Values may be nested deeper than Python's stack, so printing is a loop over what is left to print.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

from emulator.model import peculiarities
from emulator.model.service import Shape

_Left: TypeAlias = "str | tuple[Any, str]"
"""Something left to print: finished text, or a value with the name of its shape."""

_PLAIN = ""  # the shape's name of internal members that the model does not have; they are always null


def rendered(value: object, shape: str, shapes: Mapping[str, Shape]) -> str:
    """`value` as a message shows it between quotes, e.g. `[KeySchemaElement(attributeName=pk, keyType=HASH)]`."""
    printed: list[str] = []
    left: list[_Left] = [(value, shape)]
    while left:
        part = left.pop()
        if isinstance(part, str):
            printed.append(part)
        else:
            left += reversed(_parts(*part, shapes))
    return "".join(printed)


def lower_first(name: str) -> str:
    """A member's name as paths and structures show it: `KMSMasterKeyId` is `kMSMasterKeyId`."""
    return name[:1].lower() + name[1:]


def _parts(value: Any, name: str, shapes: Mapping[str, Shape]) -> list[_Left]:
    if value is None:
        return ["null"]
    shape = shapes[name]
    if shape.type == "structure":
        printed = peculiarities.PRINTED_MEMBERS.get(name, shape.members)
        members: list[list[_Left]] = [
            [f"{lower_first(member)}=", (value.get(member), shape.members.get(member, _PLAIN))] for member in printed
        ]
        return [f"{name}(", *_joined(members), ")"]
    if shape.type == "list":
        return ["[", *_joined([[(element, shape.member)] for element in value]), "]"]
    if shape.type == "map":
        return ["{", *_joined([[f"{key}=", (content, shape.value)] for key, content in value.items()]), "}"]
    return [_scalar(value, shape)]


def _joined(groups: list[list[_Left]]) -> list[_Left]:
    joined: list[_Left] = []
    for group in groups:
        if joined:
            joined.append(", ")
        joined += group
    return joined


def _scalar(value: object, shape: Shape) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if shape.type == "blob" and isinstance(value, str):
        size = len(value) // 4 * 3 - value[-2:].count("=")
        return f"java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]"
    return str(value)


def compact_json(value: object) -> str:
    """`value` as JSON without blanks: the form in which BatchGetItem shows its RequestItems."""
    printed: list[str] = []
    left: list[Any] = [value]
    while left:
        part = left.pop()
        if isinstance(part, _Text):
            printed.append(part)
        elif isinstance(part, dict):
            members = [[_Text(_json(name) + ":"), content] for name, content in part.items()]
            left += reversed(_enclosed("{", members, "}"))
        elif isinstance(part, list):
            left += reversed(_enclosed("[", [[element] for element in part], "]"))
        else:
            printed.append(_json(part))
    return "".join(printed)


class _Text(str):
    """Finished text, as against a string that is to be printed as JSON."""


def _enclosed(opening: str, groups: list[list[Any]], closing: str) -> list[Any]:
    parts: list[Any] = [_Text(opening)]
    for number, group in enumerate(groups):
        if number:
            parts.append(_Text(","))
        parts += group
    return [*parts, _Text(closing)]


def _json(scalar: object) -> str:
    return orjson.dumps(scalar).decode()
