"""What a file looks like: SQLite tables, their versions, and the checksums of their rows.

Every row has a checksum of all that is in it. SQLite finds damage to its own structure, but not to the contents.
A file's version is its `user_version`; version N is made from N - 1 by the Nth script of `MIGRATIONS`.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

APPLICATION_ID: Final = 0x44796E61
"""In the header of each file: `Dyna`."""

MIGRATIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE dynamodb_table (
        number INTEGER PRIMARY KEY, region TEXT NOT NULL, description TEXT NOT NULL, checksum INTEGER NOT NULL
    );
    CREATE TABLE item (
        table_number INTEGER NOT NULL, hash BLOB NOT NULL, sort_key NOT NULL,
        size INTEGER NOT NULL, encoded BLOB NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (table_number, hash, sort_key)
    ) WITHOUT ROWID;
    CREATE TABLE stream (
        number INTEGER PRIMARY KEY, region TEXT NOT NULL, description TEXT NOT NULL, checksum INTEGER NOT NULL
    );
    CREATE TABLE change (
        stream_number INTEGER NOT NULL, sequence INTEGER NOT NULL, shard INTEGER NOT NULL, at REAL NOT NULL,
        hash BLOB NOT NULL, by_service INTEGER NOT NULL, old_size INTEGER, old BLOB, new_size INTEGER, new BLOB,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (stream_number, sequence)
    ) WITHOUT ROWID;
    CREATE TABLE token (
        region TEXT NOT NULL, token TEXT NOT NULL, digest BLOB NOT NULL, at REAL NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (region, token)
    ) WITHOUT ROWID;
    CREATE TABLE document (
        number INTEGER PRIMARY KEY, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
        checksum INTEGER NOT NULL, UNIQUE (region, kind, id)
    );
    """,
    # Backups, whose rows are items of the copy's number, and point-in-time recovery.
    """
    CREATE TABLE copy (
        number INTEGER PRIMARY KEY, region TEXT NOT NULL, arn TEXT NOT NULL, with_sort_key INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    );
    CREATE TABLE history (
        table_number INTEGER PRIMARY KEY, period_days INTEGER NOT NULL, known_since REAL NOT NULL,
        last_number INTEGER NOT NULL, checksum INTEGER NOT NULL
    );
    CREATE TABLE past_change (
        table_number INTEGER NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL,
        hash BLOB NOT NULL, sort_key NOT NULL, old_size INTEGER, old BLOB, new_size INTEGER, new BLOB,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (table_number, number)
    ) WITHOUT ROWID;
    """,
    # Global tables: which tables are members, the versions of their items, and what is on its way to them.
    """
    CREATE TABLE replica (table_number INTEGER PRIMARY KEY, checksum INTEGER NOT NULL);
    CREATE TABLE version (
        table_number INTEGER NOT NULL, hash BLOB NOT NULL, sort_key NOT NULL, is_there INTEGER NOT NULL,
        at REAL NOT NULL, number INTEGER NOT NULL, region TEXT NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (table_number, hash, sort_key)
    ) WITHOUT ROWID;
    CREATE TABLE arrival (
        table_number INTEGER NOT NULL, number INTEGER NOT NULL, due REAL NOT NULL, at REAL NOT NULL,
        region TEXT NOT NULL, hash BLOB NOT NULL, sort_key NOT NULL, size INTEGER, encoded BLOB,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (table_number, number)
    ) WITHOUT ROWID;
    """,
)

VERSION: Final = len(MIGRATIONS)

OPEN: Final = "open"
CLOSED: Final = "closed"
"""Values of the state `file`: whether whoever wrote it last was done with it."""

NO_SORT_KEY: Final = b""


def item_checksum(table_number: int, hashed: bytes, sort_key: str | bytes, size: int, encoded: bytes) -> int:
    """The checksum of a row of `item`. Written out, since each item that is stored or loaded needs it."""
    plain = sort_key.encode() if isinstance(sort_key, str) else sort_key
    return crc32(encoded, crc32(plain, crc32(hashed, (table_number << 24 ^ size) & 0xFFFFFFFF)))


def checksum(*values: object) -> int:
    """The checksum of a row of any other table: of its values in order."""
    total = 0
    for value in values:
        plain = value if isinstance(value, bytes) else repr(value).encode()
        total = crc32(plain, crc32(b"%d" % len(plain), total))
    return total
