"""The journal: what changed goes into the file before anybody is told that it is done.

Work on the data is done inside `with journal:`. When the outermost of them ends, what it changed is committed; if that
fails, all of it is taken back and the file's error is raised. The thread of an HTTP server commits for a group of
requests at once (`grouped_in`): it leaves the work pending and calls `commit` before it sends any of the answers.
"""

from __future__ import annotations

import logging
import sqlite3
from threading import get_ident
from types import TracebackType

from emulator import errors
from emulator.errors import ServiceError
from emulator.persistence.saving import Saver
from emulator.storage.undo import UndoLog
from emulator.storage.unsaved import Unsaved

_log = logging.getLogger("emulator")


class Journal:
    """Keeps a file as the databases are. Callers hold the emulator's lock."""

    def __init__(self, saver: Saver, undo: UndoLog) -> None:
        self._saver = saver
        self._undo = undo
        self._unsaved = undo.unsaved = Unsaved()
        self._mark: int | None = None  # where the work that is not committed began
        self._positions: list[int] = []  # where each `with` that is open began
        self.grouped_in: int | None = None
        """The thread that commits its work itself, by `commit`."""
        self.is_pending = False
        """Whether there is work of that thread to be committed."""
        self.was_lost = False
        """Whether such work was taken back, since the commit of another thread failed; for that thread to reset."""

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
        if get_ident() != self.grouped_in:
            self.commit()
        elif self._unsaved:
            self.is_pending = True
        elif not self.is_pending:
            self._close_mark()

    def commit(self) -> None:
        """Have all that changed in the file. Raises ServiceError if it cannot be, and has taken it back then.

        What a savepoint brought back cannot be taken back: that stays as it is and is tried again the next time.
        """
        was_pending, self.is_pending = self.is_pending, False
        try:
            if self._unsaved:
                self._saver.save(self._unsaved)
                self._unsaved.clear()
        except sqlite3.Error as error:
            if self._mark is not None:
                self._undo.restore(self._mark)
                self._unsaved.clear()
                self.was_lost = was_pending
            _log.error("%s cannot be written: %s", self._saver.path, error)
            raise ServiceError(errors.FILE_NOT_WRITTEN, file=self._saver.path, reason=error) from error
        finally:
            self._close_mark()

    def _close_mark(self) -> None:
        if self._mark is not None:
            self._mark = None
            self._undo.release()

    def close(self) -> None:
        """Be done with the file; nothing is kept from now on."""
        self._undo.unsaved = None
        self._saver.close()
