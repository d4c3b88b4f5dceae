"""The file as it is read: all of it, each row checked, and nothing written.

SQLite reads through a connection that takes no locks and cannot write, so that a file that is refused stays as it was.
The caller holds the file's own lock.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from emulator.persistence.damage import check_header, check_log, damaged, refused
from emulator.persistence.layout import NO_SORT_KEY, OPEN, VERSION, checksum, item_checksum
from emulator.persistence.store import migrate
from emulator.storage.record import Record
from emulator.storage.replication import Arrival, Version
from emulator.storage.rows import RowKey

Described: TypeAlias = tuple[int, str, dict[str, Any]]
"""A table or stream: its number, its region and its form."""

Image: TypeAlias = tuple[int, bytes]
"""An item before or after a change: its size, and itself encoded."""

ChangeRow: TypeAlias = tuple[int, int, float, bytes, bool, Image | None, Image | None]
"""Sequence, shard, time, hash, whether by the service, and the images before and after."""

PastRow: TypeAlias = tuple[int, float, RowKey, Image | None, Image | None]
"""Number, time, row key, and the images before and after."""

_WITHOUT_LOCKS = "win32-none" if sys.platform == "win32" else "unix-none"


class _WrongRowError(Exception):
    """A row that is not as it was written."""


@contextmanager
def reading(path: Path) -> Iterator[Contents]:
    """The contents of a file. Raises FileError when it is not ours, too new or damaged, which may show only inside."""
    check_header(path)
    check_log(path)
    connection: sqlite3.Connection | None = None
    try:
        connection = _connect(path)
        _check_structure(connection)
        version = _version(connection)
        if version < VERSION:
            connection = _upgraded(connection)
        yield Contents(connection, version)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter for what SQLite says of damaged names
        raise damaged(path, str(error)) from error
    except _WrongRowError as error:
        raise damaged(path, str(error)) from error
    except LookupError as error:
        raise damaged(path, f"something is missing in it ({error})") from error
    finally:
        if connection is not None:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    log = Path(f"{path}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    way = f"vfs={_WITHOUT_LOCKS}" if has_log else "immutable=1"
    uri = f"{path.absolute().as_uri()}?mode=ro&{way}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        if not has_log and _state(connection) == OPEN:
            text = f"was in use when its process ended, and its log {log} is missing. Put the log back beside it."
            raise refused(path, text)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    return int(version)


def _upgraded(connection: sqlite3.Connection) -> sqlite3.Connection:
    """What a connection reads, brought to this version in memory: the file stays as it is."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        with closing(connection):
            connection.backup(memory)
        migrate(memory)
    except BaseException:
        memory.close()
        raise
    return memory


def _state(connection: sqlite3.Connection) -> str:
    rows = connection.execute("SELECT value FROM state WHERE name = 'file'").fetchall()
    if len(rows) != 1:
        raise _WrongRowError("its state is missing")
    return str(rows[0][0])


def _check_structure(connection: sqlite3.Connection) -> None:
    findings = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
    if findings != ["ok"]:
        raise _WrongRowError(" ".join(str(findings[0]).split()) if findings else "it cannot be checked")
    # The one table with an index beside it, which the check above does not compare with it.
    findings = [row[0] for row in connection.execute("PRAGMA integrity_check('document')")]
    if findings != ["ok"]:
        raise _WrongRowError(" ".join(str(findings[0]).split()))


