"""The agenda: what is to happen at a later time by the emulator's clock, earliest first."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import TypeAlias

from emulator.clock import Clock, in_milliseconds
from emulator.storage.undo import UndoLog

Entry: TypeAlias = tuple[float, int, float, Callable[[], None], bool]
"""When it is due, its place among those due together, the time it is dated by, what to do, and whether it has begun."""

AT_ONCE = -math.inf
"""Due before the next request, wherever the clock is moved until then."""


class Agenda:
    """Changes that were begun (`after`), and alarms of what looks after itself (`alarm`).

    A savepoint brings changes back; whoever has an alarm sets it again when a savepoint brings back its own data.
    """

    def __init__(self, clock: Clock, undo: UndoLog) -> None:
        self.clock = clock
        self._undo = undo
        self._order = count()
        self._acting_at: float | None = None
        self.entries: list[Entry] = []
        self.alarms: list[tuple[float, int]] = []
        """When alarms ring, and their places; some ring for nothing, since they were set again or put off."""
        self._set_alarms: dict[int, Alarm] = {}
        """By place. Nothing else refers to an alarm, so what was dropped and put off its own is let go."""

    def now(self) -> float:
        """Epoch seconds in milliseconds, for dates and delays; while an action runs, the time at which it was due.

        So a clock that is moved far ahead finds a chain of changes done, each at its own time.
        """
        return self.present() if self._acting_at is None else self._acting_at

    def present(self) -> float:
        """Epoch seconds in milliseconds by the clock, whatever action runs."""
        return in_milliseconds(self.clock.now())

    def after(self, delay: float, action: Callable[[], None], *, is_begun: bool = True) -> None:
        """Have `action` happen `delay` seconds from now; with 0, before the next request.

        What has begun, such as a table being made, is found done by whoever opens the file of the data later; what has
        not is for its owner to ask for again.
        """
        at = in_milliseconds(self.now() + delay)
        entry = (at if delay > 0 else AT_ONCE, next(self._order), at, action, is_begun)
        self._enter(entry)
        self._undo.add(partial(self._withdraw, entry))

    def run_due(self) -> None:
        """Do what is due. A request asks for this only when there are `entries` or `alarms`."""
        now = self.now()
        while True:
            entry_at = self.entries[0][0] if self.entries else math.inf
            alarm_at = self.alarms[0][0] if self.alarms else math.inf
            if min(entry_at, alarm_at) > now:
                return
            if entry_at <= alarm_at:
                self._do(heapq.heappop(self.entries))
            else:
                self._ring(*heapq.heappop(self.alarms), now)

    @property
    def is_underway(self) -> bool:
        """Whether something has begun and is not done."""
        return any(entry[4] for entry in self.entries)

    def rehearse(self) -> None:
        """Do all that has begun, in its order, as if its time had come; for somebody who takes it back afterwards."""
        waiting = []
        try:
            while self.entries:
                entry = heapq.heappop(self.entries)
                if entry[4]:
                    self._do(entry)
                else:
                    waiting.append(entry)
        finally:
            self.entries += waiting
            heapq.heapify(self.entries)

    def _do(self, entry: Entry) -> None:
        self._undo.add(partial(self._enter, entry))
        self._act(entry[2], entry[3])

    def _act(self, at: float, action: Callable[[], None]) -> None:
        self._acting_at = at
        try:
            action()
        finally:
            self._acting_at = None

    def _enter(self, entry: Entry) -> None:
        heapq.heappush(self.entries, entry)

    def _withdraw(self, entry: Entry) -> None:
        self.entries.remove(entry)
        heapq.heapify(self.entries)

    # --- alarms -----------------------------------------------------------------------------------

    def alarm(self, action: Callable[[], None]) -> Alarm:
        """An alarm, not set yet, that does `action` when it rings."""
        return Alarm(self, action)

    def _ring(self, at: float, place: int, now: float) -> None:
        alarm = self._set_alarms.pop(place, None)
        if alarm is None:
            return
        alarm.at = alarm.place = None
        self._act(max(at, min(alarm.set_at, now)), alarm.action)

    def _set(self, alarm: Alarm, at: float | None) -> None:
        if alarm.place is not None:
            del self._set_alarms[alarm.place]
        alarm.at, alarm.set_at = at, self.now()
        alarm.place = None if at is None else next(self._order)
        if at is not None and alarm.place is not None:
            self._set_alarms[alarm.place] = alarm
            heapq.heappush(self.alarms, (at, alarm.place))
        if len(self.alarms) > 2 * len(self._set_alarms):
            self.alarms = [entry for entry in self.alarms if entry[1] in self._set_alarms]
            heapq.heapify(self.alarms)


class Alarm:
    """A time at which something looks after itself: a table after what expires, a stream after what is too old.

    What was due already when it was set is dated by when it was set: it cannot have happened earlier.
    """

    __slots__ = ("_agenda", "action", "at", "place", "set_at")

    def __init__(self, agenda: Agenda, action: Callable[[], None]) -> None:
        self._agenda = agenda
        self.action = action
        self.at: float | None = None
        """When it rings; None when it is not set."""
        self.place: int | None = None
        self.set_at = 0.0

    def set(self, at: float | None) -> None:
        """Ring at that time instead; None puts it off."""
        if at != self.at:
            self._agenda._set(self, at)

    def no_later_than(self, at: float) -> None:
        """Ring at that time, unless it rings earlier. Ringing too early must be harmless."""
        if self.at is None or at < self.at:
            self.set(at)
