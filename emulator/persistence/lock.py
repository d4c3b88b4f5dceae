"""The lock that keeps a file to one emulator: a lock of the operating system on `FILE.lock`.

The system takes it back when the process ends, however it ends. SQLite's own locks are not enough: they are the
process's, so they keep out no second emulator of this process, and closing the file anywhere in it gives them up.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from emulator.persistence.failures import FileError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Held from its creation to `release`. Raises FileError if somebody else holds it."""

    def __init__(self, path: Path) -> None:
        self._path = Path(f"{path}.lock")
        while True:
            self._descriptor = self._open(path)
            try:
                _lock(self._descriptor)
            except OSError:
                os.close(self._descriptor)
                text = f"{path} is in use by another emulator. Stop that one, or choose another file."
                raise FileError(text) from None
            if self._is_the_one_there():
                return
            os.close(self._descriptor)  # its holder has just ended and removed it

    def _open(self, path: Path) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise FileError(f"{path} cannot be locked: {self._path}: {error.strerror}.") from None

    def _is_the_one_there(self) -> bool:
        """Whether the file that was locked is still the one of that name."""
        if sys.platform == "win32":  # which lets nobody remove an open file
            return True
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._descriptor))

    def release(self) -> None:
        """Let others have the file."""
        if sys.platform == "win32":
            os.close(self._descriptor)
            with contextlib.suppress(OSError):  # somebody has opened it meanwhile
                self._path.unlink()
        else:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
