"""Consumed capacity: units from bytes, and the shape of the answer.

Source: capacity.md; Developer Guide, "Read and write operations" and "capacity unit consumption".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator import limits
from emulator.storage.index import IndexChange, IndexKind, SecondaryIndex
from emulator.storage.vector_index import VectorIndexChange


def read_units(size: int, *, consistent: bool) -> float:
    """Read units for `size` bytes that are rounded up together, at least one minimum unit."""
    units = max(1, -(-size // limits.READ_UNIT_BYTES))
    return float(units) if consistent else units / 2


def write_units(size: int) -> float:
    """Write units for a row of `size` bytes, at least one."""
    return float(max(1, -(-size // limits.WRITE_UNIT_BYTES)))


def index_write_units(change: IndexChange) -> float:
    """Units that an index takes to follow a write: a row that moves is a delete and a put."""
    old, new = change.old_size, change.new_size
    if change.moved and old is not None and new is not None:
        return write_units(old) + write_units(new)
    return write_units(max(old or 0, new or 0))


def vector_write_bytes(change: VectorIndexChange) -> int:
    """Bytes that a vector index takes to follow a write (vectors.md 10.2); an entry that moves is taken out and put."""
    sizes = [max(size, limits.MIN_VECTOR_REQUEST_BYTES) for size in (change.old_size, change.new_size) if size]
    return sum(sizes) if change.moved else max(sizes)


IndexUnits = dict[str, float]


class WriteUnits:
    """Units of one or more writes to a table, by index; None where no index was touched."""

    __slots__ = ("indexes", "table", "vectors")

    def __init__(self) -> None:
        self.table = 0.0
        self.indexes: dict[IndexKind, IndexUnits] = {}
        self.vectors: dict[str, int] = {}
        """Bytes, not units, of vector indexes."""

    def add(self, size: int, changes: Iterable[IndexChange | VectorIndexChange]) -> None:
        """Count a write whose old and new item have at most `size` bytes."""
        self.table += write_units(size)
        for change in changes:
            if isinstance(change, VectorIndexChange):
                self.vectors[change.index] = self.vectors.get(change.index, 0) + vector_write_bytes(change)
                continue
            definition = change.index.definition
            arm = self.indexes.setdefault(definition.kind, {})
            arm[definition.name] = arm.get(definition.name, 0.0) + index_write_units(change)


def consumed_capacity(
    table_name: str, mode: str, table_units: float, indexes: dict[IndexKind, IndexUnits] | None = None
) -> dict[str, Any]:
    """The ConsumedCapacity object for mode TOTAL or INDEXES; `table_name` as the request gave it."""
    indexes = indexes or {}
    total = table_units + sum(sum(arm.values()) for arm in indexes.values())
    answer: dict[str, Any] = {"TableName": table_name, "CapacityUnits": total}
    if mode == "INDEXES":
        answer["Table"] = {"CapacityUnits": table_units}
        for kind, arm in indexes.items():
            if arm:
                answer[kind.value] = {name: {"CapacityUnits": units} for name, units in arm.items()}
    return answer


def write_capacity(table_name: str, mode: str, units: WriteUnits) -> dict[str, Any]:
    """The ConsumedCapacity object of writes."""
    return _with_vectors(consumed_capacity(table_name, mode, units.table, units.indexes), mode, units)


def transactional_write_capacity(table_name: str, mode: str, units: WriteUnits) -> dict[str, Any]:
    """The same for writes of a transaction, which take twice the units, but not twice the bytes."""
    answer = transactional_capacity(table_name, mode, "WriteCapacityUnits", units.table, units.indexes)
    return _with_vectors(answer, mode, units)


def _with_vectors(answer: dict[str, Any], mode: str, units: WriteUnits) -> dict[str, Any]:
    """The answer with what vector indexes took, in mode INDEXES (vectors.md 10.1)."""
    if mode == "INDEXES" and units.vectors:
        answer["VectorIndexes"] = {name: {"VectorWriteRequestBytes": size} for name, size in units.vectors.items()}
    return answer


def transactional_capacity(
    table_name: str,
    mode: str,
    member: str,
    table_units: float,
    indexes: dict[IndexKind, IndexUnits] | None = None,
) -> dict[str, Any]:
    """The ConsumedCapacity object of a transaction: twice the given units.

    `member` is ReadCapacityUnits or WriteCapacityUnits, which stands beside CapacityUnits everywhere.
    """
    arms = {kind: {name: 2 * units for name, units in arm.items()} for kind, arm in (indexes or {}).items()}
    answer = consumed_capacity(table_name, mode, 2 * table_units, arms)
    counted = [answer, answer.get("Table", {})]
    for kind in arms:
        counted += answer.get(kind.value, {}).values()
    for part in counted:
        if part:
            part[member] = part["CapacityUnits"]
    return answer


def wants_capacity(request: dict[str, Any]) -> str | None:
    """TOTAL or INDEXES if the request asks for consumed capacity."""
    mode: str | None = request.get("ReturnConsumedCapacity")
    return None if mode == "NONE" else mode


def index_arm(index: SecondaryIndex, units: float) -> dict[IndexKind, IndexUnits]:
    """The arm of a read that used one index."""
    return {index.definition.kind: {index.name: units}}
