"""What the tests of the service model share: asking for a refusal, and texts that many refusals have."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.errors import ServiceError
from emulator.model import check_request

ONE = "1 validation error detected: "
KEY = {"pk": {"S": "a"}}
NULL = "failed to satisfy constraint: Member must not be null"
TOO_SHORT = "failed to satisfy constraint: Member must have length greater than or equal to"
NAME_PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
CONSUMED = (
    "Value 'BOGUS' at 'returnConsumedCapacity' failed to satisfy constraint: "
    "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
)
METRICS = (
    "Value 'BOGUS' at 'returnItemCollectionMetrics' failed to satisfy constraint: "
    "Member must satisfy enum value set: [SIZE, NONE]"
)


def refusal(operation: str, request: object) -> ServiceError:
    """The error that a request is refused with."""
    with pytest.raises(ServiceError) as caught:
        check_request(operation, request)
    return caught.value


def nested(levels: int, innermost: object) -> Any:
    """An attribute value `levels` deep: maps and lists in turn."""
    value = innermost
    for level in range(levels):
        value = {"L": [value]} if level % 2 else {"M": {"a": value}}
    return value
