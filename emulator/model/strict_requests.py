"""Requests that a strict deserialiser reads before the service's other layers see them: those of SearchVectors.

It goes through the members in the order of the request and stops at the first required one that is null or of a wrong
JSON type; then it misses required ones. It counts columns in the text of the request, of which the blanks are not
known here: they are counted as if there were none. Source: vectors.md 7, whose texts are those of Rust's serde_json.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator import errors
from emulator.errors import ServiceError
from emulator.model.checker import Checker
from emulator.model.json_types import serialization
from emulator.model.rendering import compact_json

REQUIRED: Mapping[str, Mapping[str, tuple[type, str]]] = {
    "SearchVectors": {
        "TableName": (str, "a string"),
        "IndexName": (str, "a string"),
        "SearchVector": (list, "a sequence"),
        "TopK": (int, "i32"),
    },
}
"""Operation to its required members, each with its Python type and the name that messages have for it."""


def strict_checker(operation: str, check: Checker) -> Checker:
    """A checker that is preceded by the strict one, if the operation has it."""
    required = REQUIRED.get(operation)
    if required is None:
        return check

    def checker(request: object) -> dict[str, Any]:
        if isinstance(request, dict):
            _check_members(request, required)
        return check(request)

    return checker


def _check_members(request: dict[str, Any], required: Mapping[str, tuple[type, str]]) -> None:
    read: dict[str, Any] = {}
    for name, value in request.items():
        read[name] = value
        kind, expected = required.get(name, (None, ""))
        if kind is not None and type(value) is not kind:
            column = _columns(read) - 1  # the brace at the end was not read yet
            raise serialization(errors.FIELD_TYPE_INVALID, found=_found(value), expected=expected, column=column)
    for name in required:
        if name not in request:
            message = errors.FIELD_MISSING.format(name=name, column=_columns(request))
            raise ServiceError(errors.VALIDATION, message=message)


def _columns(read: dict[str, Any]) -> int:
    return len(compact_json(read))


def _found(value: object) -> str:
    """A JSON value of a wrong type, as messages name it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{value}`"
    if isinstance(value, str):
        return f"string {compact_json(value)}"
    return "sequence" if isinstance(value, list) else "map"
