"""The two maps of placeholders of a request: their shape, and whether all of them are used.

Source: items.md 2 ("Mixing and map messages"), expressions.md 4, values.md 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from emulator import errors, limits
from emulator.errors import Fault, ServiceError
from emulator.values.canonical import canonical_value, check_attribute_names
from emulator.values.types import Item, Wording

_NAME_KEY = re.compile(r"#[A-Za-z0-9_]+").fullmatch
_VALUE_KEY = re.compile(r":[A-Za-z0-9_]+").fullmatch


def check_names_map(names: dict[str, str]) -> None:
    """ExpressionAttributeNames: not empty, well-formed keys, targets that may name an attribute."""
    if not names:
        raise ServiceError(errors.NAMES_EMPTY)
    for key in names:
        if _NAME_KEY(key) is None or len(key) > limits.MAX_PLACEHOLDER_BYTES:
            raise _key_error(key, errors.NAMES_KEY_TOO_LONG, errors.NAMES_KEY_SYNTAX)
    for key, target in names.items():
        try:
            check_attribute_names((target,))
        except ServiceError as error:
            raise error.prefixed(errors.NAMES_INVALID_VALUE, f" for key {key}") from None


def check_values_map(values: Item, wording: Wording, level: int = 1) -> None:
    """ExpressionAttributeValues: not empty, well-formed keys; then each value is made canonical, in place.

    `level` is the level of nesting that the values count as.
    """
    if not values:
        raise ServiceError(errors.VALUES_EMPTY)
    for key in values:
        if _VALUE_KEY(key) is None or len(key) > limits.MAX_PLACEHOLDER_BYTES:
            raise _key_error(key, errors.VALUES_KEY_TOO_LONG, errors.VALUES_KEY_SYNTAX)
    for key, value in values.items():
        try:
            canonical_value(value, wording, level)
        except ServiceError as error:
            if wording is Wording.CURRENT:
                raise
            raise error.prefixed(errors.VALUES_INVALID_VALUE, f" for key {key}") from None


def _key_error(key: str, too_long: Fault, syntax: Fault) -> ServiceError:
    """The error for a bad key; its length is judged first."""
    size = len(key.encode(errors="surrogatepass"))
    if size > limits.MAX_PLACEHOLDER_BYTES:
        return ServiceError(too_long, size=size)
    return ServiceError(syntax, key=key)


def check_placeholders(
    names: dict[str, str] | None,
    values: Item | None,
    *,
    names_used: Iterable[str],
    values_used: Iterable[str],
) -> None:
    """Raise if a placeholder stands in no expression of the request; names are judged first."""
    _check_used(names, names_used, errors.NAMES_UNUSED)
    _check_used(values, values_used, errors.VALUES_UNUSED)


def _check_used(given: Mapping[str, Any] | None, used: Iterable[str], fault: Fault) -> None:
    if given and not given.keys() <= (known := frozenset(used)):
        raise ServiceError(fault, keys=", ".join(key for key in given if key not in known))
