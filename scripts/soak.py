"""Long random runs: beside a model of the service, under a rain of expressions, replicated, restored, or killed.

    python scripts/soak.py                              10,000 random requests, from a seed that is printed
    python scripts/soak.py --seed 7 --steps 50000       the same requests every time
    python scripts/soak.py --seed 7 --expressions 1000000
    python scripts/soak.py --seed 7 --replicas 20000
    python scripts/soak.py --seed 7 --restores 100000
    python scripts/soak.py --seed 7 --kills 300         also with --durability full

The first kind compares every answer with the model's and looks through all that is stored from time to time; at a
difference it prints the fewest requests it can find that lead to it. The second kind sends texts that are no
expressions, or nearly are; each must be answered, or refused by the service's own kind of error. The third kind writes
to a table whose stream has handlers that fail now and then; the replicas they build must equal the table. The fourth
kind changes a table of so many items and restores 20 seconds of its past; each must be as it was. The last kind
kills a server that keeps a file while clients write, and looks each time for what was acknowledged: what is drawn
follows from the seed, but not how far a kill lets it come. The file of a run that failed is kept.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).parents[1]))

from emulator import Emulator
from tests.crash import kills
from tests.property.comparison import REGION, Pair, difference_of, smallest
from tests.property.legacy import LegacyMaker
from tests.property.model import Action
from tests.property.replicas import run_replicas
from tests.property.restores import run_restores
from tests.property.texts import TextMaker, is_expected, setup

STEPS = 10_000
STEPS_PER_LIFE = 1_000  # then both sides start anew, so that a difference is soon found again
STEPS_PER_CHECK = 25
SECONDS_RESTORED = 20
KILLS_PER_FILE = 60  # then a new file, so that looking through the streams from their beginnings stays fast
SECONDS_PER_REPORT = 0.5 if sys.stderr.isatty() else 30


@contextmanager
def counter(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A line on stderr that says how far a run is and how fast it goes; yields what to call after each step."""
    done = 0
    started = reported = time.monotonic()

    def step() -> None:
        nonlocal done, reported
        done += 1
        now = time.monotonic()
        if now - reported >= SECONDS_PER_REPORT:
            reported = now
            report(now)

    def report(now: float) -> None:
        rate = done / max(now - started, 1e-9)
        print(f"\r{what} {done:,} of {total:,}, {rate:,.0f} a second ", end="", file=sys.stderr, flush=True)

    yield step
    report(time.monotonic())
    print(file=sys.stderr)


# --- Beside the model -------------------------------------------------------------------------------


def run_beside_model(seed: int, steps: int) -> list[Action]:
    """Make the requests of a seed; returns those that lead to a difference, if there is one."""
    rng = Random(seed)
    pair = Pair()
    maker = LegacyMaker(rng, pair.model)
    with counter("request", steps) as step:
        for number in range(1, steps + 1):
            try:
                pair.perform(maker.action())
                if number % STEPS_PER_CHECK == 0 or number == steps:
                    pair.check()
            except AssertionError:
                print(f"\nA difference at request {number:,}. Looking for the fewest requests that lead to it ...")
                return smallest(pair.history)
            if number % STEPS_PER_LIFE == 0:
                pair = Pair()
                maker = LegacyMaker(rng, pair.model)
            step()
    return []


def report_difference(actions: list[Action]) -> None:
    print(f"{len(actions)} requests lead to the difference:\n")
    for action in actions:
        walk = f"   page by page, Limit {action.limits}" if action.limits else ""
        print(f"{action.operation} {json.dumps(action.request, ensure_ascii=False)}{walk}")
    print(difference_of(actions))


# --- Expressions ------------------------------------------------------------------------------------


