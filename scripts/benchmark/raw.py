"""Raw requests over HTTP: wrk sends them on 16 connections of one thread, and reports rate and 99th percentile.

Each run is preceded by one request whose answer is looked at, and by a warm-up. A run in which any answer was no
success is worth nothing, and its cells say so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from scripts.benchmark import workload
from scripts.benchmark.figures import Fault, Figure, Measured, Unit
from scripts.benchmark.servers import Server, ServerError
from scripts.benchmark.workload import Request, Sizes

CONNECTIONS = 16
_WARM_UP_SECONDS = 1
_ANSWER_SECONDS = 30
_SCRIPT = Path(__file__).with_name("requests.lua")
_MARK = "measured "

MISSING_WRK = (
    "wrk is not installed, so raw requests over HTTP are left out. "
    "To have them: apt-get install wrk (Debian, Ubuntu), brew install wrk (macOS)."
)


def is_installed() -> bool:
    return shutil.which("wrk") is not None


class Counts(NamedTuple):
    """What wrk counted in a run. `refused` are answers of status 400 and more, `lost` those that did not come."""

    requests: int
    microseconds: int
    p99: float
    refused: int
    lost: int


def counts_of(output: str) -> Counts:
    """Read the line that requests.lua prints. Raises ValueError if there is none."""
    for line in output.splitlines():
        if line.startswith(_MARK):
            return Counts(**json.loads(line.removeprefix(_MARK)))
    raise ValueError("wrk printed no counts")


@dataclass(frozen=True, slots=True)
class Load:
    """A kind of request that is sent over and over. `items` is how many items one of them writes, where that counts."""

    name: str
    operation: str
    table: str
    requests: Callable[[Sizes], list[Request]]
    is_right: Callable[[dict[str, Any]], bool] = lambda answer: True
    items: int | None = None
    group: str = "http"

    @property
    def figures(self) -> tuple[Figure, Figure]:
        rate = Figure(self.group, self.name, Unit.REQUESTS if self.items is None else Unit.ITEMS)
        return rate, Figure(self.group, f"{self.name}: 99th percentile", Unit.MILLISECONDS)

    def measure(self, server: Server, sizes: Sizes) -> Measured:
        """Raises ServerError."""
        if server.make_table(self.table):
            server.load(self.table, contents(self.table, sizes))
        bodies = [workload.encoded(request) for request in self.requests(sizes)]
        if not self.is_right(json.loads(server.post(self.operation, bodies[0]))):
            return {figure.name: Fault("WRONG answer") for figure in self.figures}
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            file = Path(directory) / "bodies"
            file.write_bytes(b"\n".join(bodies) + b"\n")
            _run(server.port, self.operation, file, _WARM_UP_SECONDS)
            counts = _run(server.port, self.operation, file, sizes.seconds)
        if not server.is_running:
            raise ServerError("died")
        return self.read(counts)

    def read(self, counts: Counts) -> Measured:
        rate, p99 = self.figures
        bad = counts.refused + counts.lost
        if bad or not counts.requests:
            failed = f"{bad:,} of {counts.requests + counts.lost:,} requests failed"
            fault = Fault(f"INVALID: {failed if bad else 'no answer in time'}")
            return {rate.name: fault, p99.name: fault}
        a_second = counts.requests / counts.microseconds * 1_000_000
        return {rate.name: a_second * (self.items or 1), p99.name: counts.p99 / 1000}


def _run(port: int, operation: str, bodies: Path, seconds: int) -> Counts:
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"--timeout={_ANSWER_SECONDS}s", f"-s{_SCRIPT}"]
    command = ["wrk", *options, f"http://127.0.0.1:{port}/", "--", operation, str(bodies)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return counts_of(done.stdout)
    except ValueError:
        message = (done.stderr or done.stdout).strip().splitlines()
        raise ServerError(f"wrk failed: {message[-1] if message else 'it says nothing'}") from None


# --- The kinds ------------------------------------------------------------------------------------

_SMALL, _LARGE, _BATCHES = "small", "large", "batches"


def contents(table: str, sizes: Sizes) -> list[bytes]:
    """The batches that fill a table before it is measured."""
    if table == _SMALL:
        return workload.batches(table, sizes.keys)
    if table == _LARGE:
        return workload.batches(table, sizes.large_keys, workload.large_item)
    return []


def _puts(sizes: Sizes) -> list[Request]:
    return [workload.put(_SMALL, workload.small_item(k, sizes.keys)) for k in workload.shuffled(sizes.keys)]


def _gets(sizes: Sizes) -> list[Request]:
    return [workload.get(_SMALL, k, sizes.keys) for k in workload.shuffled(sizes.keys)]


def _updates(sizes: Sizes) -> list[Request]:
    return [workload.conditional_update(_SMALL, k, sizes.keys) for k in workload.shuffled(sizes.keys)]


def _queries(sizes: Sizes) -> list[Request]:
    return [workload.query(_SMALL, k, sizes.keys) for k in workload.shuffled(sizes.keys // workload.COLLECTION)]


def _large_puts(sizes: Sizes) -> list[Request]:
    count = sizes.large_keys
    return [workload.put(_LARGE, workload.large_item(k, count)) for k in workload.shuffled(count)]


def _large_gets(sizes: Sizes) -> list[Request]:
    return [workload.get(_LARGE, k, sizes.large_keys) for k in workload.shuffled(sizes.large_keys)]


def _batches(sizes: Sizes) -> list[Request]:
    starts = workload.shuffled(sizes.keys, workload.BATCH)
    return [
        workload.batch(_BATCHES, [workload.small_item(k, sizes.keys) for k in range(start, start + workload.BATCH)])
        for start in starts
    ]


def _transactions(sizes: Sizes) -> list[Request]:
    """Those under way at the same time never share an item, so that none is cancelled for it."""
    starts = workload.shuffled(sizes.keys, workload.TRANSACTION)
    return [workload.transaction(_SMALL, start, sizes.keys) for start in starts]


PUT = Load("PutItem", "PutItem", _SMALL, _puts)
LOADS = (
    PUT,
    Load("GetItem", "GetItem", _SMALL, _gets, lambda answer: len(answer.get("Item", ())) >= 6),
    Load("UpdateItem with a condition", "UpdateItem", _SMALL, _updates),
    Load("Query of 40 items", "Query", _SMALL, _queries, lambda answer: answer.get("Count") == workload.COLLECTION),
    Load("PutItem, 4 KB", "PutItem", _LARGE, _large_puts),
    Load("GetItem, 4 KB", "GetItem", _LARGE, _large_gets, lambda answer: "text" in answer.get("Item", ())),
    Load(
        "BatchWriteItem of 25",
        "BatchWriteItem",
        _BATCHES,
        _batches,
        lambda answer: not answer.get("UnprocessedItems"),
        workload.BATCH,
    ),
    Load("TransactWriteItems of 4", "TransactWriteItems", _SMALL, _transactions),
)
