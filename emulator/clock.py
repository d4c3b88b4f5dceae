"""The emulator's clock: everything that asks for the time asks it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Wall time in epoch seconds.

    `time.time` is looked up at each call, so that libraries which freeze or move it move this clock too.
    """

    def now(self) -> float:
        """Epoch seconds, with a fraction."""
        return time.time()


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
