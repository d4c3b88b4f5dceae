"""The emulator's clock: everything that asks for the time asks it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Wall time in epoch seconds.

    `time.time` is looked up at each call, so that libraries which freeze or move it move this clock too.
    """

    def now(self) -> float:
        """Epoch seconds, with a fraction."""
        return time.time()

    def now_in_milliseconds(self) -> float:
        """Epoch seconds with the precision that the service's timestamps have."""
        return int(self.now() * 1000) / 1000


def stream_label(epoch_seconds: float) -> str:
    """The label of a stream made at that time, e.g. `2024-11-18T14:36:44.149`."""
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
