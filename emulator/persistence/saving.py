"""From the engine's objects to the rows of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson

from emulator import limits
from emulator.persistence import forms
from emulator.persistence.loading import Loaded
from emulator.persistence.store import Store
from emulator.storage.agenda import Agenda
from emulator.storage.database import Database
from emulator.storage.documents import Documents
from emulator.storage.record import Record
from emulator.storage.rows import RowKey, Rows
from emulator.storage.table import Table
from emulator.storage.tokens import IdempotencyTokens
from emulator.storage.undo import UndoLog
from emulator.storage.unsaved import Unsaved
from emulator.streams.shard import Change, Shard
from emulator.streams.stream import Stream


class Saver:
    """Writes databases to a store; knows which tables and streams it has, and by which numbers."""

    def __init__(
        self, store: Store, loaded: Loaded, databases: Mapping[str, Database], agenda: Agenda, undo: UndoLog
    ) -> None:
        self.path: Path = store.path
        self._store = store
        self._databases = databases
        self._agenda = agenda
        self._undo = undo
        self._tables = loaded.tables
        self._streams = loaded.streams
        self._rows: dict[Rows, int] = {table.rows: number for table, number in loaded.tables.items()}
        self._last_number = max((*loaded.tables.values(), *loaded.streams.values()), default=0)

    def close(self) -> None:
        """Be done with the store."""
        self._store.close()

    def save(self, unsaved: Unsaved) -> None:
        """Write what is marked as it is now, wholly or not at all. Raises sqlite3.Error.

        Changes of tables that were begun and are not done yet are written as done: that is how they are found again.
        They are written with all that is written meanwhile, since it goes before them: shards end after it.
        """
        if not (unsaved.tables or unsaved.streams or unsaved.documents or self._agenda.entries):
            with self._store.transaction():
                self._save_contents(unsaved)
            return
        before = dict(self._tables), dict(self._streams), dict(self._rows), self._last_number
        mark = self._undo.mark()
        try:
            self._agenda.rehearse()
            with self._store.transaction():
                self._save_streams(unsaved.streams)
                self._save_tables(unsaved.tables)
                self._save_contents(unsaved)
        except BaseException:
            self._tables, self._streams, self._rows, self._last_number = before
            raise
        finally:
            self._undo.restore(mark)
            self._undo.release()

    def _save_contents(self, unsaved: Unsaved) -> None:
        self._save_items(unsaved.items)
        self._save_changes(unsaved.changes)
        self._save_tokens(unsaved.tokens)
        self._save_documents(unsaved.documents)

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _save_streams(self, streams: Iterable[Stream]) -> None:
        for stream in streams:
            region = stream.identity.region
            number = self._streams.get(stream)
            if self._databases[region].streams.get(stream.identity.arn) is not stream:
                if number is not None:
                    self._store.drop_stream(number)
                    del self._streams[stream]
                continue
            if number is None:
                number = self._streams[stream] = self._next_number()
                self._put_changes(number, ((shard, each) for shard in stream.shards.values() for each in shard))
            self._store.add_stream(number, region, forms.stream_text(stream))

    def _save_tables(self, tables: Iterable[Table]) -> None:
        for table in tables:
            number = self._tables.get(table)
            if self._databases[table.region].tables.get(table.name) is not table:
                if number is not None:
                    self._store.drop_table(number)
                    del self._tables[table], self._rows[table.rows]
                continue
            if number is None:
                number = self._tables[table] = self._rows[table.rows] = self._next_number()
                self._store.put_items(number, table.rows)
            self._store.add_table(number, table.region, forms.table_text(table))

    def _save_items(self, items: Iterable[tuple[Rows, RowKey]]) -> None:
        put: dict[int, list[tuple[RowKey, Record]]] = {}
        removed: dict[int, list[RowKey]] = {}
        for rows, key in items:
            number = self._rows.get(rows)
            if number is None:
                continue
            record = rows.get(key)
            if record is None:
                removed.setdefault(number, []).append(key)
            else:
                put.setdefault(number, []).append((key, record))
        for number, pairs in put.items():
            self._store.put_items(number, pairs)
        for number, keys in removed.items():
            self._store.remove_items(number, keys)

    def _save_changes(self, changes: Mapping[tuple[Stream, int], tuple[Shard, Change] | None]) -> None:
        put: dict[int, list[tuple[Shard, Change]]] = {}
        removed = []
        for (stream, sequence), there in changes.items():
            number = self._streams.get(stream)
            if number is None:
                continue
            if there is None:
                removed.append((number, sequence - limits.FIRST_SEQUENCE_NUMBER))
            else:
                put.setdefault(number, []).append(there)
        for number, noted in put.items():
            self._put_changes(number, noted)
        if removed:
            self._store.remove_changes(removed)

    def _put_changes(self, number: int, changes: Iterable[tuple[Shard, Change]]) -> None:
        self._store.put_changes(_change_row(number, shard, change) for shard, change in changes)

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


def all_of(databases: Mapping[str, Database]) -> Unsaved:
    """Marks at all that there is."""
    unsaved = Unsaved()
    for database in databases.values():
        unsaved.tables.update(database.tables.values())
        unsaved.streams.update(database.streams.values())
        unsaved.tokens.update((database.tokens, token) for token in database.tokens)
        unsaved.documents.update((database.documents, kind, document_id) for kind, document_id, _ in database.documents)
    return unsaved


def _change_row(number: int, shard: Shard, change: Change) -> tuple[object, ...]:
    old, new = change.old, change.new
    return (
        number,
        change.sequence - limits.FIRST_SEQUENCE_NUMBER,
        shard.digits,
        change.at,
        change.partition,
        int(change.by_service),
        None if old is None else old.size,
        None if old is None else old.encoded,
        None if new is None else new.size,
        None if new is None else new.encoded,
    )
