"""What a table costs as it grows: time of a request beside that at a thousand items, memory an item.

All in one process: through the gateway, where every road in ends, with bodies that are encoded beforehand; and through
boto3 in the process, which is what a caller sees.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

from scripts.benchmark import workload
from scripts.benchmark.figures import Figure, Measured, Unit
from scripts.benchmark.servers import resident_kib
from scripts.benchmark.workload import Request

REGION = "us-east-1"
TABLE = "growth"
_TURNS = 10
_CALLS = 500
_CHUNK = 100  # batches that are encoded ahead of the clock

_REQUESTS: dict[str, Callable[[int, int], Request]] = {
    "PutItem": lambda k, count: workload.put(TABLE, workload.small_item(k, count)),
    "GetItem": lambda k, count: workload.get(TABLE, k, count),
    "Query": lambda k, count: workload.query(TABLE, k, count),
}


_BY_BOTO3: dict[str, Callable[[Any, int, int], Any]] = {
    "boto3 put_item": lambda client, k, count: client.put_item(**workload.put(TABLE, workload.small_item(k, count))),
    "boto3 get_item": lambda client, k, count: client.get_item(**workload.get(TABLE, k, count)),
}


def figures(counts: Sequence[int]) -> tuple[Figure, ...]:
    names = (*_REQUESTS, *_BY_BOTO3)
    times = [Figure("growth", _time_name(name, count), Unit.MICROSECONDS) for name in names for count in counts]
    smallest, *larger = counts
    ratios = [Figure("growth", _ratio_name(name, count, smallest), Unit.TIMES) for name in names for count in larger]
    return (*times, *ratios)


def _time_name(operation: str, count: int) -> str:
    return f"{operation} among {count:,} items"


def _ratio_name(operation: str, count: int, smallest: int) -> str:
    return f"{operation} among {count:,} items, beside {smallest:,}"


def cost(counts: Sequence[int]) -> Measured:
    """Microseconds a request for each size of the table, the sizes in turn: medians of the turns."""
    emulators = {count: _loaded(count) for count in counts}
    clients = {count: emulator.client() for count, emulator in emulators.items()}
    rng = Random(1)
    measured: Measured = {}

    def at_gateway(operation: str, request: Callable[[int, int], Request], count: int) -> float:
        bodies = [workload.encoded(request(rng.randrange(count), count)) for _ in range(_CALLS)]
        return _seconds(emulators[count].gateway, operation, bodies)

    def by_boto3(call: Callable[[Any, int, int], Any], count: int) -> float:
        numbers = [rng.randrange(count) for _ in range(_CALLS)]
        started = time.perf_counter()
        for k in numbers:
            call(clients[count], k, count)
        return time.perf_counter() - started

    for operation, request in _REQUESTS.items():
        measured |= _in_turn(operation, counts, partial(at_gateway, operation, request))
    for name, call in _BY_BOTO3.items():
        measured |= _in_turn(name, counts, partial(by_boto3, call))
    return measured


def _in_turn(name: str, counts: Sequence[int], seconds: Callable[[int], float]) -> Measured:
    """Medians of the turns, and what they are beside the smallest table's; `seconds` are those of one turn."""
    times: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(_TURNS + 1):
        for count in counts:
            gc.collect(1)  # the young: going through a million items again and again would take minutes
            times[count].append(seconds(count) / _CALLS * 1_000_000)
    medians = {count: statistics.median(taken[1:]) for count, taken in times.items()}  # the first is the warm-up
    smallest, *larger = counts
    measured: Measured = {_time_name(name, count): median for count, median in medians.items()}
    return measured | {_ratio_name(name, count, smallest): medians[count] / medians[smallest] for count in larger}


def memory_figures(count: int) -> tuple[Figure, Figure]:
    load = Figure("memory", f"load of {count:,} items", Unit.ITEMS)
    return load, Figure("memory", f"memory an item among {count:,}, all in", Unit.BYTES)


def memory(count: int) -> Measured:
    """Load a table, and see how much the process has grown."""
    fill(_empty().gateway, _CHUNK * workload.BATCH)  # what any load leaves behind is none of these items
    gateway = _empty().gateway
    gc.collect()
    before = resident_kib(os.getpid())
    seconds = fill(gateway, count)
    gc.collect()
    load, growth = memory_figures(count)
    return {load.name: count / seconds, growth.name: (resident_kib(os.getpid()) - before) * 1024 / count}


def fill(gateway: Any, count: int) -> float:
    """Put `count` items in batches; the seconds that took."""
    seconds = 0.0
    step = _CHUNK * workload.BATCH
    for start in range(0, count, step):
        stop = min(start + step, count)
        bodies = [
            workload.encoded(workload.batch(TABLE, _items(first, min(first + workload.BATCH, stop), count)))
            for first in range(start, stop, workload.BATCH)
        ]
        seconds += _seconds(gateway, "BatchWriteItem", bodies)
    return seconds


def _items(start: int, stop: int, count: int) -> list[Request]:
    return [workload.small_item(k, count) for k in range(start, stop)]


def _empty() -> Any:
    from emulator import Emulator

    emulator = Emulator()
    emulator.gateway.call("CreateTable", workload.encoded(workload.table(TABLE)), REGION)
    return emulator


def _loaded(count: int) -> Any:
    emulator = _empty()
    fill(emulator.gateway, count)
    return emulator


def _seconds(gateway: Any, operation: str, bodies: list[bytes]) -> float:
    started = time.perf_counter()
    replies = [gateway.call(operation, body, REGION) for body in bodies]
    seconds = time.perf_counter() - started
    for reply in replies:
        if reply.status != 200:
            raise RuntimeError(f"{operation} was answered {reply.body[:200]!r}")
    return seconds
