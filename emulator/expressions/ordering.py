"""Ordering of attribute values: strings by code point, numbers by value, binaries by byte.

Only two values of one of these types have an order. Strings in Python compare by code point, which is the order
of their UTF-8 bytes. Source: expressions.md 6.
"""

from __future__ import annotations

import operator
from base64 import b64decode
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from emulator.values.types import AttributeValue

Test: TypeAlias = Callable[[Any, Any], bool]
TextTest: TypeAlias = Callable[[str, str], bool]

ORDERED_TYPES = ("S", "N", "B")
MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""By comparator: the one that says the same with its operands exchanged."""

TESTS: dict[str, Test] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

# Decimals of up to 15 digits are told apart, and kept in order, by the float nearest to them.
_EXACT_FLOAT_LENGTH = 15


def _number_test(test: Test) -> TextTest:
    # Two floats compare in a fifth of the time that two Decimals need.
    def compare(left: str, right: str) -> bool:
        if len(left) <= _EXACT_FLOAT_LENGTH and len(right) <= _EXACT_FLOAT_LENGTH:
            return test(float(left), float(right))
        return test(Decimal(left), Decimal(right))

    return compare


def _binary_test(test: Test) -> TextTest:
    return lambda left, right: test(b64decode(left), b64decode(right))


TEXT_TESTS: dict[str, dict[str, TextTest]] = {
    name: {"S": test, "N": _number_test(test), "B": _binary_test(test)} for name, test in TESTS.items()
}
"""By operator and type: how the contents of two values of that type compare."""


def compares(comparator: str, left: AttributeValue | None, right: AttributeValue | None) -> bool:
    """Whether `left comparator right`; false without values and across types."""
    if left is None or right is None:
        return False
    ((kind, text),) = left.items()
    other = right.get(kind)
    if other is None or kind not in ORDERED_TYPES:
        return False
    return TEXT_TESTS[comparator][kind](text, other)
