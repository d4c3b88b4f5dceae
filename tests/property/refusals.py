"""How the model says that the service would refuse a request, or that nobody knows what it would do."""

from __future__ import annotations

from collections.abc import Iterable

from .wire import Item

INVALID = "One or more parameter values were invalid: "


class RefusalError(Exception):
    """The service answers with an error: its code, and the messages it may give."""

    def __init__(self, code: str, *messages: str, item: Item | None = None) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.item = item


class UnsettledError(Exception):
    """Nobody knows what the service does here; the request is better not made."""


def invalid(messages: Iterable[str]) -> RefusalError:
    """A validation error with one of these messages."""
    return RefusalError("ValidationException", *sorted(messages))
