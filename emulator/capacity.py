"""Consumed capacity: units from bytes, and the shape of the answer.

Source: capacity.md; Developer Guide, "Read and write operations" and "capacity unit consumption".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator import limits
from emulator.storage.index import IndexChange, IndexKind, SecondaryIndex


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


IndexUnits = dict[str, float]


class WriteUnits:
    """Units of one or more writes to a table, by index; None where no index was touched."""

    __slots__ = ("indexes", "table")

    def __init__(self) -> None:
        self.table = 0.0
        self.indexes: dict[IndexKind, IndexUnits] = {}

    def add(self, size: int, changes: Iterable[IndexChange]) -> None:
        """Count a write whose old and new item have at most `size` bytes."""
        self.table += write_units(size)
        for change in changes:
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
