"""Replication: how the tables of a global table come to hold the same items. Source: global_tables.md 7 and 8.2.

Each member of the group is a table with a `Replica`, which knows the version of each item that was written since the
group was made. A write gets a version at its region and is sent to the other members, where it takes the place of
what is there if that has an earlier version: the last writer wins, for the item as a whole. Versions are ordered by
the time of the write, and by the order of the writes where that is the same; a write is never earlier than the
version of the item that it found, even if the clock was set back. So all members settle on the same version of each
item, in whatever order they hear of the versions.

A deletion leaves a version behind, its tombstone, for a day: an earlier put that arrives later finds it.

What is on its way stands in the queue of the member that it goes to. With no lag nothing ever does: a change is in all
regions before the request that makes it is answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sortedcontainers import SortedList

from emulator import limits
from emulator.storage.agenda import Agenda
from emulator.storage.record import Record
from emulator.storage.rows import RowKey
from emulator.storage.undo import UndoLog

if TYPE_CHECKING:
    from emulator.storage.database import Database
    from emulator.storage.table import Table


class Version(NamedTuple):
    """Which write of an item: when it was made, its number among all writes of the group, and where."""

    at: float
    number: int
    region: str


FIRST = Version(0.0, 0, "")
"""The version of items that were there before the group was made, and have not been written since."""


class Arrival(NamedTuple):
    """A change on its way: when it arrives, and what it brings under which key; None for a deletion."""

    due: float
    version: Version
    key: RowKey
    record: Record | None


class Replica:
    """What one table of a global table knows of versions. Callers hold the emulator's lock.

    `regions` are the databases of all regions; those in which the other members are stand in the table's definition.
    """

    __slots__ = (
        *("_agenda", "_alarm", "_regions", "_table", "_undo"),
        *("arriving", "lag", "last_number", "region", "tombstones", "versions"),
    )

    def __init__(
        self, table: Table, region: str, regions: Mapping[str, Database], agenda: Agenda, undo: UndoLog, lag: float
    ) -> None:
        self.region = region
        self.lag = lag
        """Seconds that a change of another member takes to arrive here."""
        self.versions: dict[RowKey, Version] = {}
        """Of items that are there."""
        self.tombstones: dict[RowKey, Version] = {}
        """Of items that were deleted, oldest first."""
        self.arriving: SortedList[Arrival] = SortedList()
        self.last_number = 0
        """The highest one of the group: all members are told of a version when it is made."""
        self._table = table
        self._regions = regions
        self._agenda = agenda
        self._undo = undo
        self._alarm = agenda.alarm(self._receive_due)

    def others(self) -> Iterator[Table]:
        """The tables of the other members, in the order in which they joined as this region saw it."""
        for region in self._table.definition.replicas:
            database = self._regions.get(region)
            table = database.tables.get(self._table.name) if database is not None else None
            if table is not None and table.replica is not None:
                yield table

    # --- sending and receiving --------------------------------------------------------------------

    def note(self, key: RowKey, record: Record | None) -> None:
        """Note that an item was written or deleted here, and send that to the others."""
        self.last_number += 1
        at = max(self._agenda.now(), self.version_of(key).at)
        version = Version(at, self.last_number, self.region)
        self._become(key, version, is_there=record is not None)
        for other in self.others():
            if other.replica is not None:
                other.replica.send(key, record, version)

    def send(self, key: RowKey, record: Record | None, version: Version) -> None:
        """Have a change of another member arrive here: at once, or when the lag is over."""
        self.last_number = max(self.last_number, version.number)
        if self.lag <= 0 or self._table.definition.is_strongly_consistent:
            self._receive(key, record, version)
        else:
            self._expect(Arrival(self._agenda.now() + self.lag, version, key, record))

    def _receive(self, key: RowKey, record: Record | None, version: Version) -> None:
        """Put the item in the place of what is here, unless that is later."""
        if version <= self.version_of(key):
            return
        self._become(key, version, is_there=record is not None)
        old = self._table.rows.get(key)
        if old is not None or record is not None:
            item = record.decode() if record is not None else None
            self._table.replace(key, old, record, item, replicated=True)

    def _receive_due(self) -> None:
        self._receive_until(self._agenda.now())
        self.wake()

    def receive_all(self) -> None:
        """Let everything that is on its way arrive now."""
        self._receive_until(float("inf"))
        self.rest()

    def _receive_until(self, due: float) -> None:
        while self.arriving and self.arriving[0].due <= due:
            arrival = self.arriving[0]
            self._expect_no_more(arrival)
            self._undo.add(partial(self._expect, arrival))
            self._receive(arrival.key, arrival.record, arrival.version)

    def _expect(self, arrival: Arrival) -> None:
        self.arriving.add(arrival)
        self._mark_arrival(arrival, is_there=True)
        self._undo.add(partial(self._expect_no_more, arrival))
        self._alarm.no_later_than(arrival.due)

    def _expect_no_more(self, arrival: Arrival) -> None:
        self.arriving.remove(arrival)
        self._mark_arrival(arrival, is_there=False)

    def _mark_arrival(self, arrival: Arrival, *, is_there: bool) -> None:
        if self._undo.unsaved is not None:
            self._undo.unsaved.arrivals[self, arrival.version.number] = arrival if is_there else None

    # --- versions ---------------------------------------------------------------------------------

    def version_of(self, key: RowKey) -> Version:
        """The version of an item, or of its deletion."""
        return self.versions.get(key) or self.tombstones.get(key) or FIRST

    def expires_here(self, key: RowKey) -> bool:
        """Whether it is for this member to delete an item whose time has come: the others only hear of it.

        That is the member where the item was written last, or else the first one by name.
        """
        members = (self.region, *self._table.definition.replicas)
        written_in = self.version_of(key).region
        return self.region == (written_in if written_in in members else min(members))

    def _become(self, key: RowKey, version: Version, *, is_there: bool) -> None:
        """Keep the version of an item, or of its deletion."""
        if self._undo.recording:
            self._undo.add(partial(self._put_back, key, self.versions.get(key), self.tombstones.get(key)))
        self._mark(key)
        if is_there:
            self.tombstones.pop(key, None)
            self.versions[key] = version
            if self._table.expiry is not None:  # it may be for this member from now on to delete what is expired
                self._table.expiry.wake()
        else:
            self.versions.pop(key, None)
            self.tombstones.pop(key, None)
            self.tombstones[key] = version
            self._forget_old()

    def _mark(self, key: RowKey) -> None:
        if self._undo.unsaved is not None:
            self._undo.unsaved.versions.add((self, key))

    def _put_back(self, key: RowKey, version: Version | None, tombstone: Version | None) -> None:
        self._mark(key)
        for versions, before in ((self.versions, version), (self.tombstones, tombstone)):
            if before is None:
                versions.pop(key, None)
            else:
                versions[key] = before

    def _forget_old(self) -> None:
        """Forget the tombstones that nothing on its way can meet any more."""
        horizon = self._agenda.now() - limits.TOMBSTONE_SECONDS - self.lag
        while self.tombstones:
            key, version = next(iter(self.tombstones.items()))
            if version.at >= horizon:
                return
            self._undo.add(partial(self._put_back, key, None, version))
            self._mark(key)
            del self.tombstones[key]

    # --- joining, and time ------------------------------------------------------------------------

    def copy(self, other: Replica) -> None:
        """Know what another member knows, as a table that was made as its copy. Nothing is noted for the undo log."""
        self.versions = dict(other.versions)
        self.tombstones = dict(other.tombstones)
        self.arriving = SortedList(other.arriving)
        self.last_number = other.last_number
        self.wake()

    def resume(
        self, versions: dict[RowKey, Version], tombstones: dict[RowKey, Version], arriving: list[Arrival]
    ) -> None:
        """Go on from what was known earlier."""
        self.versions, self.tombstones, self.arriving = versions, tombstones, SortedList(arriving)
        known = (*versions.values(), *tombstones.values(), *(arrival.version for arrival in arriving))
        self.last_number = max((version.number for version in known), default=0)
        self.wake()

    def wake(self) -> None:
        """Receive what arrives from now on."""
        if self.arriving:
            self._alarm.no_later_than(self.arriving[0].due)

    def rest(self) -> None:
        """Receive nothing any more."""
        self._alarm.set(None)
