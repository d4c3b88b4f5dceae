"""The clock of an emulator as a page of its server: `GET` shows it, `POST` moves it.

A move is a JSON object with one member: `{"freeze": "2026-01-01T00:00:00Z"}` or epoch seconds, `{"advance": seconds}`,
`{"resume": true}`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson

from emulator.clock import Clock, in_milliseconds

_MOVES = ("freeze", "advance", "resume")


class MoveError(Exception):
    """What is wrong with a move, in one line."""


def shown(clock: Clock) -> dict[str, Any]:
    """The time in epoch seconds, and whether it stands still."""
    return {"now": in_milliseconds(clock.now()), "frozen": clock.frozen}


def move(clock: Clock, body: bytes) -> None:
    """Move the clock as the body of a request says. Raises MoveError."""
    try:
        asked = orjson.loads(body)
    except ValueError as error:
        raise MoveError(f"the body is not JSON: {error}") from None
    if not isinstance(asked, dict) or len(asked) != 1 or not asked.keys() <= set(_MOVES):
        raise MoveError(f"the body must be an object with one of the members {', '.join(_MOVES)}")
    ((kind, value),) = asked.items()
    try:
        _move(clock, kind, value)
    except (TypeError, ValueError) as error:
        raise MoveError(f"{kind}: {error}") from None


def _move(clock: Clock, kind: str, value: Any) -> None:
    if kind == "freeze":
        clock.freeze(datetime.fromisoformat(value) if isinstance(value, str) else value)
    elif kind == "advance":
        clock.advance(_seconds(value))
    elif value is True:
        clock.resume()
    else:
        raise ValueError("its value must be true")


def _seconds(value: Any) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("its value must be a number of seconds")
    try:
        return timedelta(seconds=value)
    except OverflowError:
        raise ValueError(f"{value} seconds are too many") from None
