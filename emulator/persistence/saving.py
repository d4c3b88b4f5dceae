"""From the engine's objects to the rows of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import orjson

from emulator import limits
from emulator.persistence import forms
from emulator.persistence.numbers import Numbers
from emulator.persistence.store import Store, image_columns
from emulator.storage.agenda import Agenda
from emulator.storage.copies import Copies
from emulator.storage.database import Database
from emulator.storage.documents import Documents
from emulator.storage.history import History, PastChange
from emulator.storage.record import Record
from emulator.storage.replication import Arrival, Replica, Version
from emulator.storage.rows import RowKey, Rows
from emulator.storage.table import Table
from emulator.storage.tokens import IdempotencyTokens
from emulator.storage.undo import UndoLog
from emulator.storage.unsaved import Unsaved
from emulator.streams.shard import Change, Shard
from emulator.streams.stream import Stream

_Owner = TypeVar("_Owner")
_Noted = TypeVar("_Noted")


class Saver:
    """Writes databases to a store; knows which tables and streams it has, and by which numbers."""

    def __init__(
        self, store: Store, numbers: Numbers, databases: Mapping[str, Database], agenda: Agenda, undo: UndoLog
    ) -> None:
        self.path: Path = store.path
        self._store = store
        self._databases = databases
        self._agenda = agenda
        self._undo = undo
        self._numbers = numbers
        self._ahead = Unsaved()
        """Marks at what the file has as it will be, and memory as it is."""

    def close(self) -> None:
        """Be done with the store."""
        self._store.close()

    def save(self, unsaved: Unsaved) -> None:
        """Write what is marked as it is now, wholly or not at all. Raises sqlite3.Error.

        Changes of tables that were begun and are not done yet are written as done: that is how they are found again.
        They are written with all that is written meanwhile, since it goes before them: shards end after it. What they
        would change is written again the next time, in case that they do not come to pass. Clears the marks.
        """
        unsaved.absorb(self._ahead)
        if unsaved.concerns_the_agenda or self._agenda.is_underway:
            self._save_rehearsed(lambda: unsaved)
            self._ahead.absorb(unsaved)  # what was brought back is marked
            unsaved.clear()
            return
        with self._store.transaction():
            self._save_contents(unsaved)
        self._ahead.clear()
        unsaved.clear()

    def save_all(self) -> None:
        """Write everything there is. Raises sqlite3.Error."""
        self._save_rehearsed(lambda: _all_of(self._databases))

    def _save_rehearsed(self, marks: Callable[[], Unsaved]) -> None:
        """Write what is marked once all that was begun is done, and take it back in memory. Clears the marks."""
        before = self._numbers.copy()
        mark = self._undo.mark()
        try:
            self._agenda.rehearse()
            unsaved = marks()
            with self._store.transaction():
                self._save_streams(unsaved.streams)
                self._save_tables(unsaved.tables)
                self._save_copies(unsaved.copies)
                self._save_contents(unsaved)
            self._ahead.clear()
            unsaved.clear()
        except BaseException:
            self._numbers = before
            raise
        finally:
            self._undo.restore(mark)
            self._undo.release()

    def _save_contents(self, unsaved: Unsaved) -> None:
        self._save_items(unsaved.items)
        self._save_changes(unsaved.changes)
        self._save_histories(unsaved.histories)
        self._save_past(unsaved.past)
        self._save_versions(unsaved.versions)
        self._save_arrivals(unsaved.arrivals)
        self._save_tokens(unsaved.tokens)
        self._save_documents(unsaved.documents)

    def _table_there(self, table: Table) -> Table | None:
        """The table of that name; a region that is empty may be forgotten."""
        database = self._databases.get(table.region)
        return database.tables.get(table.name) if database is not None else None

    def _stream_there(self, region: str, arn: str) -> Stream | None:
        database = self._databases.get(region)
        return database.streams.get(arn) if database is not None else None

    def _save_streams(self, streams: Iterable[Stream]) -> None:
        numbers = self._numbers.streams
        for stream in streams:
            region = stream.identity.region
            number = numbers.get(stream)
            if self._stream_there(region, stream.identity.arn) is not stream:
                if number is not None:
                    self._store.drop_stream(number)
                    del numbers[stream]
                continue
            if number is None:
                number = numbers[stream] = self._numbers.next()
                shards = stream.shards.values()
                self._store.put_changes(_change_row(number, shard, change) for shard in shards for change in shard)
            self._store.add_stream(number, region, forms.stream_text(stream))

    def _save_tables(self, tables: Iterable[Table]) -> None:
        numbers = self._numbers.tables
        for table in tables:
            number = numbers.get(table)
            if self._table_there(table) is not table:
                if number is not None:
                    self._store.drop_table(number)
                    self._numbers.forget_table(table)
                continue
            if number is None:
                number = self._numbers.enter_table(table)
                self._store.put_items(_numbered(number, table.rows))
            self._store.add_table(number, table.region, forms.table_text(table))
            self._switch_history(number, table.history)
            self._switch_replica(number, table.replica)

    def _switch_history(self, number: int, history: History | None) -> None:
        """Write the history of a table anew, if it is not the one that the file has."""
        if self._numbers.histories.set(number, history):
            self._store.drop_history(number)
            if history is not None:
                self._put_history(number, history)
                self._store.put_past_changes((number, change) for change in history.changes)

    def _switch_replica(self, number: int, replica: Replica | None) -> None:
        """Write what a table knows as a replica anew, if it is not what the file has."""
        if self._numbers.replicas.set(number, replica):
            self._store.drop_replica(number)
            if replica is not None:
                self._store.add_replica(number)
                self._store.put_versions((number, *each, True) for each in replica.versions.items())
                self._store.put_versions((number, *each, False) for each in replica.tombstones.items())
                self._store.put_arrivals((number, arrival) for arrival in replica.arriving)

    def _save_versions(self, marked: Iterable[tuple[Replica, RowKey]]) -> None:
        put: list[tuple[int, RowKey, Version, bool]] = []
        removed: list[tuple[int, RowKey]] = []
        for replica, key in marked:
            number = self._numbers.replicas.number_of(replica)
            if number is None:
                continue
            if key in replica.versions:
                put.append((number, key, replica.versions[key], True))
            elif key in replica.tombstones:
                put.append((number, key, replica.tombstones[key], False))
            else:
                removed.append((number, key))
        self._store.put_versions(put)
        self._store.remove_versions(removed)

    def _save_arrivals(self, arrivals: Mapping[tuple[Replica, int], Arrival | None]) -> None:
        put, removed = _parted(arrivals, self._numbers.replicas.number_of)
        self._store.put_arrivals(put)
        self._store.remove_arrivals(removed)

    def _put_history(self, number: int, history: History) -> None:
        self._store.put_history(number, history.period_days, history.known_since, history.last_number)

    def _save_histories(self, histories: Iterable[History]) -> None:
        for history in histories:
            number = self._numbers.histories.number_of(history)
            if number is not None:
                self._put_history(number, history)

    def _save_past(self, past: Mapping[tuple[History, int], PastChange | None]) -> None:
        put, removed = _parted(past, self._numbers.histories.number_of)
        self._store.put_past_changes(put)
        self._store.remove_past_changes(removed)

    def _save_copies(self, marked: Iterable[tuple[Copies, str]]) -> None:
        numbers = self._numbers.copies
        for copies, arn in marked:
            rows, key = copies.get(arn), (copies.region, arn)
            number, written = numbers.get(key, (0, None))
            if written is rows:
                continue  # it went in a rehearsal or came with one, and is as it was
            if written is not None:
                self._store.drop_copy(number)
                del numbers[key]
            if rows is not None:
                number = self._numbers.next()
                numbers[key] = (number, rows)
                with_sort_key = any(len(row_key) > 1 for row_key, _ in rows[:1])
                self._store.add_copy(number, *key, with_sort_key=with_sort_key)
                self._store.put_items(_numbered(number, rows))

    def _save_items(self, items: Iterable[tuple[Rows, RowKey]]) -> None:
        put: list[tuple[int, RowKey, Record]] = []
        removed: list[tuple[int, RowKey]] = []
        for rows, key in items:
            number = self._numbers.rows.number_of(rows)
            if number is None:
                continue
            record = rows.get(key)
            if record is None:
                removed.append((number, key))
            else:
                put.append((number, key, record))
        self._store.put_items(put)
        self._store.remove_items(removed)

    def _save_changes(self, changes: Mapping[tuple[Stream, int], tuple[Shard, Change] | None]) -> None:
        put, removed = _parted(changes, self._numbers.streams.get)
        self._store.put_changes(_change_row(number, *noted) for number, noted in put)
        self._store.remove_changes((number, sequence - limits.FIRST_SEQUENCE_NUMBER) for number, sequence in removed)

    def _save_tokens(self, marked: Iterable[tuple[IdempotencyTokens, str]]) -> None:
        for tokens, token in marked:
            completed = tokens.completed(token)
            if completed is None:
                self._store.remove_token(tokens.region, token)
            else:
                self._store.put_token(tokens.region, token, completed.digest, completed.at)

    def _save_documents(self, marked: Iterable[tuple[Documents, str, str]]) -> None:
        for documents, kind, document_id in marked:
            document = documents.get(kind, document_id)
            if document is None:
                self._store.remove_document(documents.region, kind, document_id)
            else:
                self._store.put_document(documents.region, kind, document_id, orjson.dumps(document).decode())


def _all_of(databases: Mapping[str, Database]) -> Unsaved:
    """Marks at all that there is."""
    unsaved = Unsaved()
    for database in databases.values():
        unsaved.tables.update(database.tables.values())
        unsaved.streams.update(database.streams.values())
        unsaved.tokens.update((database.tokens, token) for token in database.tokens)
        unsaved.documents.update((database.documents, kind, document_id) for kind, document_id, _ in database.documents)
        unsaved.copies.update((database.copies, arn) for arn, _ in database.copies)
    return unsaved


def _numbered(number: int, rows: Iterable[tuple[RowKey, Record]]) -> Iterator[tuple[int, RowKey, Record]]:
    """Rows with the number of their table or copy."""
    return ((number, key, record) for key, record in rows)


def _parted(
    marked: Mapping[tuple[_Owner, int], _Noted | None], number_of: Callable[[_Owner], int | None]
) -> tuple[list[tuple[int, _Noted]], list[tuple[int, int]]]:
    """What is marked, with the numbers of its owners: what is there, and by its own number what is there no more.

    What belongs to somebody whom the file does not have is left out.
    """
    put: list[tuple[int, _Noted]] = []
    removed: list[tuple[int, int]] = []
    for (owner, own_number), noted in marked.items():
        number = number_of(owner)
        if number is None:
            continue
        if noted is None:
            removed.append((number, own_number))
        else:
            put.append((number, noted))
    return put, removed


def _change_row(number: int, shard: Shard, change: Change) -> tuple[object, ...]:
    sequence = change.sequence - limits.FIRST_SEQUENCE_NUMBER
    images = image_columns(change.old, change.new)
    return (number, sequence, shard.digits, change.at, change.partition, int(change.by_service), *images)
