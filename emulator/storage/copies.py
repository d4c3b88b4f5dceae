"""Copies of tables: the rows as they were when a backup was made, by the ARN of the backup.

Records never change, so a copy shares them with the table: it costs a list, not the items.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TypeAlias

from emulator.storage.record import Record
from emulator.storage.rows import RowKey
from emulator.storage.undo import UndoLog

Copy: TypeAlias = tuple[tuple[RowKey, Record], ...]
"""All rows of a table, in order."""


class Copies:
    """Copies by ARN. Callers hold the emulator's lock."""

    __slots__ = ("_copies", "_undo")

    def __init__(self, undo: UndoLog) -> None:
        self._copies: dict[str, Copy] = {}
        self._undo = undo

    def __len__(self) -> int:
        return len(self._copies)

    def __iter__(self) -> Iterator[tuple[str, Copy]]:
        return iter(self._copies.items())

    def __getitem__(self, arn: str) -> Copy:
        return self._copies[arn]

    def add(self, arn: str, rows: Copy) -> None:
        """Enter a copy, which has an ARN of its own."""
        self._replace(arn, rows)

    def drop(self, arn: str) -> None:
        """Forget a copy."""
        self._replace(arn, None)

    def clear(self) -> None:
        """Forget all copies."""
        for arn in list(self._copies):
            self.drop(arn)

    def _replace(self, arn: str, rows: Copy | None) -> None:
        """All coming and going of copies is here."""
        before = self._copies.pop(arn, None)
        if rows is not None:
            self._copies[arn] = rows
        self._undo.add(partial(self._replace, arn, before))
