"""The journal: what changed goes into the file before anybody is told that it is done.

Work on the data is done inside `with journal:`. When the outermost of them ends, what it changed is committed; if that
fails, all of it is taken back and the file's error is raised. The thread of an HTTP server commits for all requests
that arrived together: it claims the journal, so that its work is left pending, and calls `commit_group` before it sends
any of the answers.
"""

from __future__ import annotations

import logging
import sqlite3
from threading import RLock, get_ident
from types import TracebackType

from emulator import errors
from emulator.errors import ServiceError
from emulator.persistence.saving import Saver
from emulator.storage.undo import UndoLog
from emulator.storage.unsaved import Unsaved

_log = logging.getLogger("emulator")


class Journal:
    """Keeps a file as the databases are. Callers hold the emulator's lock, but for the methods about groups."""

    def __init__(self, saver: Saver, undo: UndoLog, lock: RLock) -> None:
        self._lock = lock
        self._saver = saver
        self._undo = undo
        self._unsaved = undo.unsaved = Unsaved()
        self._mark: int | None = None  # where the work that is not committed began
        self._positions: list[int] = []  # where each `with` that is open began
        self._claimed_by: int | None = None  # a thread
        self._lost: set[int] = set()  # generations of pending work that were taken back
        self._owes_restored = False  # what a savepoint brought back is not in the file yet
        self._generation = 0  # which commit the work goes into that is done now
        self.is_pending = False
        """Whether there is work of the thread that claimed the journal to be committed."""
        self.awaited: int | None = None
        """Which commit that thread's latest work waits for, be it done or not; None if it rests on what is kept."""

    def __enter__(self) -> None:
        if self._mark is None:
            self._mark = self._undo.mark()
        self._positions.append(self._undo.position)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        position = self._positions.pop()
        if error is not None and not isinstance(error, ServiceError):
            self._undo.restore(position)  # it stopped somewhere in the middle
        if self._positions:
            return
        if get_ident() != self._claimed_by:
            self.commit()
            return
        if self._unsaved:
            self.is_pending = True
        self.awaited = self._generation if self.is_pending else None
        if not self.is_pending:
            self._close_mark()

    @property
    def position(self) -> int:
        """Where the undo log ends: work that has changed nothing leaves it there."""
        return self._undo.position

    def commit(self) -> None:
        """Have all that changed in the file. Raises ServiceError if it cannot be, and has taken it back then.

        What a savepoint brought back cannot be taken back: that stays as it is and is tried again the next time.
        """
        was_pending, self.is_pending = self.is_pending, False
        try:
            if self._unsaved:
                self._saver.save(self._unsaved)
            self._owes_restored = False
        except BaseException as error:
            self._take_back(was_pending=was_pending)
            if not isinstance(error, sqlite3.Error):
                raise
            _log.error("%s cannot be written: %s", self._saver.path, error)
            raise ServiceError(errors.FILE_NOT_WRITTEN, file=self._saver.path, reason=error) from error
        finally:
            self._close_mark()

    def _take_back(self, *, was_pending: bool) -> None:
        if self._mark is None:
            self._owes_restored = True
            return
        self._undo.restore(self._mark)
        if was_pending:
            self._lost.add(self._generation)
        if not self._owes_restored:
            self._unsaved.clear()

    def _close_mark(self) -> None:
        if self._mark is not None:
            self._mark = None
            self._generation += 1
            self._undo.release()

    # --- groups -----------------------------------------------------------------------------------

    def claim(self) -> bool:
        """Leave the work of this thread pending from now on; False if another thread's is already."""
        with self._lock:
            if self._claimed_by is None:
                self._claimed_by = get_ident()
            return self._claimed_by == get_ident()

    def unclaim(self) -> None:
        """Commit the work of this thread one by one again."""
        with self._lock:
            self._claimed_by = None

    def commit_group(self) -> set[int]:
        """Commit what this thread left pending; the generations of its work that were taken back, now or earlier."""
        with self._lock:
            if self.is_pending:
                try:
                    self.commit()
                except ServiceError:
                    pass
                except Exception:
                    _log.exception("%s could not be written; please report this", self._saver.path)
            lost, self._lost = self._lost, set()
            return lost

    def close(self) -> None:
        """Be done with the file; nothing is kept from now on."""
        self._undo.unsaved = None
        self._unsaved.clear()
        self._saver.close()
