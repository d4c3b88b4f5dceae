"""The steps of a run, and how they are made: all targets in a round, then the next round.

A step that fails gives faults in the place of its figures; the run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from scripts.benchmark import boto3_calls, bulk, growth, persistence, raw, savepoints, startup
from scripts.benchmark.child import measured_in_child
from scripts.benchmark.figures import NOT_SUPPORTED, Fault, Figure, Measured, Unit
from scripts.benchmark.results import Results
from scripts.benchmark.servers import Server, ServerError, Target, UnsupportedError, running
from scripts.benchmark.workload import Sizes

GROUPS = {
    "start": "Start-up",
    "boto3": "boto3, one call after the other",
    "http": f"Raw requests over HTTP, {raw.CONNECTIONS} connections",
    "bulk": "Many items, one connection",
    "growth": "A request as the table grows",
    "memory": "Memory",
    "savepoints": "Savepoints",
    "persistence": "Data kept in a file",
}
"""What `--only` takes, in the order of the report, with their headings."""

RESIDENT = Figure("http", "memory of the server after these", Unit.MEGABYTES)


@dataclass(frozen=True, slots=True)
class Step:
    """Measures some figures, of the server of its turn if that has one."""

    what: str
    figures: tuple[Figure, ...]
    measure: Callable[..., Measured]


@dataclass(frozen=True, slots=True)
class Turn:
    """The steps of a target that are made in a row. Those of a turn with a `server` have it running meanwhile."""

    target: str
    steps: tuple[Step, ...]
    server: Target | None = None


class Progress(Protocol):
    """Is told what runs."""

    def step(self, what: str) -> None: ...
    def skip(self, count: int) -> None: ...
    def note(self, text: str) -> None: ...


def turns(targets: Sequence[Target], moto_mock: str | None, groups: Sequence[str], sizes: Sizes) -> list[Turn]:
    """What makes a round, with the first target as ours. `moto_mock` is what moto's mock is called, if it is there."""
    ours = targets[0].name
    made = []
    if "start" in groups:
        made += [Turn(target.name, (_start(target, sizes),)) for target in targets]
    made += [Turn(target.name, _server_steps(groups, sizes), target) for target in targets]
    made.append(Turn(ours, _own_steps(groups, sizes)))
    if moto_mock is not None and "boto3" in groups:
        made.append(Turn(moto_mock, (_child("boto3_calls", "moto_mock", boto3_calls.MOTO_FIGURES, calls=sizes.calls),)))
    if "persistence" in groups:
        made += _persistence_turns(ours, sizes)
    return [turn for turn in made if turn.steps]


def _start(target: Target, sizes: Sizes) -> Step:
    return Step("start-up", (startup.SERVER,), partial(startup.server, target, sizes))


def _server_steps(groups: Sequence[str], sizes: Sizes) -> tuple[Step, ...]:
    steps = []
    if "boto3" in groups:
        steps.append(Step("boto3 over HTTP", boto3_calls.HTTP_FIGURES, partial(_boto3_over_http, calls=sizes.calls)))
    if "http" in groups:
        steps += [Step(load.name, load.figures, partial(load.measure, sizes=sizes)) for load in raw.LOADS]
        steps.append(Step("memory", (RESIDENT,), _resident))
    if "bulk" in groups:
        steps.append(Step("many items", bulk.FIGURES, partial(bulk.measure, sizes=sizes)))
    return tuple(steps)


def _boto3_over_http(server: Server, calls: int) -> Measured:
    server.make_table(boto3_calls.TABLE)
    return measured_in_child("boto3_calls", "over_http", port=server.port, calls=calls)


def _resident(server: Server) -> Measured:
    return {RESIDENT.name: server.resident_megabytes()}


def _own_steps(groups: Sequence[str], sizes: Sizes) -> tuple[Step, ...]:
    steps = {
        "start": Step("imports", startup.OWN_FIGURES, startup.in_process),
        "boto3": _child("boto3_calls", "in_process", boto3_calls.OWN_FIGURES, calls=sizes.calls),
        "growth": _child("growth", "cost", growth.figures(sizes.growth), counts=sizes.growth),
        "memory": _child("growth", "memory", growth.memory_figures(sizes.memory_items), count=sizes.memory_items),
        "savepoints": _child(
            "savepoints",
            "cost",
            savepoints.figures(sizes.savepoint_items, sizes.changes),
            counts=sizes.savepoint_items,
            changes=sizes.changes,
        ),
    }
    return tuple(step for group, step in steps.items() if group in groups)


def _persistence_turns(ours: str, sizes: Sizes) -> list[Turn]:
    made = []
    if raw.is_installed():
        for durability in persistence.DURABILITIES:
            load = persistence.load(durability)
            step = Step(load.name, load.figures, partial(load.measure, sizes=sizes))
            made.append(Turn(ours, (step,), persistence.server(durability)))
    steps = [
        Step(
            f"put_item, durability {durability}",
            (persistence.put_figure(durability),),
            partial(persistence.in_process, durability, sizes.calls),
        )
        for durability in persistence.DURABILITIES
    ]
    steps += [
        Step("recovery", (persistence.recovery_figure(count),), partial(persistence.recovery, count))
        for count in sizes.recovered_items
    ]
    figures = persistence.copy_figures(sizes.copied_items)
    steps.append(Step("save and load", figures, partial(persistence.copies, sizes.copied_items)))
    return [*made, Turn(ours, tuple(steps))]


def _child(module: str, function: str, figures: tuple[Figure, ...], **arguments: Any) -> Step:
    """A step that runs in a process of its own."""
    what = f"{module} {function}".replace("_", " ")
    return Step(what, figures, partial(measured_in_child, module, function, **arguments))


# --- Making them ----------------------------------------------------------------------------------


def run(made: Sequence[Turn], rounds: int, results: Results, progress: Progress) -> None:
    for number in range(1, rounds + 1):
        for turn in made:
            where = f"round {number} of {rounds}: {turn.target}"
            if turn.server is None:
                for step in turn.steps:
                    progress.step(f"{where}: {step.what}")
                    results.add(turn.target, step.figures, _attempt(step, progress))
            else:
                _run_beside_server(turn, turn.server, where, results, progress)


def _run_beside_server(turn: Turn, target: Target, where: str, results: Results, progress: Progress) -> None:
    left = list(turn.steps)
    try:
        with running(target) as server:
            while left:
                if not server.is_running:
                    raise ServerError("died before this")
                step = left.pop(0)
                progress.step(f"{where}: {step.what}")
                results.add(turn.target, step.figures, _attempt(step, progress, server))
    except ServerError as error:
        progress.note(f"{where}: {error}")
        progress.skip(len(left))
        for step in left:
            results.add(turn.target, step.figures, _faults(step, Fault(str(error))))


def _attempt(step: Step, progress: Progress, *arguments: Any) -> Measured:
    try:
        return step.measure(*arguments)
    except UnsupportedError:
        return _faults(step, NOT_SUPPORTED)
    except ServerError as error:
        progress.note(f"{step.what}: {error}")
        return _faults(step, Fault(str(error)))
    except (KeyError, TypeError, ValueError) as error:  # an answer without what every answer has
        progress.note(f"{step.what}: {error!r}")
        return _faults(step, Fault("WRONG answer"))


def _faults(step: Step, fault: Fault) -> Measured:
    return {figure.name: fault for figure in step.figures}
