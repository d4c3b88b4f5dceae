"""The history of a table's items while point-in-time recovery is on: a log of changes, not copies of the table.

What the table held at an earlier time is what it holds now with the changes since taken back, so that costs what was
changed since. Changes older than the recovery period are forgotten. Source: backups_export_import.md 3.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import partial
from itertools import islice
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeAlias

from emulator import limits
from emulator.storage.agenda import Agenda
from emulator.storage.record import Record
from emulator.storage.rows import RowKey
from emulator.storage.undo import UndoLog

SECONDS_PER_DAY = 24 * 3600

Row: TypeAlias = tuple[RowKey, Record]


class PastChange(NamedTuple):
    """An item that was put, changed or deleted: its records before and after, None where there was no item."""

    number: int
    """Counts the changes of the table since its history began, from 1."""
    at: float
    """When, in epoch seconds."""
    key: RowKey
    old: Record | None
    new: Record | None

    @property
    def old_size(self) -> int:
        return self.old.size if self.old is not None else 0


_at = attrgetter("at")
_key = itemgetter(0)


class History:
    """The changes of one table, oldest first. Callers hold the emulator's lock."""

    __slots__ = (
        "_agenda",
        "_alarm",
        "_changes",
        "_first",
        "_undo",
        "known_since",
        "last_number",
        "period_days",
        "size",
    )

    def __init__(self, period_days: int, agenda: Agenda, undo: UndoLog) -> None:
        self.period_days = period_days
        """RecoveryPeriodInDays."""
        self.known_since = agenda.now()
        """No earlier time can be brought back, whatever the recovery period."""
        self.last_number = 0
        self.size = 0
        """Bytes of the items before the changes, which nobody else may keep."""
        self._agenda = agenda
        self._undo = undo
        self._alarm = agenda.alarm(self._look_after)
        self._changes: list[PastChange] = []
        self._first = 0  # those before were forgotten; they are dropped once they are more than half

    def __len__(self) -> int:
        return len(self._changes) - self._first

    @property
    def changes(self) -> Iterable[PastChange]:
        """All that are remembered, oldest first; no change may be noted while they are iterated."""
        return islice(self._changes, self._first, None)

    # --- noting -----------------------------------------------------------------------------------

    def note(self, key: RowKey, old: Record | None, new: Record | None) -> None:
        """Note that `new` took the place of `old`.

        Where the clock went back, changes are dated by the latest one before them: the log stays in order.
        """
        if old is new:
            return
        now = self._agenda.now()
        at = max(now, self._changes[-1].at) if len(self) else now
        if self._undo.recording:
            self._undo.add(self._take_back)
        self.last_number += 1
        change = PastChange(self.last_number, at, key, old, new)
        self._changes.append(change)
        self.size += change.old_size
        self._mark(change)
        if self._alarm.at is None:
            self._alarm.set(at + self._period)

    def _take_back(self) -> None:
        change = self._changes.pop()
        self.size -= change.old_size
        self._mark_gone([change])
        self.last_number -= 1

    def resume(self, known_since: float, changes: list[PastChange], last_number: int) -> None:
        """Go on from what was remembered earlier."""
        self.known_since, self._changes, self.last_number = known_since, changes, last_number
        self.size = sum(change.old_size for change in changes)
        self.wake()

    def _mark_settings(self) -> None:
        if self._undo.unsaved is not None:
            self._undo.unsaved.histories.add(self)

    def _mark(self, *changes: PastChange) -> None:
        if self._undo.unsaved is not None:
            self._undo.unsaved.past.update({(self, change.number): change for change in changes})

    def _mark_gone(self, changes: list[PastChange]) -> None:
        if self._undo.unsaved is not None:
            self._undo.unsaved.past.update({(self, change.number): None for change in changes})

    # --- reading ----------------------------------------------------------------------------------

    def earliest(self, now: float) -> float:
        """EarliestRestorableDateTime."""
        return max(self.known_since, now - self._period)

    def latest(self, now: float) -> float:
        """LatestRestorableDateTime; what came later can be brought back too, though not on the service."""
        return max(self.known_since, now - limits.RESTORABLE_AFTER_SECONDS)

    def can_bring_back(self, when: float, now: float) -> bool:
        """Whether the table can be had as it was then: up to now, and from the second of the earliest time.

        Clients round times down to the second.
        """
        return int(self.earliest(now)) <= when <= max(now, self.latest(now))

    def rows_at(self, when: float, rows: Iterable[Row]) -> list[Row]:
        """What the table held after all that was written up to `when`, in the order of rows.

        `rows` are those that it holds now, in that order.
        """
        later = self._changes[bisect_right(self._changes, when, self._first, key=_at) :]
        before = {change.key: change.old for change in reversed(later)}
        unchanged = [row for row in rows if row[0] not in before]
        changed = [(key, record) for key, record in before.items() if record is not None]
        changed.sort(key=_key)
        return sorted(unchanged + changed, key=_key)  # two runs, which takes one comparison for each row to merge

    def changes_between(self, start: float, stop: float) -> dict[RowKey, PastChange]:
        """What became of each item that was changed after `start` and not after `stop`, in the order of row keys.

        Each is one change from the record before the first to the one after the last, dated and numbered by the last.
        """
        first = bisect_right(self._changes, start, self._first, key=_at)
        last = bisect_right(self._changes, stop, first, key=_at)
        merged: dict[RowKey, PastChange] = {}
        for change in islice(self._changes, first, last):
            earlier = merged.get(change.key)
            merged[change.key] = change if earlier is None else change._replace(old=earlier.old)
        return dict(sorted(merged.items()))

    # --- forgetting -------------------------------------------------------------------------------

    @property
    def _period(self) -> float:
        """In seconds."""
        return self.period_days * SECONDS_PER_DAY

    def keep_for(self, period_days: int) -> None:
        """Change the recovery period. What is too old by the shorter one of both is forgotten."""
        self._undo.add(partial(self._recover, self.period_days, self.known_since))
        present = self._agenda.present()
        self.known_since = max(self.known_since, present - min(self.period_days, period_days) * SECONDS_PER_DAY)
        self.period_days = period_days
        self._mark_settings()
        self._look_after()

    def _recover(self, period_days: int, known_since: float) -> None:
        self.period_days, self.known_since = period_days, known_since
        self._mark_settings()
        self.wake()

    def wake(self) -> None:
        """Forget changes from now on when they are too old."""
        self._alarm.set(self._changes[self._first].at + self._period if len(self) else None)

    def rest(self) -> None:
        """Forget nothing any more."""
        self._alarm.set(None)

    def _look_after(self) -> None:
        """Forget the changes that no time of the period needs."""
        earliest = self.earliest(max(self._agenda.now(), self._agenda.present()))
        at = bisect_right(self._changes, earliest, self._first, key=_at)
        if at > self._first:
            self._forget_to(at, earliest)
        self.wake()

    def _forget_to(self, at: int, earliest: float) -> None:
        if self._undo.recording:
            self._undo.add(partial(self._remember, self._changes[self._first : at], self.known_since))
        gone = self._changes[self._first : at]
        self._mark_gone(gone)
        self.size -= sum(change.old_size for change in gone)
        self.known_since = max(self.known_since, earliest)
        self._mark_settings()
        self._first = at
        if at > len(self._changes) // 2:
            del self._changes[:at]
            self._first = 0

    def _remember(self, gone: list[PastChange], known_since: float) -> None:
        """Take back that changes were forgotten."""
        self._changes[: self._first] = gone
        self._first = 0
        self._mark(*gone)
        self.size += sum(change.old_size for change in gone)
        self.known_since = known_since
        self._mark_settings()
        self.wake()
