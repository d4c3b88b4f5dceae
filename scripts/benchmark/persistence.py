"""Data kept in a file: what a write costs, how long reading it all again takes, and copies.

The file lies where temporary files do (TMPDIR): whether `full` waits for a disk depends on there being one.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from scripts.benchmark import boto3_calls, raw, workload
from scripts.benchmark.child import measured_in_child
from scripts.benchmark.figures import Figure, Measured, Unit
from scripts.benchmark.growth import REGION, TABLE, fill
from scripts.benchmark.raw import Load
from scripts.benchmark.servers import OUR_COMMAND, OURS, Target

DURABILITIES = ("process", "full")


# --- Writes ---------------------------------------------------------------------------------------


def server(durability: str) -> Target:
    """A server of ours that keeps its data in a file of the directory it runs in."""
    return Target(OURS, (*OUR_COMMAND, "--db-path", "bench.db", "--durability", durability))


def load(durability: str) -> Load:
    """PutItem over HTTP, as in the group `http`."""
    name = f"PutItem, {raw.CONNECTIONS} connections, durability {durability}"
    return replace(raw.PUT, name=name, group="persistence")


def put_figure(durability: str) -> Figure:
    return Figure("persistence", f"put_item in-process, durability {durability}", Unit.CALLS)


def in_process(durability: str, calls: int) -> Measured:
    """Raises ServerError."""
    with _file() as path:
        return measured_in_child("persistence", "puts", path=path, durability=durability, calls=calls)


def puts(path: str, durability: str, calls: int) -> Measured:
    from emulator import Emulator

    emulator = Emulator(path=path, durability=durability)
    rate = boto3_calls.put_rate(emulator.client(), calls)
    emulator.close()
    return {put_figure(durability).name: rate}


# --- Recovery -------------------------------------------------------------------------------------


def recovery_figure(count: int) -> Figure:
    return Figure("persistence", f"recovery of {count:,} items after a kill", Unit.MILLISECONDS)


def recovery(count: int) -> Measured:
    """Raises ServerError."""
    with _file() as path:
        measured_in_child("persistence", "fill_and_die", path=path, count=count)
        return measured_in_child("persistence", "recover", path=path, count=count)


def fill_and_die(path: str, count: int) -> Measured:
    """Put items into a file, and end the process without anything that is done at an orderly end."""
    from emulator import Emulator

    gateway = Emulator(path=path).gateway
    gateway.call("CreateTable", workload.encoded(workload.table(TABLE)), REGION)
    fill(gateway, count)
    print("{}", flush=True)
    os._exit(0)


def recover(path: str, count: int) -> Measured:
    from emulator import Emulator

    started = time.perf_counter()
    emulator = Emulator(path=path)
    milliseconds = (time.perf_counter() - started) * 1000
    found = emulator.tables()
    emulator.close()
    if found != {REGION: {TABLE: count}}:
        raise RuntimeError(f"found {found} after the kill")
    return {recovery_figure(count).name: milliseconds}


# --- Copies ---------------------------------------------------------------------------------------


def copy_figures(count: int) -> tuple[Figure, Figure]:
    save = Figure("persistence", f"save() of {count:,} items", Unit.MILLISECONDS)
    return save, Figure("persistence", f"Emulator.load() of {count:,} items", Unit.MILLISECONDS)


def copies(count: int) -> Measured:
    """Raises ServerError."""
    with _file() as path:
        return measured_in_child("persistence", "save_and_load", path=path, count=count)


def save_and_load(path: str, count: int) -> Measured:
    from emulator import Emulator

    emulator = Emulator()
    emulator.gateway.call("CreateTable", workload.encoded(workload.table(TABLE)), REGION)
    fill(emulator.gateway, count)
    started = time.perf_counter()
    emulator.save(path)
    saved = time.perf_counter()
    loaded = Emulator.load(path)
    ended = time.perf_counter()
    if loaded.tables() != emulator.tables():
        raise RuntimeError(f"found {loaded.tables()} in the copy")
    save, load_ = copy_figures(count)
    return {save.name: (saved - started) * 1000, load_.name: (ended - saved) * 1000}


@contextmanager
def _file() -> Iterator[str]:
    """The name of a file that is not there yet."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as directory:
        yield str(Path(directory) / "bench.db")
