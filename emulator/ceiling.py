"""The memory ceiling: how much data an emulator may hold before writes are refused.

What counts is an estimate of what the data takes in memory, not what the process takes: that keeps what it once had,
so deleting would not help. The estimate is taken anew after so many writes that one of the largest could not have
crossed the ceiling before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.context import table_name
from emulator.storage.database import Database
from emulator.storage.record import larger_size
from emulator.storage.table import Table

_ROW_BYTES = 300  # of a table: the record, its key, and their places in the ordered map
_INDEX_ROW_BYTES = 350
_CHANGE_BYTES = 250  # of a stream or a history, beside the image before it
_VERSION_BYTES = 300  # of a replica's item, or of its deletion
_COPIED_ROW_BYTES = 80  # of a backup, beside the records, which it shares with its table while that is there
_ENCODED = 1.5  # bytes of JSON for each byte of an item, more or less
_LARGEST_GROWTH = 4 * limits.MAX_REQUEST_BODY_BYTES

_GROWING = frozenset(("PutItem", "UpdateItem"))
_GROWING_MUCH = frozenset(("ImportTable", "RestoreTableFromBackup", "RestoreTableToPointInTime", "StartBulkPutItems"))


class Ceiling:
    """Refuses what would add data beyond `ceiling` bytes. Callers hold the emulator's lock."""

    def __init__(self, ceiling: int, databases: Mapping[str, Database]) -> None:
        self._ceiling = ceiling
        self._databases = databases
        self._unwatched = 0
        """Requests that may pass before the data is measured again."""

    def check(self, operation: str, request: Mapping[str, Any]) -> None:
        """Raise LimitExceededException if the request adds data and there is too much already."""
        if not _adds_data(operation, request):
            return
        if operation in _GROWING_MUCH:
            self._unwatched = 0
        if self._unwatched > 0:
            self._unwatched -= 1
            return
        used = self.used()
        if used >= self._ceiling:
            raise ServiceError(errors.MEMORY_CEILING, ceiling=self._ceiling, used=used)
        if operation not in _GROWING_MUCH:
            self._unwatched = (self._ceiling - used) // _LARGEST_GROWTH

    def used(self) -> int:
        """Bytes that all data takes, more or less."""
        total = 0.0
        for database in self._databases.values():
            total += sum(map(_table_bytes, database.tables.values()))
            for stream in database.streams.values():
                total += _CHANGE_BYTES * len(stream) + _ENCODED * stream.size
            for arn, rows in database.copies:
                total += _COPIED_ROW_BYTES * len(rows)
                if table_name(arn) not in database.tables:
                    total += _ENCODED * sum(record.size for _, record in rows)
        return int(total)


def _table_bytes(table: Table) -> float:
    total = _ENCODED * table.rows.size + _ROW_BYTES * len(table.rows)
    for index in table.indexes.values():
        shared = index.projects_all
        total += _INDEX_ROW_BYTES * len(index.rows) + (0 if shared else _ENCODED * index.rows.size)
    if table.history is not None:
        total += _CHANGE_BYTES * len(table.history) + _ENCODED * table.history.size
    if table.replica is not None:
        total += _VERSION_BYTES * (len(table.replica.versions) + len(table.replica.tombstones))
        total += sum(_CHANGE_BYTES + _ENCODED * larger_size(None, each.record) for each in table.replica.arriving)
    for vectors in (table.vectors or {}).values():
        total += _INDEX_ROW_BYTES * len(vectors) + vectors.size
    return total


def _adds_data(operation: str, request: Mapping[str, Any]) -> bool:
    """Whether a request puts or changes items; what only deletes or reads is always let through."""
    if operation in _GROWING or operation in _GROWING_MUCH:
        return True
    if operation == "BatchWriteItem":
        return any("PutRequest" in write for writes in request["RequestItems"].values() for write in writes)
    if operation == "TransactWriteItems":
        return any("Put" in action or "Update" in action for action in request["TransactItems"])
    if operation == "ExecuteStatement":
        return _statement_adds(request)
    statements = request.get("Statements") or request.get("TransactStatements") or ()
    return any(map(_statement_adds, statements))


def _statement_adds(statement: Mapping[str, Any]) -> bool:
    return statement["Statement"].lstrip()[:6].upper() in ("INSERT", "UPDATE")
