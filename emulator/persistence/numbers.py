"""Which things of the engine a file has, and by which numbers."""

from __future__ import annotations

from typing import Generic, TypeVar

from emulator.storage.copies import Copy
from emulator.storage.history import History
from emulator.storage.replication import Replica
from emulator.storage.rows import Rows
from emulator.storage.table import Table
from emulator.streams.stream import Stream

_Thing = TypeVar("_Thing")


class OfTables(Generic[_Thing]):
    """Things of which a table has one or none, by the number of the table and the other way round."""

    def __init__(self) -> None:
        self._numbers: dict[_Thing, int] = {}
        self._things: dict[int, _Thing] = {}

    def number_of(self, thing: _Thing) -> int | None:
        """The number of the table that has it, if the file has that."""
        return self._numbers.get(thing)

    def set(self, number: int, thing: _Thing | None) -> bool:
        """Note the thing of a table; whether it is another one than before."""
        before = self._things.pop(number, None)
        if before is not None:
            del self._numbers[before]
        if thing is not None:
            self._things[number] = thing
            self._numbers[thing] = number
        return before is not thing

    def copy(self) -> OfTables[_Thing]:
        twin: OfTables[_Thing] = OfTables()
        twin._numbers, twin._things = dict(self._numbers), dict(self._things)
        return twin


class Numbers:
    """One sequence of numbers for tables, streams and copies."""

    def __init__(self) -> None:
        self.tables: dict[Table, int] = {}
        self.rows: OfTables[Rows] = OfTables()
        self.histories: OfTables[History] = OfTables()
        self.replicas: OfTables[Replica] = OfTables()
        self.streams: dict[Stream, int] = {}
        self.copies: dict[tuple[str, str], tuple[int, Copy]] = {}
        """By region and ARN, with the rows."""
        self._last = 0

    def next(self) -> int:
        """A number that nothing in the file has."""
        used = (*self.tables.values(), *self.streams.values(), *(number for number, _ in self.copies.values()))
        self._last = max(self._last, *used, 0) + 1
        return self._last

    def enter_table(self, table: Table, number: int | None = None) -> int:
        """Enter a table under its number, or a new one."""
        entered = self.next() if number is None else number
        self.tables[table] = entered
        self.rows.set(entered, table.rows)
        return entered

    def forget_table(self, table: Table) -> None:
        number = self.tables.pop(table)
        self.rows.set(number, None)
        self.histories.set(number, None)
        self.replicas.set(number, None)

    def copy(self) -> Numbers:
        """As they are now, to come back to."""
        twin = Numbers()
        twin.tables, twin.streams, twin.copies = dict(self.tables), dict(self.streams), dict(self.copies)
        twin.rows, twin.histories, twin.replicas = self.rows.copy(), self.histories.copy(), self.replicas.copy()
        twin._last = self._last
        return twin
