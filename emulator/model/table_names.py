"""What the TableName of a request may be: a name of 3 to 255 characters, or an ARN.

The model says 1 to 1024 characters of any kind; the service still looks closer. Source: protocol.md 8.8, tables.md 2,
batch_transactions.md 2.3 for the list of constraints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from emulator import errors, limits

_PATTERN = "[a-zA-Z0-9_.-]+"
_is_name = re.compile(_PATTERN).fullmatch
_NOT_A_NAME = errors.MEMBER_PATTERN.format(pattern=_PATTERN)
_TOO_SHORT = errors.MEMBER_TOO_SHORT.format(limit=limits.MIN_TABLE_NAME_LENGTH)
_TOO_LONG = errors.MEMBER_TOO_LONG.format(limit=limits.MAX_TABLE_NAME_LENGTH)
_ARN_TOO_LONG = errors.MEMBER_TOO_LONG.format(limit=limits.MAX_TABLE_ARN_LENGTH)

CONSTRAINTS = ", ".join((_TOO_LONG, _TOO_SHORT, _NOT_A_NAME))
"""All constraints of a name, as they are listed where names are the keys of a map."""


def breaches(name: str) -> Sequence[str]:
    """The constraints that a table's name or ARN breaks."""
    return _breaches(name) if len(name) > limits.MAX_TABLE_ARN_LENGTH else _remembered_breaches(name)


def _breaches(name: str) -> Sequence[str]:
    if name.startswith("arn:"):
        return (_ARN_TOO_LONG,) if len(name) > limits.MAX_TABLE_ARN_LENGTH else ()
    found = [] if _is_name(name) else [_NOT_A_NAME]
    if len(name) < limits.MIN_TABLE_NAME_LENGTH:
        found.append(_TOO_SHORT)
    if len(name) > limits.MAX_TABLE_NAME_LENGTH:
        found.append(_TOO_LONG)
    return tuple(found)


# Requests name the same few tables: looking a name up takes a fifth of the time of judging it.
_remembered_breaches = lru_cache(maxsize=1024)(_breaches)