def run_expressions(seed: int, count: int) -> str | None:
    """Send the texts of a seed; returns what is wrong with the first bad answer, if there is one."""
    emulator = Emulator()

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        reply = emulator.gateway.call(operation, orjson.dumps(request), REGION)
        return {"status": reply.status, **orjson.loads(reply.body)}

    setup(call)
    maker = TextMaker(Random(seed))
    accepted = 0
    with counter("expression", count) as step:
        for number in range(1, count + 1):
            fuzz = maker.fuzz()
            answer = call(fuzz.operation, fuzz.request)
            if not is_expected(answer):
                return f"\nexpression {number:,}: {fuzz.operation} {fuzz.request!r}\nanswered: {answer}"
            accepted += answer["status"] == 200
            step()
    print(f"{accepted:,} of {count:,} texts were accepted, the others refused.")
    return None


# --- Replicas ---------------------------------------------------------------------------------------


def run_replication(seed: int, steps: int) -> str | None:
    """Make the changes of a seed; returns what is wrong with the replicas, if something is."""
    logging.getLogger("emulator").disabled = True  # handlers that fail are logged
    with counter("change", steps) as step:
        try:
            replicated = run_replicas(Random(seed), steps, step)
        except AssertionError as error:
            return f"\na replica is not as the table is: {error}"
    print(f"{replicated.deliveries:,} deliveries, of which {replicated.failures:,} failed; all replicas are right.")
    return None


# --- Restores ---------------------------------------------------------------------------------------


def run_restoring(seed: int, items: int) -> str | None:
    """Restore the past of a table; returns what is wrong with a restored table, if something is."""
    changes = max(items // 5, SECONDS_RESTORED)
    with counter("change or restore", changes + SECONDS_RESTORED) as step:
        try:
            run_restores(Random(seed), items, changes, SECONDS_RESTORED, step)
        except AssertionError as error:
            return f"\na restored table is not as it was: {error}"
    print(f"{SECONDS_RESTORED} seconds of a table of {items:,} items and {changes:,} changes were restored rightly.")
    return None


# --- Kills ------------------------------------------------------------------------------------------


def run_kills(seed: int, count: int, durability: str) -> str | None:
    """Kill a server so many times; returns what is wrong with what it came back with, if something is."""
    started = time.monotonic()
    total = kills.Summary()
    directory = Path(tempfile.mkdtemp())
    with counter("kill", count) as step:
        for life, done in enumerate(range(0, count, KILLS_PER_FILE)):
            path = directory / f"{life}.db"
            times = min(KILLS_PER_FILE, count - done)
            try:
                total += kills.run_kills(path, f"{seed}/{life}", times, "--durability", durability, after_kill=step)
            except AssertionError:
                return f"\n{traceback.format_exc()}\nThe file is {path}."
    shutil.rmtree(directory)
    print(f"{total}. All was as it must be, after {time.monotonic() - started:,.0f} s.")
    return None


def run(options: argparse.Namespace, seed: int) -> str | None:
    """The run that was asked for, unless it is the one beside the model; returns what is wrong."""
    if options.kills:
        return run_kills(seed, options.kills, options.durability)
    if options.expressions:
        return run_expressions(seed, options.expressions)
    if options.restores:
        return run_restoring(seed, options.restores)
    return run_replication(seed, options.replicas)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, help="what to draw everything from; a random one by default")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"how many requests to compare ({STEPS:,})")
    parser.add_argument("--expressions", type=int, metavar="COUNT", help="send so many expressions instead")
    parser.add_argument(
        "--replicas", type=int, metavar="COUNT", help="make so many changes to a replicated table instead"
    )
    parser.add_argument("--restores", type=int, metavar="ITEMS", help="restore the past of a table of so many instead")
    parser.add_argument("--kills", type=int, metavar="COUNT", help="kill a server that keeps a file so often instead")
    parser.add_argument("--durability", choices=("process", "full"), default="process", help="of the file with --kills")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else SystemRandom().randrange(1_000_000)
    print(f"seed {seed}", flush=True)
    if options.expressions or options.replicas or options.kills or options.restores:
        fault = run(options, seed)
        if fault:
            print(fault)
        return 1 if fault else 0
    actions = run_beside_model(seed, options.steps)
    if actions:
        report_difference(actions)
        return 1
    print(f"{options.steps:,} requests were answered alike.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
