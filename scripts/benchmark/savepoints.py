"""Savepoints: what going back costs after some changes, in tables of several sizes."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Sequence
from typing import Any

from scripts.benchmark import workload
from scripts.benchmark.figures import Figure, Measured, Unit
from scripts.benchmark.growth import REGION, TABLE, fill

_REPEATS = 9


def figures(counts: Sequence[int], changes: int) -> tuple[Figure, ...]:
    return tuple(Figure("savepoints", _name(count, changes), Unit.MILLISECONDS) for count in counts)


def _name(count: int, changes: int) -> str:
    return f"savepoint and restore after {changes:,} changes among {count:,} items"


def cost(counts: Sequence[int], changes: int) -> Measured:
    """Milliseconds of `savepoint()` and `restore()` together, without the changes: medians."""
    return {_name(count, changes): _cost(count, changes) for count in counts}


def _cost(count: int, changes: int) -> float:
    from emulator import Emulator

    emulator = Emulator()
    gateway = emulator.gateway
    gateway.call("CreateTable", workload.encoded(workload.table(TABLE)), REGION)
    fill(gateway, count)
    before = _sample(gateway, count)
    times = []
    for _ in range(_REPEATS):
        gc.collect()
        started = time.perf_counter()
        savepoint = emulator.savepoint()
        taken = time.perf_counter() - started
        _change(gateway, count, changes)
        started = time.perf_counter()
        savepoint.restore()
        times.append((taken + time.perf_counter() - started) * 1000)
        savepoint.release()
        if emulator.tables() != {REGION: {TABLE: count}} or _sample(gateway, count) != before:
            raise RuntimeError("restore() did not bring everything back")
    return statistics.median(times)


def _change(gateway: Any, count: int, changes: int) -> None:
    """Updates of items, deletions and new items, a third of each."""
    for k in range(changes):
        old = k * 7 % count
        if k % 3 == 0:
            _call(gateway, "UpdateItem", workload.conditional_update(TABLE, _standing(old), count))
        elif k % 3 == 1:
            _call(gateway, "DeleteItem", workload.get(TABLE, old | 1, count))
        else:
            _call(gateway, "PutItem", workload.put(TABLE, workload.small_item(count + k, count)))


def _standing(k: int) -> int:
    """An item with an even number: those are never deleted."""
    return k & ~1


def _sample(gateway: Any, count: int) -> list[bytes]:
    """Some items as they are read, of changed ones and others."""
    return [_call(gateway, "GetItem", workload.get(TABLE, k, count)) for k in range(min(count, 200))]


def _call(gateway: Any, operation: str, request: workload.Request) -> bytes:
    reply = gateway.call(operation, workload.encoded(request), REGION)
    if reply.status != 200:
        raise RuntimeError(f"{operation} was answered {reply.body[:200]!r}")
    body: bytes = reply.body
    return body
