"""Rows: the records of a table or an index in the service's order, spread over hash partitions.

A row key is a tuple that starts with the 16-byte hash of the partition key, followed by the sort key values
and, in an index, by the hash of the table's key. All row keys of one `Rows` have the same length and the same
types, so the order of tuples is the order of the service:

    table            (hash,) or (hash, sort key)
    index            (hash, sort key ..., hash of the table's key)

A range is half open, [lower, upper), and its bounds may be shorter or longer than row keys: a prefix stands
before all keys that begin with it, and `key + (b"",)` stands just behind `key`.

A partition is one hash range. It knows keys and records, not schemas or requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from sortedcontainers import SortedDict

from emulator.storage.record import Record
from emulator.storage.undo import UndoLog
from emulator.values.keys import key_successor
from emulator.values.types import SortableKey

RowKey: TypeAlias = tuple[SortableKey, ...]
Partition: TypeAlias = "SortedDict[RowKey, Record]"

FIRST: RowKey = (b"",)
LAST: RowKey = (b"\xff" * 17,)


def end_of(prefix: RowKey) -> RowKey:
    """The bound just behind all row keys that begin with `prefix`."""
    return (*prefix[:-1], key_successor(prefix[-1]))


def just_after(key: RowKey) -> RowKey:
    """The bound just behind the row key `key`."""
    return (*key, b"")


class Rows:
    """Records by row key. Finding, adding and removing one costs O(log n) of its partition.

    Callers hold the emulator's lock; iterate and change in turn, not at once.
    """

    __slots__ = ("_is_kept", "_partitions", "_undo", "size")

    def __init__(self, undo: UndoLog, partitions: int = 1, *, is_kept: bool = False) -> None:
        self._undo = undo
        self._is_kept = is_kept  # in the file, if there is one: so are the rows of tables, not those of indexes
        self._partitions: list[Partition] = [SortedDict() for _ in range(partitions)]
        self.size = 0
        """Bytes of all records."""

    def __len__(self) -> int:
        return sum(map(len, self._partitions))

    @property
    def partition_count(self) -> int:
        return len(self._partitions)

    def _partition(self, key: RowKey) -> Partition:
        partitions = self._partitions
        if len(partitions) == 1:
            return partitions[0]
        return partitions[key[0][0] * len(partitions) >> 8]  # type: ignore[operator]  # `_partition_at`, inline

    def partition_number(self, key: RowKey) -> int:
        """Which one of its partitions a row is in, from 0."""
        return self._partition_at(key[0])  # type: ignore[arg-type]

    def _partition_at(self, hashed: bytes) -> int:
        """The index of the partition that holds hash `hashed` (or a prefix of one, as bounds have).

        One byte tells, since there are at most 256 partitions.
        """
        return (hashed[0] if hashed else 0) * len(self._partitions) >> 8

    def _last_below(self, bound: bytes) -> int:
        """The index of the last partition with hashes below `bound`, which is not the least of all."""
        start = bound.rstrip(b"\0")
        return self._partition_at(start if len(start) > 1 else bytes([start[0] - 1]))

    def get(self, key: RowKey) -> Record | None:
        return self._partition(key).get(key)  # type: ignore[no-any-return]

    def put(self, key: RowKey, record: Record) -> None:
        """Store `record` under `key`, in place of what is there."""
        partition = self._partition(key)
        old = partition.get(key)
        if old is None:
            partition[key] = record
            self.size += record.size
        else:
            dict.__setitem__(partition, key, record)  # the order of keys stays: a third of the time
            self.size += record.size - old.size
        if self._undo.recording:
            self._note(key, old)

    def remove(self, key: RowKey) -> None:
        """Forget the record under `key`, if there is one."""
        old = self._partition(key).pop(key, None)
        if old is not None:
            self.size -= old.size
            if self._undo.recording:
                self._note(key, old)

    def _note(self, key: RowKey, old: Record | None) -> None:
        self._undo.add(lambda: self._put_back(key, old))
        self._mark(key)

    def _put_back(self, key: RowKey, old: Record | None) -> None:
        if old is None:
            self.remove(key)
        else:
            self.put(key, old)
        self._mark(key)

    def _mark(self, key: RowKey) -> None:
        if self._is_kept and self._undo.unsaved is not None:
            self._undo.unsaved.items.add((self, key))

    def pieces(
        self, lower: RowKey, upper: RowKey, *, reverse: bool = False
    ) -> Iterator[tuple[Partition, Iterator[RowKey]]]:
        """The row keys in [lower, upper), in order or in reverse, for each partition that the range touches."""
        first = self._partition_at(lower[0])  # type: ignore[arg-type]
        last = self._partition_at(upper[0])  # type: ignore[arg-type]
        if last > first:
            last = self._last_below(upper[0])  # type: ignore[arg-type]
        touched = range(first, last + 1)
        for at in reversed(touched) if reverse else touched:
            partition = self._partitions[at]
            yield partition, partition.irange(lower, upper, (True, False), reverse)

    def __iter__(self) -> Iterator[tuple[RowKey, Record]]:
        """All rows, in order."""
        for partition in self._partitions:
            yield from partition.items()

    def neighbour(self, key: RowKey, *, reverse: bool = False) -> RowKey | None:
        """The next row key of the same partition in the direction of a read, if there is one."""
        partition = self._partition(key)
        after = partition.irange(None, key, (True, False), True) if reverse else partition.irange(just_after(key))
        return next(after, None)

    def split_into(self, count: int) -> None:
        """Spread the rows over more partitions; never fewer, as on the service."""
        if count <= len(self._partitions):
            return
        before = self._partitions
        self._undo.add(lambda: self._become(before))
        after = list(self)
        self._partitions = [SortedDict() for _ in range(count)]
        for key, record in after:
            self._partition(key)[key] = record

    def _become(self, partitions: list[Partition]) -> None:
        """Undo a split. Later changes were undone before, so the old partitions are right again."""
        self._partitions = partitions

    def load(self, rows: Iterable[tuple[RowKey, Record]]) -> None:
        """Put the first rows; nothing is noted for the undo log, since undoing drops all of these `Rows`."""
        spread: list[dict[RowKey, Record]] = [{} for _ in self._partitions]
        for key, record in rows:
            spread[self._partition_at(key[0])][key] = record  # type: ignore[arg-type]
            self.size += record.size
        for partition, loaded in zip(self._partitions, spread, strict=True):
            partition.update(loaded)  # sorts once
