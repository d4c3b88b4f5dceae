"""The tables of one region, and the changes of status that wait for their time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import TypeAlias

from emulator.clock import Clock, in_milliseconds
from emulator.storage.table import Table
from emulator.storage.tokens import IdempotencyTokens
from emulator.storage.undo import UndoLog


class Database:
    """One region of one account. Callers hold the emulator's lock."""

    def __init__(self, region: str, undo: UndoLog) -> None:
        self.region = region
        self.undo = undo
        self.tables: dict[str, Table] = {}
        self.tokens = IdempotencyTokens(undo)

    def add(self, table: Table) -> None:
        """Enter a table, in the place of one of the same name if there is one."""
        before = self.tables.get(table.name)
        self.undo.add(lambda: self._put_back(table.name, before))
        self.tables[table.name] = table

    def drop(self, table: Table) -> None:
        """Forget a table, unless that was done already."""
        if self.tables.get(table.name) is table:
            self.undo.add(lambda: self._put_back(table.name, table))
            del self.tables[table.name]

    def _put_back(self, name: str, before: Table | None) -> None:
        if before is None:
            del self.tables[name]
        else:
            self.tables[name] = before


Entry: TypeAlias = tuple[float, int, float, Callable[[], None]]
"""When it is due, its place among those due together, the time it is dated by, and what to do."""

AT_ONCE = -math.inf
"""Due before the next request, wherever the clock is moved until then."""


class Agenda:
    """What is to happen at a later time by the emulator's clock, earliest first."""

    def __init__(self, clock: Clock, undo: UndoLog) -> None:
        self._clock = clock
        self._undo = undo
        self._order = count()
        self._acting_at: float | None = None
        self.entries: list[Entry] = []

    def now(self) -> float:
        """Epoch seconds in milliseconds, for dates and delays; while an action runs, the time at which it was due.

        So a clock that is moved far ahead finds a chain of changes done, each at its own time.
        """
        return in_milliseconds(self._clock.now()) if self._acting_at is None else self._acting_at

    def after(self, delay: float, action: Callable[[], None]) -> None:
        """Have `action` happen `delay` seconds from now; with 0, before the next request."""
        at = in_milliseconds(self.now() + delay)
        entry = (at if delay > 0 else AT_ONCE, next(self._order), at, action)
        self._enter(entry)
        self._undo.add(partial(self._withdraw, entry))

    def run_due(self) -> None:
        """Do what is due. A request asks for this only when `entries` is not empty."""
        while self.entries and self.entries[0][0] <= self.now():
            entry = heapq.heappop(self.entries)
            self._undo.add(partial(self._enter, entry))
            self._run(entry)

    def _run(self, entry: Entry) -> None:
        _, _, self._acting_at, action = entry
        try:
            action()
        finally:
            self._acting_at = None

    def _enter(self, entry: Entry) -> None:
        heapq.heappush(self.entries, entry)

    def _withdraw(self, entry: Entry) -> None:
        self.entries.remove(entry)
        heapq.heapify(self.entries)
