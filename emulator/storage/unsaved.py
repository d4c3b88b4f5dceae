"""What changed in memory and is not in the file yet. Only an emulator that keeps a file has it.

Whatever changes data marks what it changed when it tells the undo log how to come back, and marks it again when that
is undone. What is written to the file is the state of the marked things at that moment, not the way that led there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.storage.copies import Copies
    from emulator.storage.documents import Documents
    from emulator.storage.history import History, PastChange
    from emulator.storage.replication import Arrival, Replica
    from emulator.storage.rows import RowKey, Rows
    from emulator.storage.table import Table
    from emulator.storage.tokens import IdempotencyTokens
    from emulator.streams.shard import Change, Shard
    from emulator.streams.stream import Stream


class Unsaved:
    """Marks, each once however often a thing changed. Callers hold the emulator's lock."""

    __slots__ = (
        *("changes", "copies", "documents", "items", "streams", "tables", "tokens"),
        *("arrivals", "histories", "past", "versions"),
    )

    def __init__(self) -> None:
        self.items: set[tuple[Rows, RowKey]] = set()
        """Rows of tables; those of indexes are not kept, since they follow from the tables'."""
        self.tables: set[Table] = set()
        """Tables that came, went or were redefined."""
        self.streams: set[Stream] = set()
        """Streams that came or went, or whose shards or status changed."""
        self.changes: dict[tuple[Stream, int], tuple[Shard, Change] | None] = {}
        """Changes of streams by sequence number; None for those that are there no more."""
        self.tokens: set[tuple[IdempotencyTokens, str]] = set()
        self.documents: set[tuple[Documents, str, str]] = set()
        """Documents by kind and id."""
        self.copies: set[tuple[Copies, str]] = set()
        """Copies of tables that came or went, by ARN."""
        self.histories: set[History] = set()
        """Histories whose settings changed."""
        self.past: dict[tuple[History, int], PastChange | None] = {}
        """Changes of histories by number; None for those that are there no more."""
        self.versions: set[tuple[Replica, RowKey]] = set()
        """Versions of the items of replicas, and of their deletions."""
        self.arrivals: dict[tuple[Replica, int], Arrival | None] = {}
        """Changes on their way to replicas by the number of the version; None for those that are there no more."""

    def __bool__(self) -> bool:
        return any(self._marks())

    def absorb(self, earlier: Unsaved) -> None:
        """Take over marks that were made before these."""
        self.items |= earlier.items
        self.versions |= earlier.versions
        for mine, others in zip(self._few(), earlier._few(), strict=True):
            mine |= others
        for mine_by_number, others_by_number in zip(self._numbered(), earlier._numbered(), strict=True):
            for name, there in others_by_number.items():
                mine_by_number.setdefault(name, there)

    def clear(self) -> None:
        """All is in the file now."""
        for marks in self._marks():
            marks.clear()

    @property
    def concerns_the_agenda(self) -> bool:
        """Whether there are marks at things that change by and by."""
        return bool(self.tables or self.streams or self.documents or self.copies)

    def _marks(self) -> tuple[set[Any] | dict[Any, Any], ...]:
        return (self.items, self.versions, *self._numbered(), *self._few())

    def _few(self) -> tuple[set[Any], ...]:
        return (self.tables, self.streams, self.tokens, self.documents, self.copies, self.histories)

    def _numbered(self) -> tuple[dict[Any, Any], ...]:
        return (self.changes, self.past, self.arrivals)