class Contents:
    """What is in a file. Each method raises `_WrongRowError` for a row that is not as it was written."""

    def __init__(self, connection: sqlite3.Connection, version: int) -> None:
        self._connection = connection
        self.version = version
        """That of the file; the contents are of this version."""

    def tables(self) -> list[Described]:
        """All tables, oldest first."""
        return self._described("dynamodb_table")

    def streams(self) -> list[Described]:
        """All streams, oldest first."""
        return self._described("stream")

    def _described(self, table: str) -> list[Described]:
        found: list[Described] = []
        for *row, total in self._rows(f"SELECT * FROM {table} ORDER BY number"):
            _check(total == checksum(*row), table, row[0])
            found.append((row[0], row[1], orjson.loads(row[2])))
        return found

    def items(self, table_number: int, *, with_sort_key: bool) -> Iterator[tuple[RowKey, Record]]:
        """The rows of a table, in their order."""
        query = (
            "SELECT hash, sort_key, size, encoded, checksum FROM item WHERE table_number = ? ORDER BY hash, sort_key"
        )
        for hashed, sort_key, size, encoded, total in self._rows(query, table_number):
            try:
                is_sound = total == item_checksum(table_number, hashed, sort_key, size, encoded)
            except (TypeError, AttributeError):
                is_sound = False
            _check(is_sound, "item", table_number)
            _check(with_sort_key or sort_key == NO_SORT_KEY, "item", table_number)
            yield (hashed, sort_key) if with_sort_key else (hashed,), Record.stored(encoded, size)

    def changes(self, stream_number: int) -> Iterator[ChangeRow]:
        """The changes of a stream, in their order."""
        query = "SELECT * FROM change WHERE stream_number = ? ORDER BY sequence"
        for *row, total in self._rows(query, stream_number):
            _check(total == checksum(*row), "change", stream_number)
            _, sequence, shard, at, hashed, by_service, old_size, old, new_size, new = row
            yield sequence, shard, at, hashed, bool(by_service), _image(old_size, old), _image(new_size, new)

    def copies(self) -> list[tuple[int, str, str, bool]]:
        """Number, region, ARN, and whether the keys of its rows have two parts; the rows are `items` of the number."""
        found = []
        for *row, total in self._rows("SELECT * FROM copy ORDER BY number"):
            _check(total == checksum(*row), "copy", row[0])
            found.append((row[0], row[1], row[2], bool(row[3])))
        return found

    def history(self, table_number: int) -> tuple[int, float, int] | None:
        """Days of the recovery period, since when all is known, and the number of the last change."""
        for *row, total in self._rows("SELECT * FROM history WHERE table_number = ?", table_number):
            _check(total == checksum(*row), "history", table_number)
            return row[1], row[2], row[3]
        return None

    def past_changes(self, table_number: int, *, with_sort_key: bool) -> Iterator[PastRow]:
        """The changes that the history of a table remembers, in their order."""
        query = "SELECT * FROM past_change WHERE table_number = ? ORDER BY number"
        for *row, total in self._rows(query, table_number):
            _check(total == checksum(*row), "past_change", table_number)
            _, number, at, hashed, sort_key, old_size, old, new_size, new = row
            key = _row_key(hashed, sort_key, with_sort_key=with_sort_key)
            yield number, at, key, _image(old_size, old), _image(new_size, new)

    def is_replica(self, table_number: int) -> bool:
        """Whether a table is a member of a global table."""
        for row, total in self._rows("SELECT * FROM replica WHERE table_number = ?", table_number):
            _check(total == checksum(row), "replica", table_number)
            return True
        return False

    def versions(self, table_number: int, *, with_sort_key: bool) -> Iterator[tuple[RowKey, bool, Version]]:
        """Row keys, whether the item is there, and its version or that of its deletion; oldest first."""
        query = "SELECT * FROM version WHERE table_number = ? ORDER BY at, number"
        for *row, total in self._rows(query, table_number):
            _check(total == checksum(*row), "version", table_number)
            _, hashed, sort_key, is_there, *version = row
            yield _row_key(hashed, sort_key, with_sort_key=with_sort_key), bool(is_there), Version(*version)

    def arrivals(self, table_number: int, *, with_sort_key: bool) -> Iterator[Arrival]:
        """What is on its way to a replica."""
        for *row, total in self._rows("SELECT * FROM arrival WHERE table_number = ?", table_number):
            _check(total == checksum(*row), "arrival", table_number)
            _, number, due, at, region, hashed, sort_key, size, encoded = row
            key = _row_key(hashed, sort_key, with_sort_key=with_sort_key)
            record = None if encoded is None else Record.stored(encoded, size)
            yield Arrival(due, Version(at, number, region), key, record)

    def tokens(self) -> Iterator[tuple[str, str, bytes, float]]:
        """Region, token, digest and time of completed transactions, oldest first."""
        for *row, total in self._rows("SELECT * FROM token ORDER BY at"):
            _check(total == checksum(*row), "token", row[1])
            yield row[0], row[1], row[2], row[3]

    def documents(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Region, kind, id and document, oldest first."""
        query = "SELECT region, kind, id, body, checksum FROM document ORDER BY number"
        for *row, total in self._rows(query):
            _check(total == checksum(*row), "document", row[2])
            yield row[0], row[1], row[2], orjson.loads(row[3])

    def check_all_belong(self) -> None:
        """Raise if there are items or changes of tables or streams that there are not."""
        tables = "SELECT number FROM dynamodb_table"
        for rows, number, owners in (
            ("item", "table_number", f"{tables} UNION SELECT number FROM copy"),
            ("change", "stream_number", "SELECT number FROM stream"),
            ("history", "table_number", tables),
            ("past_change", "table_number", "SELECT table_number FROM history"),
            ("replica", "table_number", tables),
            ("version", "table_number", "SELECT table_number FROM replica"),
            ("arrival", "table_number", "SELECT table_number FROM replica"),
        ):
            query = f"SELECT {number} FROM {rows} WHERE {number} NOT IN ({owners}) LIMIT 1"
            for (stray,) in self._rows(query):
                _check(False, rows, stray)

    def _rows(self, query: str, *parameters: object) -> Iterator[Any]:
        return self._connection.execute(query, parameters)


def _row_key(hashed: bytes, sort_key: str | bytes, *, with_sort_key: bool) -> RowKey:
    return (hashed, sort_key) if with_sort_key else (hashed,)


def _image(size: int, encoded: bytes | None) -> Image | None:
    return None if encoded is None else (size, encoded)


def _check(is_sound: bool, table: str, number: object) -> None:
    if not is_sound:
        raise _WrongRowError(f"a row of its table {table!r} ({number!r}) is not as it was written")
