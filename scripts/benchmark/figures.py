"""Figures: what is measured, in which unit, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Unit(Enum):
    """A unit; more is better of what counts something a second, less of everything else."""

    CALLS = "calls/s"
    REQUESTS = "requests/s"
    ITEMS = "items/s"
    MILLISECONDS = "ms"
    MICROSECONDS = "µs"
    BYTES = "bytes"
    MEGABYTES = "MB"
    TIMES = "times"

    @property
    def more_is_better(self) -> bool:
        return self.value.endswith("/s")


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table: `group` is the name that `--only` takes."""

    group: str
    name: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Fault:
    """What stands in the place of a number that could not be measured, or that a wrong answer makes worthless."""

    text: str


Value = float | Fault
Measured = dict[str, Value]
"""Values by the name of their figure."""

NOT_SUPPORTED = Fault("not supported")
