"""The undo log: what it takes to bring the data back to an earlier moment.

While at least one savepoint is open, each change appends its inverse here. Restoring plays the inverses
backwards, so it costs what was changed since, not what the tables hold.
"""

from __future__ import annotations

from collections.abc import Callable

from emulator.storage.unsaved import Unsaved


class UndoLog:
    """Inverses of changes, oldest first. Callers hold the emulator's lock."""

    __slots__ = ("_inverses", "_open", "recording", "unsaved")

    def __init__(self) -> None:
        self.recording = False
        self.unsaved: Unsaved | None = None
        """Where to mark what changes, if it is kept in a file; `recording` is on whenever something changes then."""
        self._inverses: list[Callable[[], None]] = []
        self._open = 0

    def add(self, inverse: Callable[[], None]) -> None:
        """Note the inverse of a change that was just made; does nothing while no savepoint is open."""
        if self.recording:
            self._inverses.append(inverse)

    @property
    def position(self) -> int:
        """Where the log ends now: `restore` comes back here while a savepoint that was opened before is open."""
        return len(self._inverses)

    def mark(self) -> int:
        """Open a savepoint; the returned mark is for `restore` and `release`."""
        self._open += 1
        self.recording = True
        return self.position

    def restore(self, mark: int) -> None:
        """Undo all that happened since `mark`. The savepoint stays open."""
        self.recording = False
        while len(self._inverses) > mark:
            self._inverses.pop()()
        self.recording = True

    def release(self) -> None:
        """Close a savepoint, keeping what happened since."""
        self._open -= 1
        if not self._open:
            self.recording = False
            self._inverses.clear()
