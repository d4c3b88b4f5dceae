"""The tables and streams of one region."""

from __future__ import annotations

from emulator import limits
from emulator.storage.copies import Copies
from emulator.storage.documents import Documents
from emulator.storage.table import Table
from emulator.storage.tokens import IdempotencyTokens
from emulator.storage.undo import UndoLog
from emulator.streams.stream import Stream


class Database:
    """One region of one account. Callers hold the emulator's lock."""

    def __init__(self, region: str, undo: UndoLog) -> None:
        self.region = region
        self.undo = undo
        self.tables: dict[str, Table] = {}
        self.streams: dict[str, Stream] = {}
        """By ARN, those included that are disabled and still readable."""
        self.tokens = IdempotencyTokens(region, undo)
        self.documents = Documents(region, undo)
        self.copies = Copies(region, undo)
        """The rows of tables that were backed up."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it that anybody could come back for."""
        return not (self.tables or self.streams or len(self.documents))

    def add(self, table: Table) -> None:
        """Enter a table, in the place of one of the same name if there is one."""
        before = self.tables.get(table.name)
        self.undo.add(lambda: self._put_back(table.name, before))
        self.tables[table.name] = table
        self._mark(table, before)

    def drop(self, table: Table) -> None:
        """Forget a table, unless that was done already. Its stream stays readable."""
        if self.tables.get(table.name) is not table:
            return
        self.undo.add(lambda: self._put_back(table.name, table))
        del self.tables[table.name]
        self._mark(table)
        self.documents.remove_of(table.definition.arn)
        table.rest()
        if table.stream is not None:
            table.stream.close()
            table.stream.become("DISABLED")

    def _put_back(self, name: str, before: Table | None) -> None:
        if (there := self.tables.pop(name, None)) is not None:
            there.rest()
        if before is not None:
            self.tables[name] = before
            before.wake()
        self._mark(there, before)

    def _mark(self, *tables: Table | None) -> None:
        if self.undo.unsaved is not None:
            self.undo.unsaved.tables.update(table for table in tables if table is not None)

    # --- streams ----------------------------------------------------------------------------------

    def add_stream(self, stream: Stream) -> None:
        """Enter a stream. The oldest ones that are disabled make room if there are too many."""
        self.undo.add(lambda: self._take_out(stream))
        self.streams[stream.identity.arn] = stream
        stream.mark()
        if len(self.streams) > limits.MAX_DISABLED_STREAMS:
            disabled = [other for other in self.streams.values() if not other.is_open]
            for other in disabled[: -limits.MAX_DISABLED_STREAMS]:
                self.forget_stream(other)

    def last_stream_label(self, table: str) -> str | None:
        """The label of the newest stream of a table by that name, whether the table is there still or not."""
        labels = [stream.identity.label for stream in self.streams.values() if stream.identity.table == table]
        return max(labels, default=None)

    def forget_stream(self, stream: Stream) -> None:
        """Forget a stream, which can be read no more."""
        if self.streams.get(stream.identity.arn) is stream:
            self.undo.add(lambda: self._put_back_stream(stream))
            self.documents.remove_of(stream.identity.arn)
            self._take_out(stream)

    def _take_out(self, stream: Stream) -> None:
        del self.streams[stream.identity.arn]
        stream.mark()
        stream.rest()

    def _put_back_stream(self, stream: Stream) -> None:
        self.streams[stream.identity.arn] = stream
        stream.mark()
        stream.wake()
