"""Opening a file for an emulator, reading a copy of one, writing a copy of another.

All raise FileError; the callers hold the lock of the emulator whose parts they give.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock

from emulator.operations.context import Context
from emulator.persistence.damage import check_header, check_no_log
from emulator.persistence.failures import FileError
from emulator.persistence.journal import Journal
from emulator.persistence.layout import VERSION
from emulator.persistence.loading import load
from emulator.persistence.lock import FileLock
from emulator.persistence.numbers import Numbers
from emulator.persistence.reading import reading
from emulator.persistence.saving import Saver
from emulator.persistence.store import Store, create, upgrade
from emulator.storage.agenda import Agenda
from emulator.storage.database import Database
from emulator.storage.undo import UndoLog


class OpenFile:
    """A file that an emulator keeps its data in, and the lock on it."""

    def __init__(
        self,
        path: Path,
        durability: str,
        context_of: Callable[[str], Context],
        databases: Mapping[str, Database],
        agenda: Agenda,
        undo: UndoLog,
        lock: RLock,
    ) -> None:
        self._lock = FileLock(path)
        try:
            if _is_empty(path):
                check_no_log(path)
                create(path)
            numbers, version = _load(path, context_of)
            if version < VERSION:
                upgrade(path)
            store = Store(path, durability)
            self.journal = Journal(Saver(store, numbers, databases, agenda, undo), undo, lock)
        except BaseException:
            self._lock.release()
            raise
        self._process = os.getpid()
        self._is_closed = False

    def close(self) -> None:
        """Be done with the file, once. A forked process leaves it to the one that opened it."""
        if self._is_closed or os.getpid() != self._process:
            return
        self._is_closed = True
        self.journal.close()
        self._lock.release()


def read_copy(path: Path, context_of: Callable[[str], Context]) -> None:
    """Fill an emulator that has nothing yet from a file, which is let go again."""
    if not path.exists():
        raise FileError(f"{path} does not exist.")
    lock = FileLock(path)
    try:
        _load(path, context_of)
    finally:
        lock.release()


def write_copy(path: Path, databases: Mapping[str, Database], agenda: Agenda, undo: UndoLog) -> None:
    """Write all data to a file, in the place of an earlier copy if there is one, wholly or not at all."""
    lock = FileLock(path)
    unfinished = Path(f"{path}.copy")
    try:
        if not _is_empty(path):
            check_header(path)
            Store(path).close()  # brings a log in that a kill has left, which would be taken for that of the copy
        create(unfinished)
        store = Store(unfinished)
        try:
            Saver(store, Numbers(), databases, agenda, undo).save_all()
        finally:
            store.close()
        os.replace(unfinished, path)
    except FileError as error:
        raise FileError(str(error).replace(str(unfinished), str(path))) from error
    except (OSError, sqlite3.Error) as error:
        raise FileError(f"{path} cannot be written: {error}.") from error
    finally:
        for left in (unfinished, Path(f"{unfinished}-wal")):
            left.unlink(missing_ok=True)
        lock.release()


def _is_empty(path: Path) -> bool:
    """Whether there is nothing yet in a place where a file may be."""
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return True
    except OSError as error:
        raise FileError(f"{path} cannot be opened: {error.strerror}.") from error


def _load(path: Path, context_of: Callable[[str], Context]) -> tuple[Numbers, int]:
    """What is in a file, and the version of the file."""
    with reading(path) as contents:
        return load(contents, context_of), contents.version
