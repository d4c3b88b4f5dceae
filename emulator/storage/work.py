"""Work: what goes around all that may change data, so that what keeps a file has it there in the end."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.persistence.journal import Journal


class Work:
    """A context manager that may be entered again inside; without a journal it does nothing. Callers hold the lock."""

    __slots__ = ("_entered", "journal")

    def __init__(self) -> None:
        self.journal: Journal | None = None
        """What keeps a file, while there is one."""
        self._entered: list[Journal | None] = []

    def __enter__(self) -> None:
        self._entered.append(self.journal)
        if self.journal is not None:
            self.journal.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        journal = self._entered.pop()
        if journal is not None:
            journal.__exit__(kind, error, trace)

    @property
    def is_pending(self) -> bool:
        """Whether something is to be committed before anybody may be told of it."""
        return bool(self._entered) or (self.journal is not None and self.journal.is_pending)

    def settle(self) -> None:
        """Have in the file what changed so far. Raises ServiceError."""
        if self.journal is not None:
            self.journal.commit()
