"""How the model says that the service would refuse a request, or that nobody knows what it would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .wire import Item

INVALID = "One or more parameter values were invalid: "


@dataclass(frozen=True)
class Reason:
    """Why an action keeps a transaction from being carried out, if it does: a code, and the messages it may have."""

    code: str = "None"
    messages: tuple[str | None, ...] = (None,)
    item: Item | None = None


class RefusalError(Exception):
    """The service answers with an error: its code, and the messages it may give; reasons are of a cancellation."""

    def __init__(
        self, code: str, *messages: str, item: Item | None = None, reasons: Sequence[Reason] | None = None
    ) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.item = item
        self.reasons = reasons


class UnsettledError(Exception):
    """Nobody knows what the service does here; the request is better not made."""


def canceled(reasons: Sequence[Reason]) -> RefusalError:
    """A transaction that is not carried out, with a reason for each of its actions."""
    codes = ", ".join(reason.code for reason in reasons)
    text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return RefusalError("TransactionCanceledException", text, reasons=reasons)


def invalid(messages: Iterable[str]) -> RefusalError:
    """A validation error with one of these messages."""
    return RefusalError("ValidationException", *sorted(messages))
