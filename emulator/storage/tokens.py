"""Idempotency tokens: the transactions that were carried out lately under a token.

Source: batch_transactions.md 6. A token that ages out or is undone counts as new.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from emulator import limits
from emulator.storage.undo import UndoLog


@dataclass(frozen=True, slots=True)
class Completed:
    """A transaction that was carried out: a digest of its request, and when, in epoch seconds."""

    digest: bytes
    at: float


class IdempotencyTokens:
    """Completed transactions by token, oldest first. Callers hold the emulator's lock."""

    __slots__ = ("_completed", "_undo", "region")

    def __init__(self, region: str, undo: UndoLog) -> None:
        self.region = region
        self._undo = undo
        self._completed: dict[str, Completed] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._completed)

    def completed(self, token: str) -> Completed | None:
        """What was carried out under `token`, however long ago."""
        return self._completed.get(token)

    def find(self, token: str, now: float) -> Completed | None:
        """What was carried out under `token`, if that was lately enough."""
        found = self._completed.get(token)
        return None if found is None or _is_old(found, now) else found

    def add(self, token: str, completed: Completed) -> None:
        """Remember a transaction. Forgets what is too old, so that no more is kept than counts."""
        self._completed.pop(token, None)
        self._completed[token] = completed
        self._mark(token)
        self._undo.add(lambda: self._forget(token))
        forgotten = {oldest: self._completed[oldest] for oldest in self._forgettable(completed.at)}
        if forgotten:
            self._undo.add(lambda: self._remember(forgotten))
            for oldest in forgotten:
                self._forget(oldest)

    def _remember(self, forgotten: dict[str, Completed]) -> None:
        """Take back that the oldest were forgotten."""
        self._become({**forgotten, **self._completed})

    def clear(self) -> None:
        """Forget all transactions."""
        before = self._completed
        self._undo.add(lambda: self._become(before))
        self._become({})

    def _become(self, completed: dict[str, Completed]) -> None:
        before, self._completed = self._completed, completed
        for token in (*before, *completed):
            self._mark(token)

    def _forget(self, token: str) -> None:
        self._completed.pop(token, None)
        self._mark(token)

    def _mark(self, token: str) -> None:
        if self._undo.unsaved is not None:
            self._undo.unsaved.tokens.add((self, token))

    def _forgettable(self, now: float) -> list[str]:
        excess = len(self._completed) - limits.MAX_IDEMPOTENCY_TOKENS
        forgettable: list[str] = []
        for token, completed in self._completed.items():
            if len(forgettable) >= excess and not _is_old(completed, now):
                break
            forgettable.append(token)
        return forgettable


def _is_old(completed: Completed, now: float) -> bool:
    return now >= completed.at + limits.IDEMPOTENCY_SECONDS
