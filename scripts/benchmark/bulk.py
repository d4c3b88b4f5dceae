"""A table of many items, over one connection: loaded in batches, then read through a filter, page by page."""

from __future__ import annotations

import time

import orjson

from scripts.benchmark import workload
from scripts.benchmark.figures import Fault, Figure, Measured, Unit, Value
from scripts.benchmark.servers import Server, ServerError
from scripts.benchmark.workload import Sizes

LOAD = Figure("bulk", "BatchWriteItem of 25, one after the other", Unit.ITEMS)
SCAN = Figure("bulk", "filtered Scan, page by page", Unit.ITEMS)
FIGURES = (LOAD, SCAN)

_TABLE = "bulk"
_SCANS = 3
_PATIENCE_SECONDS = 120


def measure(server: Server, sizes: Sizes) -> Measured:
    """Raises ServerError."""
    count = sizes.bulk_items
    server.make_table(_TABLE)
    bodies = workload.batches(_TABLE, count)
    started = time.perf_counter()
    for body in bodies:
        if orjson.loads(server.post("BatchWriteItem", body)).get("UnprocessedItems"):
            raise ServerError("left items of a batch unprocessed")
        if time.perf_counter() - started > _PATIENCE_SECONDS:
            raise ServerError(f"took more than {_PATIENCE_SECONDS} s to load {count:,} items")
    load = count / (time.perf_counter() - started)
    return {LOAD.name: load, SCAN.name: _scan_rate(server, count)}


def _scan_rate(server: Server, count: int) -> Value:
    """Items a second of a few scans; of fewer where they take long."""
    started = time.perf_counter()
    done = 0
    while done < _SCANS and time.perf_counter() - started < 10:
        found = _scan(server, started + _PATIENCE_SECONDS)
        if found is None:
            return Fault(f"took more than {_PATIENCE_SECONDS} s")
        if found != (count, workload.matches(count)):
            return Fault(f"WRONG: {found[1]:,} of {found[0]:,}, not {workload.matches(count):,} of {count:,}")
        done += 1
    return done * count / (time.perf_counter() - started)


def _scan(server: Server, deadline: float) -> tuple[int, int] | None:
    """How many items were scanned, and how many matched; None if it took too long."""
    scanned = matched = 0
    request = workload.filtered_scan(_TABLE)
    while True:
        page = orjson.loads(server.post("Scan", orjson.dumps(request)))
        scanned += page["ScannedCount"]
        matched += len(page["Items"])
        if "LastEvaluatedKey" not in page:
            return scanned, matched
        if time.perf_counter() > deadline:
            return None
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
