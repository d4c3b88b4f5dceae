"""Says what runs: on one line that is written over at a terminal, on a line each elsewhere. Both on stderr."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

_CLEAR = "\r\x1b[K"


class Progress:
    """Counts the steps of a run. Usable as a context manager, which leaves the line clean."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total = total
        self._done = 0
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_terminal:
            self._write(_CLEAR)

    def step(self, what: str) -> None:
        """The next step begins."""
        self._done += 1
        line = f"[{self._done}/{self._total}] {what}"
        if self._is_terminal:
            self._write(_CLEAR + line[: shutil.get_terminal_size().columns - 1])
        else:
            self._write(line + "\n")

    def skip(self, count: int) -> None:
        """So many steps will not be made."""
        self._done += count

    def note(self, text: str) -> None:
        """A line that stays."""
        self._write(f"{_CLEAR if self._is_terminal else ''}  {text}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
