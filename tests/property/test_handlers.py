"""A replica that is built by handlers that fail and are tried again equals the table, whatever happens to that."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .replicas import ACTIONS, LONGEST_WINDOW, Action, Replica, ReplicatedTable, run_replicas

FREQUENT = [name for name, count in ACTIONS.items() if count > 1]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Failures of handlers are logged, and there are many."""
    logger = logging.getLogger("emulator")
    logger.disabled = True
    yield
    logger.disabled = False


@st.composite
def actions(draw: st.DrawFn) -> Action:
    name = draw(st.sampled_from([*ACTIONS, *FREQUENT, "drain"]))
    return name, tuple(draw(st.integers(0, 999)) for _ in range(ACTIONS[name]))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    script=st.lists(actions(), max_size=100),
    rng=st.randoms(use_true_random=False),
    failure_rate=st.sampled_from([0.0, 0.2, 0.6]),
    reports=st.booleans(),
    bisects=st.booleans(),
    batch_size=st.integers(1, 12),
    batch_window=st.sampled_from([0, LONGEST_WINDOW]),
    retries=st.sampled_from([None, 1000]),
    factor=st.integers(1, 4),
    shards=st.integers(1, 2),
)
def test_a_replica_equals_the_table(
    script: list[Action],
    rng: Random,
    failure_rate: float,
    reports: bool,
    bisects: bool,
    batch_size: int,
    batch_window: int,
    retries: int | None,
    factor: int,
    shards: int,
) -> None:
    replicated = ReplicatedTable(shards)
    replicated.replicate(
        Replica(rng, failure_rate, reports=reports),
        report_batch_item_failures=reports,
        bisect_on_error=bisects,
        batch_size=batch_size,
        batch_window=batch_window,
        maximum_retries=retries,
        parallelization_factor=factor,
    )
    for action in script:
        replicated.perform(action)
    replicated.check()


def test_a_replica_that_is_fed_while_threads_write_equals_the_table() -> None:
    replicated = ReplicatedTable()
    for factor in (1, 3):
        replicated.replicate(Replica(Random(factor), 0.2, reports=False), batch_size=5, parallelization_factor=factor)

    def write(seed: int) -> None:
        rng = Random(seed)
        for _ in range(150):
            replicated.perform((rng.choice(["put", "batch", "transact"]), tuple(rng.choices(range(1000), k=3))))

    with replicated.emu.draining(every=0.001), ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    replicated.check()


@pytest.mark.parametrize("seed", range(4))
def test_replicas_equal_the_table_after_long_runs(seed: int) -> None:
    replicated = run_replicas(Random(seed), 500)
    assert replicated.deliveries > 200
    assert replicated.failures > 50
