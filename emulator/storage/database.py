"""The tables of one region, and the changes of status that wait for their time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from emulator.clock import Clock
from emulator.storage.table import Table
from emulator.storage.undo import UndoLog


class Database:
    """One region of one account. Callers hold the emulator's lock."""

    def __init__(self, region: str, undo: UndoLog) -> None:
        self.region = region
        self.undo = undo
        self.tables: dict[str, Table] = {}

    def add(self, table: Table) -> None:
        self.tables[table.name] = table
        self.undo.add(lambda: self._forget(table.name))

    def drop(self, table: Table) -> None:
        if self.tables.get(table.name) is table:
            del self.tables[table.name]
            self.undo.add(lambda: self.tables.__setitem__(table.name, table))

    def _forget(self, name: str) -> None:
        self.tables.pop(name, None)


class Agenda:
    """What is to happen at a later time by the emulator's clock, earliest first."""

    def __init__(self, clock: Clock, undo: UndoLog) -> None:
        self._clock = clock
        self._undo = undo
        self._order = count()
        self.entries: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, delay: float, action: Callable[[], None]) -> None:
        """Have `action` happen `delay` seconds from now; with 0, before the next request."""
        before = list(self.entries)
        self._undo.add(lambda: setattr(self, "entries", before))
        heapq.heappush(self.entries, (self._clock.now() + delay, next(self._order), action))

    def run_due(self) -> None:
        """Do what is due. A request asks for this only when `entries` is not empty."""
        while self.entries and self.entries[0][0] <= self._clock.now():
            before = list(self.entries)
            self._undo.add(lambda before=before: setattr(self, "entries", before))  # type: ignore[misc]
            heapq.heappop(self.entries)[2]()
