"""The savepoints of an emulator as pages of its server.

`POST /admin/savepoints` opens one, `POST /admin/savepoints/1/restore` goes back to it, `DELETE /admin/savepoints/1`
releases it, `GET /admin/savepoints` tells which are open. They nest: going back to one, or releasing it, releases those
that were opened after it.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from emulator import limits

if TYPE_CHECKING:
    from emulator.instance import Emulator, Savepoint


class SavepointError(Exception):
    """What is wrong with a request, in one line; `status` is that of the answer."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


class OpenSavepoints:
    """Savepoints by number, oldest first."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._lock = Lock()
        self._open: dict[int, Savepoint] = {}
        self._last = 0

    def numbers(self) -> list[int]:
        return list(self._open)

    def open(self) -> int:
        """Open a savepoint; returns its number. Raises SavepointError if there are too many."""
        with self._lock:
            if len(self._open) >= limits.MAX_OPEN_SAVEPOINTS:
                raise SavepointError(409, f"{limits.MAX_OPEN_SAVEPOINTS} savepoints are open; release some")
            self._last += 1
            self._open[self._last] = self._emulator.savepoint()
            return self._last

    def restore(self, number: int) -> None:
        """Go back to a savepoint, which stays open. Raises SavepointError."""
        with self._lock:
            savepoint = self._find(number)
            savepoint.restore()
            self._release_after(number)

    def release(self, number: int) -> None:
        """Keep what happened since a savepoint. Raises SavepointError."""
        with self._lock:
            savepoint = self._find(number)
            self._release_after(number)
            savepoint.release()
            del self._open[number]

    def _find(self, number: int) -> Savepoint:
        if number not in self._open:
            raise SavepointError(404, f"no savepoint {number} is open")
        return self._open[number]

    def _release_after(self, number: int) -> None:
        for later in [other for other in self._open if other > number]:
            self._open.pop(later).release()
