"""Which things of the engine a file has, and by which numbers."""

from __future__ import annotations

from emulator.storage.copies import Copy
from emulator.storage.history import History
from emulator.storage.replication import Replica
from emulator.storage.rows import Rows
from emulator.storage.table import Table
from emulator.streams.stream import Stream


class Numbers:
    """One sequence of numbers for tables, streams and copies."""

    def __init__(self) -> None:
        self.tables: dict[Table, int] = {}
        self.rows: dict[Rows, int] = {}
        self.histories: dict[History, int] = {}
        """By the numbers of their tables."""
        self.streams: dict[Stream, int] = {}
        self.copies: dict[tuple[str, str], tuple[int, Copy]] = {}
        """By region and ARN, with the rows."""
        self.replicas: dict[Replica, int] = {}
        """By the numbers of their tables."""
        self._histories: dict[int, History] = {}
        self._replicas: dict[int, Replica] = {}
        self._last = 0

    def next(self) -> int:
        """A number that nothing in the file has."""
        used = (*self.tables.values(), *self.streams.values(), *(number for number, _ in self.copies.values()))
        self._last = max(self._last, *used, 0) + 1
        return self._last

    def enter_table(self, table: Table, number: int | None = None) -> int:
        """Enter a table under its number, or a new one."""
        entered = self.next() if number is None else number
        self.tables[table] = self.rows[table.rows] = entered
        return entered

    def forget_table(self, table: Table) -> None:
        number = self.tables.pop(table)
        del self.rows[table.rows]
        self.set_history(number, None)
        self.set_replica(number, None)

    def set_history(self, number: int, history: History | None) -> bool:
        """Note the history of a table; whether it is another one than before."""
        before = self._histories.pop(number, None)
        if before is not None:
            del self.histories[before]
        if history is not None:
            self._histories[number] = history
            self.histories[history] = number
        return before is not history

    def set_replica(self, number: int, replica: Replica | None) -> bool:
        """Note what a table is as a replica; whether it is another one than before."""
        before = self._replicas.pop(number, None)
        if before is not None:
            del self.replicas[before]
        if replica is not None:
            self._replicas[number] = replica
            self.replicas[replica] = number
        return before is not replica

    def copy(self) -> Numbers:
        """As they are now, to come back to."""
        twin = Numbers()
        twin.tables, twin.rows, twin.streams = dict(self.tables), dict(self.rows), dict(self.streams)
        twin.histories, twin.copies = dict(self.histories), dict(self.copies)
        twin.replicas, twin._replicas = dict(self.replicas), dict(self._replicas)
        twin._histories, twin._last = dict(self._histories), self._last
        return twin
