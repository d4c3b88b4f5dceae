"""The file as it is written: rows of SQLite tables, in transactions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from emulator.limits import MIB
from emulator.persistence.failures import FileError
from emulator.persistence.layout import (
    APPLICATION_ID,
    CLOSED,
    MIGRATIONS,
    NO_SORT_KEY,
    OPEN,
    VERSION,
    checksum,
    item_checksum,
)
from emulator.storage.history import PastChange
from emulator.storage.record import Record
from emulator.storage.replication import Arrival, Version
from emulator.storage.rows import RowKey

ItemRow: TypeAlias = tuple[int, bytes, str | bytes, int, bytes, int]

_SET_STATE = "UPDATE state SET value = ? WHERE name = 'file'"
_PUT_ITEM = "INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, ?)"
_REMOVE_ITEM = "DELETE FROM item WHERE table_number = ? AND hash = ? AND sort_key = ?"
_PUT_CHANGE = "INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_PAST_CHANGE = "INSERT OR REPLACE INTO past_change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_DOCUMENT = (
    "INSERT INTO document (region, kind, id, body, checksum) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET body = excluded.body, checksum = excluded.checksum"
)

_MAX_LOG_BYTES = 4 * MIB  # a longer one is brought into the file

SYNCHRONOUS = {"process": "NORMAL", "full": "FULL"}
"""By durability: what survives the end of the process, and what survives the loss of power too."""


def create(path: Path) -> None:
    """Make an empty file. It is put together under another name, so that there is none or a whole one.

    Raises FileError.
    """
    unfinished = Path(f"{path}.new")
    try:
        _remove(unfinished)
        connection = _connect(unfinished, "rwc")
        try:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrate(connection)
            connection.execute("INSERT INTO state VALUES ('file', ?)", (CLOSED,))
        finally:
            connection.close()
        os.replace(unfinished, path)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            _remove(unfinished)
        raise FileError(f"{path} cannot be created: {error}.") from error


def migrate(connection: sqlite3.Connection) -> None:
    """Bring what is there, nothing or that of an older version, to this version, wholly or not at all."""
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    with _transaction(connection):
        for script in MIGRATIONS[version:]:
            for statement in script.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def upgrade(path: Path) -> None:
    """Bring a file of an older version, which was found whole, to this one. Raises FileError."""
    try:
        connection = _connect(path, "rw")
        try:
            migrate(connection)
            connection.execute(_SET_STATE, (CLOSED,))  # its log goes when it is closed
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise FileError(f"{path} cannot be brought to this version of the emulator: {error}.") from error


def _remove(path: Path) -> None:
    for each in (path, Path(f"{path}-wal")):
        each.unlink(missing_ok=True)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is executed inside, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class Store:
    """An open file that was read and found whole. Its writing methods raise sqlite3.Error."""

    def __init__(self, path: Path, durability: str = "process") -> None:
        self.path = path
        self._log = Path(f"{path}-wal")
        try:
            self._connection = _connect(path, "rw")
            try:
                self._connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS[durability]}")
                self._connection.execute("PRAGMA fullfsync = ON")  # macOS: to the disk, not only to its buffer
                self._connection.execute("PRAGMA wal_autocheckpoint = 0")
                self._begin_log()
            except sqlite3.Error:
                self._connection.close()
                raise
        except sqlite3.Error as error:
            raise FileError(f"{path} cannot be written: {error}.") from error

    def _set_state(self, state: str) -> None:
        self._connection.execute(_SET_STATE, (state,))

    def _begin_log(self) -> None:
        """Bring the log into the file and begin a new one.

        Nothing that was brought in stays in the log: SQLite would take its pages for newer than those of the file, and
        if the end of the log were lost then, it would mix old ones with new ones and not notice.
        """
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # the log stays until the file is closed
        self._set_state(CLOSED)
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._set_state(OPEN)
        # To the file itself: who finds it open later knows that there must be a log beside it.
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside, or nothing of it."""
        with _transaction(self._connection):
            yield
        with contextlib.suppress(OSError, sqlite3.Error):  # a full disk: the log grows on meanwhile
            if self._log.stat().st_size > _MAX_LOG_BYTES:
                self._begin_log()

    def close(self) -> None:
        """Be done with the file, which is a single file again."""
        with contextlib.suppress(sqlite3.Error):  # a full disk: what was committed stays in the log
            self._set_state(CLOSED)
        self._connection.close()

    # --- tables -----------------------------------------------------------------------------------

    def add_table(self, number: int, region: str, description: str) -> None:
        self._put("dynamodb_table", number, region, description)

    def drop_table(self, number: int) -> None:
        """Forget a table, its items, its history and what it knows as a replica."""
        self._connection.execute("DELETE FROM item WHERE table_number = ?", (number,))
        self._connection.execute("DELETE FROM dynamodb_table WHERE number = ?", (number,))
        self.drop_history(number)
        self.drop_replica(number)

    def put_items(self, rows: Iterable[tuple[int, RowKey, Record]]) -> None:
        """By the number of the table or copy."""
        self._connection.executemany(_PUT_ITEM, (_item_row(*row) for row in rows))

    def remove_items(self, keys: Iterable[tuple[int, RowKey]]) -> None:
        self._connection.executemany(_REMOVE_ITEM, ((number, *_key_columns(key)) for number, key in keys))

    def _put(self, table: str, number: int, region: str, description: str) -> None:
        row = (number, region, description)
        self._connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?)", (*row, checksum(*row)))

    # --- copies and histories ---------------------------------------------------------------------

    def add_copy(self, number: int, region: str, arn: str, *, with_sort_key: bool) -> None:
        """A copy, whose rows are put as items of its number."""
        row = (number, region, arn, int(with_sort_key))
        self._connection.execute("INSERT OR REPLACE INTO copy VALUES (?, ?, ?, ?, ?)", (*row, checksum(*row)))

    def drop_copy(self, number: int) -> None:
        """Forget a copy and its rows."""
        self._connection.execute("DELETE FROM item WHERE table_number = ?", (number,))
        self._connection.execute("DELETE FROM copy WHERE number = ?", (number,))

    def put_history(self, table_number: int, period_days: int, known_since: float, last_number: int) -> None:
        row = (table_number, period_days, known_since, last_number)
        self._connection.execute("INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?)", (*row, checksum(*row)))

    def drop_history(self, table_number: int) -> None:
        """Forget the history of a table and its changes."""
        self._connection.execute("DELETE FROM past_change WHERE table_number = ?", (table_number,))
        self._connection.execute("DELETE FROM history WHERE table_number = ?", (table_number,))

    def put_past_changes(self, changes: Iterable[tuple[int, PastChange]]) -> None:
        """By the number of the table."""
        self._put_rows(_PUT_PAST_CHANGE, (_past_row(*change) for change in changes))

    def remove_past_changes(self, numbers: Iterable[tuple[int, int]]) -> None:
        """By the numbers of the table and the change."""
        self._connection.executemany("DELETE FROM past_change WHERE table_number = ? AND number = ?", numbers)

    # --- replicas ---------------------------------------------------------------------------------

    def add_replica(self, table_number: int) -> None:
        self._connection.execute("INSERT INTO replica VALUES (?, ?)", (table_number, checksum(table_number)))

    def drop_replica(self, table_number: int) -> None:
        """Forget that a table is a replica, and what it knows as one."""
        for table in ("replica", "version", "arrival"):
            self._connection.execute(f"DELETE FROM {table} WHERE table_number = ?", (table_number,))

    def put_versions(self, versions: Iterable[tuple[int, RowKey, Version, bool]]) -> None:
        """By the number of the table: row key, version, and whether the item is there."""
        rows = ((number, *_key_columns(key), int(is_there), *version) for number, key, version, is_there in versions)
        self._put_rows("INSERT OR REPLACE INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def remove_versions(self, keys: Iterable[tuple[int, RowKey]]) -> None:
        rows = ((number, *_key_columns(key)) for number, key in keys)
        self._connection.executemany("DELETE FROM version WHERE table_number = ? AND hash = ? AND sort_key = ?", rows)

    def put_arrivals(self, arrivals: Iterable[tuple[int, Arrival]]) -> None:
        """By the number of the table."""
        rows = (_arrival_row(*arrival) for arrival in arrivals)
        self._put_rows("INSERT OR REPLACE INTO arrival VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def remove_arrivals(self, numbers: Iterable[tuple[int, int]]) -> None:
        """By the numbers of the table and the version."""
        self._connection.executemany("DELETE FROM arrival WHERE table_number = ? AND number = ?", numbers)

    def _put_rows(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._connection.executemany(statement, ((*row, checksum(*row)) for row in rows))

    # --- streams ----------------------------------------------------------------------------------

    def add_stream(self, number: int, region: str, description: str) -> None:
        self._put("stream", number, region, description)

    def drop_stream(self, number: int) -> None:
        """Forget a stream and its changes."""
        self._connection.execute("DELETE FROM change WHERE stream_number = ?", (number,))
        self._connection.execute("DELETE FROM stream WHERE number = ?", (number,))

    def put_changes(self, rows: Iterable[tuple[object, ...]]) -> None:
        """Rows of `change` without their checksums."""
        self._put_rows(_PUT_CHANGE, rows)

    def remove_changes(self, rows: Iterable[tuple[int, int]]) -> None:
        """By stream and sequence."""
        self._connection.executemany("DELETE FROM change WHERE stream_number = ? AND sequence = ?", rows)

    # --- the rest ---------------------------------------------------------------------------------

    def put_token(self, region: str, token: str, digest: bytes, at: float) -> None:
        row = (region, token, digest, at)
        self._connection.execute("INSERT OR REPLACE INTO token VALUES (?, ?, ?, ?, ?)", (*row, checksum(*row)))

    def remove_token(self, region: str, token: str) -> None:
        self._connection.execute("DELETE FROM token WHERE region = ? AND token = ?", (region, token))

    def put_document(self, region: str, kind: str, document_id: str, body: str) -> None:
        row = (region, kind, document_id, body)
        self._connection.execute(_PUT_DOCUMENT, (*row, checksum(*row)))

    def remove_document(self, region: str, kind: str, document_id: str) -> None:
        row = (region, kind, document_id)
        self._connection.execute("DELETE FROM document WHERE region = ? AND kind = ? AND id = ?", row)


def _key_columns(key: RowKey) -> tuple[bytes, str | bytes]:
    hashed: bytes = key[0]  # type: ignore[assignment]
    return hashed, key[1] if len(key) > 1 else NO_SORT_KEY


def image_columns(old: Record | None, new: Record | None) -> tuple[int | None, bytes | None, int | None, bytes | None]:
    """An item before and after a change, where there was one: size and encoded item of each."""
    return (*_image_columns(old), *_image_columns(new))


def _image_columns(record: Record | None) -> tuple[int | None, bytes | None]:
    return (None, None) if record is None else (record.size, record.encoded)


def _past_row(table_number: int, change: PastChange) -> tuple[object, ...]:
    images = image_columns(change.old, change.new)
    return (table_number, change.number, change.at, *_key_columns(change.key), *images)


def _arrival_row(table_number: int, arrival: Arrival) -> tuple[object, ...]:
    version = arrival.version
    columns = (*_key_columns(arrival.key), *_image_columns(arrival.record))
    return (table_number, version.number, arrival.due, version.at, version.region, *columns)


def _item_row(table_number: int, key: RowKey, record: Record) -> ItemRow:
    hashed, sort_key = _key_columns(key)
    size, encoded = record.size, record.encoded
    total = item_checksum(table_number, hashed, sort_key, size, encoded)
    return (table_number, hashed, sort_key, size, encoded, total)
