"""The table of operations: wire name to function. Importing this module fills it.

To add an operation, decorate its function; dispatch, the answer for operations that are not built
and docs/compatibility.md are read from here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from emulator.operations.context import Context

Request: TypeAlias = dict[str, Any]
Response: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[Context, Request], Response]

OPERATIONS: dict[str, Operation] = {}


def operation(name: str) -> Callable[[Operation], Operation]:
    """Enter a function into the table under its wire name.

    The function gets a request that is well formed by the service model and runs under the emulator's lock.
    It raises `ServiceError` before it has changed anything, or answers.
    """

    def enter(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return enter


def load() -> dict[str, Operation]:
    """The filled table."""
    from emulator.operations import (  # noqa: F401
        account,
        batches,
        create_table,
        partiql,
        partiql_transaction,
        query,
        read_item,
        scan,
        streams,
        tables,
        tags,
        time_to_live,
        transact_read,
        transact_write,
        update_item,
        update_table,
        write_item,
    )

    return OPERATIONS
