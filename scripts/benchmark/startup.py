"""How long it takes until something answers: a server, an import, an `Emulator()`."""

from __future__ import annotations

import importlib
import statistics
import time

from scripts.benchmark.child import measured_in_child
from scripts.benchmark.figures import Figure, Measured, Unit, Value
from scripts.benchmark.servers import Target, running
from scripts.benchmark.workload import Sizes

SERVER = Figure("start", "server: launch to first good answer", Unit.MILLISECONDS)
IMPORT = Figure("start", "import emulator, all public names", Unit.MILLISECONDS)
IMPORT_ONE = Figure("start", "from emulator import Emulator", Unit.MILLISECONDS)
FRESH = Figure("start", "a fresh Emulator()", Unit.MILLISECONDS)
OWN_FIGURES = (IMPORT, IMPORT_ONE, FRESH)

_IMPORTS = 7
_INSTANCES = 500


def server(target: Target, sizes: Sizes) -> Measured:
    """The median of some starts. Raises ServerError."""
    times = []
    for _ in range(sizes.starts):
        with running(target) as started:
            times.append(started.milliseconds_to_answer)
    return {SERVER.name: statistics.median(times)}


def in_process() -> Measured:
    """Raises ServerError."""
    return {
        IMPORT.name: _import_milliseconds([]),
        IMPORT_ONE.name: _import_milliseconds(["Emulator"]),
        **measured_in_child("startup", "instances"),
    }


def _import_milliseconds(names: list[str]) -> Value:
    """The median of some fresh processes."""
    runs = [measured_in_child("startup", "imported", names=names) for _ in range(_IMPORTS)]
    return statistics.median(
        milliseconds for run in runs for milliseconds in run.values() if isinstance(milliseconds, float)
    )


def imported(names: list[str]) -> Measured:
    """Time of the import of some public names, or of all; what they are loads when they are asked for."""
    started = time.perf_counter()
    emulator = importlib.import_module("emulator")
    for name in names or emulator.__all__:
        getattr(emulator, name)
    return {"ms": (time.perf_counter() - started) * 1000}


def instances() -> Measured:
    from emulator import Emulator

    Emulator()
    started = time.perf_counter()
    for _ in range(_INSTANCES):
        Emulator()
    return {FRESH.name: (time.perf_counter() - started) * 1000 / _INSTANCES}
