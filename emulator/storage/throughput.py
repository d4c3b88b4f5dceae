"""Throughput of a table or a global index: its provisioned units, and when they were changed.

Source: tables.md 5.2, capacity.md 14 to 17.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

from emulator import limits


@dataclass(frozen=True, slots=True)
class Throughput:
    """Provisioned units per second; zero in on-demand mode."""

    read: int = 0
    write: int = 0

    def is_below(self, other: Throughput) -> bool:
        """Whether going from `other` to this is a decrease; one that raises the other figure is one too."""
        return self.read < other.read or self.write < other.write


NO_UNITS = Throughput()


@dataclass(frozen=True, slots=True)
class ThroughputHistory:
    """When provisioned units last went up and down, in epoch seconds."""

    last_increase: float | None = None
    last_decrease: float | None = None
    decreases: int = 0
    """How many there were in the UTC day of the last one."""

    def decreases_today(self, now: float) -> int:
        return self.decreases if self._decreased_on_the_day_of(now) else 0

    def _decreased_on_the_day_of(self, now: float) -> bool:
        return self.last_decrease is not None and _utc_day(self.last_decrease) == _utc_day(now)

    def dated(self, old: Throughput, new: Throughput, now: float) -> ThroughputHistory:
        """The history when a change from `old` to `new` begins: its date, not counted yet."""
        dated = self
        if old.is_below(new):
            dated = replace(dated, last_increase=now)
        if new.is_below(old):
            dated = replace(dated, last_decrease=now, decreases=self.decreases_today(now))
        return dated

    def counted(self, old: Throughput, new: Throughput, now: float) -> ThroughputHistory:
        """The history when that change is done."""
        dated = self.dated(old, new, now)
        return replace(dated, decreases=dated.decreases + 1) if new.is_below(old) else dated

    def next_decrease(self, now: float) -> float:
        """When units may be lowered: `now`, or an hour after the last time once the free ones of the day are used."""
        if self.last_decrease is None or self.decreases_today(now) < limits.FREE_DECREASES_PER_DAY:
            return now
        return max(now, self.last_decrease + limits.SECONDS_BETWEEN_DECREASES)


NEVER_CHANGED = ThroughputHistory()


def _utc_day(epoch_seconds: float) -> object:
    return datetime.fromtimestamp(epoch_seconds, UTC).date()


Units: TypeAlias = tuple[int, int]
"""Read and write units per second."""


def initial_warm_units(throughput: Throughput, *, on_demand: bool) -> Units:
    """What a table or an index takes from the start. Source: capacity.md 16."""
    if on_demand:
        return limits.ON_DEMAND_WARM_READ_UNITS, limits.ON_DEMAND_WARM_WRITE_UNITS
    return throughput.read, throughput.write


def warm_units(grown: Units | None, throughput: Throughput, *, on_demand: bool) -> Units:
    """What a table or an index takes at once: what it grew to, or what it started with."""
    return grown or initial_warm_units(throughput, on_demand=on_demand)


def highest(one: Units, other: Units) -> Units:
    """Warm throughput follows growth and is never lowered."""
    return max(one[0], other[0]), max(one[1], other[1])
