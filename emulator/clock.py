"""The emulator's clock: everything that asks for the time asks it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import RLock

_END_OF_TIME = datetime(3000, 12, 31, tzinfo=UTC).timestamp()
"""What Windows, of all systems, can still write as a date."""


class Clock:
    """Wall time in epoch seconds, until it is frozen or moved.

    `time.time` is looked up at each call, so that libraries which freeze or move it move this clock too. Savepoints
    bring it back to how it went; resets and files leave it alone.
    """

    def __init__(self, lock: RLock) -> None:
        self.when_moved: list[Callable[[], None]] = []
        """Called after each move, under `lock`, which is the emulator's."""
        self._lock = lock
        self._frozen_at: float | None = None
        self._offset = 0.0  # of a clock that runs

    def now(self) -> float:
        """Epoch seconds, with a fraction."""
        frozen_at = self._frozen_at  # read once: another thread may be moving the clock
        return time.time() + self._offset if frozen_at is None else frozen_at

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still until it is moved."""
        return self._frozen_at is not None

    def freeze(self, when: datetime | float) -> None:
        """Stand still at a time, an aware datetime or epoch seconds, and do what is due by then.

        Raises TypeError for anything else, and ValueError for a naive datetime or a time before 1970 or after 3000.
        """
        at = _checked(_epoch_seconds(when))
        with self._lock:
            self._frozen_at = at
            self._tell()

    def advance(
        self,
        by: timedelta = timedelta(),
        /,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """Move ahead, frozen or running, and do what comes due on the way.

        Raises TypeError for anything but a timedelta or numbers, and ValueError for a move back.
        """
        if not isinstance(by, timedelta):
            raise TypeError(f"advance() takes a timedelta, or days=, hours=, minutes=, seconds=; not {by!r}")
        try:
            step = (by + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)).total_seconds()
        except OverflowError as error:
            raise ValueError(f"the clock cannot be moved so far: {error}") from None
        if step < 0:
            raise ValueError(f"the clock can only be advanced forwards, not by {step} seconds; freeze() sets any time")
        with self._lock:
            _checked(self.now() + step)
            if self._frozen_at is None:
                self._offset += step
            else:
                self._frozen_at += step
            self._tell()

    def resume(self) -> None:
        """Go with wall time again, whether the clock was frozen or advanced."""
        with self._lock:
            if not self.frozen and not self._offset:
                return
            self._offset = 0.0
            self._frozen_at = None
            self._tell()

    @property
    def setting(self) -> tuple[float | None, float]:
        """Where it stands if it is frozen, and how far it is off wall time if it runs; for `come_back`."""
        return self._frozen_at, self._offset

    def come_back(self, setting: tuple[float | None, float]) -> None:
        """Go as it went at an earlier moment. Nothing happens on the way: it is for savepoints."""
        self._frozen_at, self._offset = setting

    def _tell(self) -> None:
        for listener in self.when_moved:
            listener()


def _epoch_seconds(when: object) -> float:
    if isinstance(when, datetime):
        if when.utcoffset() is None:
            raise ValueError(f"the time {when} has no time zone; give an aware datetime, such as datetime.now(UTC)")
        return when.timestamp()
    if isinstance(when, int | float) and not isinstance(when, bool):
        return when
    raise TypeError(f"a time is an aware datetime or a number of epoch seconds, not {when!r}")


def _checked(epoch_seconds: float) -> float:
    if not 0 <= epoch_seconds < _END_OF_TIME:  # also if it is not a number
        raise ValueError(f"the clock shows times from 1970 to 3000, not the epoch second {epoch_seconds}")
    return float(epoch_seconds)


def in_milliseconds(epoch_seconds: float) -> float:
    """That time in the precision of the service's timestamps."""
    return round(epoch_seconds, 3)


def stream_label(epoch_seconds: float) -> str:
    """The label of a stream made at that time, e.g. `2024-11-18T14:36:44.149`."""
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")


def next_stream_label(epoch_seconds: float, previous: str | None) -> str:
    """The label of a table's next stream: later than the previous one, even if the clock stands still or went back."""
    label = stream_label(epoch_seconds)
    if previous is None or label > previous:
        return label
    return (datetime.fromisoformat(previous) + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def long_date(epoch_seconds: float) -> str:
    """A time as the service's sentences put it, whatever the locale: `Thursday, March 8, 2018 2:37:33 PM UTC`."""
    at = datetime.fromtimestamp(epoch_seconds, UTC)
    hour = at.hour % 12 or 12
    half = "PM" if at.hour >= 12 else "AM"
    day = f"{_DAYS[at.weekday()]}, {_MONTHS[at.month - 1]} {at.day}, {at.year}"
    return f"{day} {hour}:{at.minute:02}:{at.second:02} {half} UTC"
