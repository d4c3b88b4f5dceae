"""The service model: what operations there are, and what a request of each may hold.

`check_request` is all that the gateway needs: an operation starts with a request that is well formed. Rules that need
more than the request (a table, an expression's meaning) are the operations' own. Source: protocol.md 7 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.model import checker, service
from emulator.model.strict_requests import strict_checker

_TARGETS, _INPUTS, _SHAPES = service.load()
_checkers: dict[str, checker.Checker] = {}

OPERATIONS: Mapping[str, str] = _TARGETS
"""Every operation of the two APIs, with the prefix of its target."""


def check_request(operation: str, request: object) -> dict[str, Any]:
    """The decoded JSON of a request, which becomes ours, as a well-formed request of `operation`.

    Members that are null or that the operation does not have are gone from it and from the structures in it.
    Raises SerializationException for a wrong JSON type, else ValidationException for what breaks a constraint.
    """
    check = _checkers.get(operation)
    if check is None:
        # Compiled on first use: all of them take 10 ms, and a process needs a handful.
        check = checker.checker_of(operation, _SHAPES[_INPUTS[operation]], _SHAPES)
        check = _checkers[operation] = strict_checker(operation, check)
    return check(request)
