"""The items of a table that expire, in the order in which they do. Source: streams_ttl.md 16 and 17."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import takewhile

from sortedcontainers import SortedList

from emulator import limits
from emulator.clock import in_milliseconds
from emulator.storage.agenda import Agenda
from emulator.storage.rows import RowKey, Rows
from emulator.storage.undo import UndoLog
from emulator.values.types import Item

_LEAST_DELAY = 0.001  # an item is expired once its time is past


class Expiry:
    """Deletes items `delay` seconds after their time. What that costs depends on what expires, not on the table.

    Callers hold the emulator's lock. `delete` deletes the item under a row key, or leaves that to another region.
    """

    __slots__ = ("_agenda", "_alarm", "_delay", "_delete", "_expiries", "_undo", "attribute")

    def __init__(
        self, attribute: str, delay: float, rows: Rows, agenda: Agenda, undo: UndoLog, delete: Callable[[RowKey], None]
    ) -> None:
        self.attribute = attribute
        self._delay = max(delay, _LEAST_DELAY)
        self._agenda = agenda
        self._undo = undo
        self._delete = delete
        self._alarm = agenda.alarm(self._sweep)
        dated = ((self._time_of(record.decode()), key) for key, record in rows)
        self._expiries: SortedList[tuple[float, RowKey]] = SortedList(pair for pair in dated if pair[0] is not None)
        self.wake()

    def _time_of(self, item: Item | None) -> float | None:
        """When the item expires, in epoch seconds; None if it does not."""
        value = item.get(self.attribute) if item is not None else None
        number = value.get("N") if value is not None else None
        return None if number is None else float(number)

    def note(self, key: RowKey, old: Item | None, new: Item | None) -> None:
        """Note that `new` took the place of `old`."""
        before, after = self._time_of(old), self._time_of(new)
        if before == after:
            return
        if before is not None:
            self._expiries.remove((before, key))
        if after is not None:
            self._enter(after, key)
        if self._undo.recording:
            self._undo.add(partial(self._take_back, key, before, after))

    def _enter(self, at: float, key: RowKey) -> None:
        self._expiries.add((at, key))
        if self._is_plausible(at):
            self._alarm.no_later_than(self._due(at))

    def _take_back(self, key: RowKey, before: float | None, after: float | None) -> None:
        if after is not None:
            self._expiries.remove((after, key))
        if before is not None:
            self._enter(before, key)

    # --- time -------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Delete what expires from now on."""
        self._ring_for_first(self._expiries.irange((self._too_old(),)))

    def _ring_for_first(self, pending: Iterator[tuple[float, RowKey]]) -> None:
        following = next(pending, None)
        if following is not None:
            self._alarm.no_later_than(self._due(following[0]))

    def rest(self) -> None:
        """Delete nothing any more."""
        self._alarm.set(None)

    def _due(self, at: float) -> float:
        return in_milliseconds(at + self._delay)  # as all dates are, that of the deletion too

    def _too_old(self) -> float:
        return self._agenda.now() - limits.TTL_IGNORED_AFTER_SECONDS

    def _is_plausible(self, at: float) -> bool:
        return at >= self._too_old()

    def _sweep(self) -> None:
        """Delete the items whose time has come; those whose time is years past are left alone."""
        now = self._agenda.now()
        pending = self._expiries.irange((self._too_old(),))
        swept = list(takewhile(lambda expiry: self._due(expiry[0]) <= now, pending))
        for _, key in swept:
            self._delete(key)
        if swept:  # what was left to another region is not to ring again
            self._ring_for_first(self._expiries.irange(swept[-1], inclusive=(False, True)))
        else:
            self.wake()
