"""Long random runs: the emulator beside a model of the service, under a rain of expressions, replicated, or restored.

    python scripts/soak.py                              10,000 random requests, from a seed that is printed
    python scripts/soak.py --seed 7 --steps 50000       the same requests every time
    python scripts/soak.py --seed 7 --expressions 1000000
    python scripts/soak.py --seed 7 --replicas 20000
    python scripts/soak.py --seed 7 --restores 100000

The first kind compares every answer with the model's and looks through all that is stored from time to time; at a
difference it prints the fewest requests it can find that lead to it. The second kind sends texts that are no
expressions, or nearly are; each must be answered, or refused by the service's own kind of error. The third kind writes
to a table whose stream has handlers that fail now and then; the replicas they build must equal the table. The fourth
kind changes a table of so many items and restores 20 seconds of its past; each must be as it was.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).parents[1]))

from emulator import Emulator
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, help="what to draw everything from; a random one by default")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"how many requests to compare ({STEPS:,})")
    parser.add_argument("--expressions", type=int, metavar="COUNT", help="send so many expressions instead")
    parser.add_argument(
        "--replicas", type=int, metavar="COUNT", help="make so many changes to a replicated table instead"
    )
    parser.add_argument("--restores", type=int, metavar="ITEMS", help="restore the past of a table of so many instead")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else SystemRandom().randrange(1_000_000)
    print(f"seed {seed}", flush=True)
    for run, count in (
        (run_expressions, options.expressions),
        (run_replication, options.replicas),
        (run_restoring, options.restores),
    ):
        if count:
            fault = run(seed, count)
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
