"""The types that attribute values are made of.

An attribute value is DynamoDB-JSON with one member, e.g. `{"S": "x"}` or `{"M": {"a": {"N": "1"}}}`.
It is *canonical* when its numbers are in the form the service returns, its sets are in the service's order
and nothing else is in it. Canonical values are equal exactly when Python finds them equal (`==`).
"""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeAlias

AttributeValue: TypeAlias = dict[str, Any]
Item: TypeAlias = dict[str, AttributeValue]

SortableKey: TypeAlias = str | bytes
"""A key value in a form whose Python order is DynamoDB's order: S as str, B and N as bytes."""

DATA_TYPES = ("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL")


class Wording(Enum):
    """Which of the service's validation layers words a fault (values.md, 1)."""

    CURRENT = "current"  # PutItem, UpdateItem, DeleteItem, GetItem, BatchGetItem, Query
    OLDER = "older"  # BatchWriteItem, Scan, transactions
    PARTIQL = "partiql"  # parameters of statements: the older one, with exponents of 32 bits (partiql.md, 4.2)


def data_type(value: AttributeValue) -> str:
    """The type letters of a canonical value, e.g. `"SS"`."""
    return next(iter(value))
