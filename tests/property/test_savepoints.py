"""Restoring a savepoint brings back everything, whatever was done since. Source of the design: the undo log."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random

import pytest

from emulator import Savepoint
from emulator.storage.rows import Rows

from .comparison import REGION, Pair
from .model import Model
from .transactions import TransactionMaker
from .wire import Json

SEEDS = range(10)


def state_of(pair: Pair) -> Json:
    """All that can be seen of an emulator's tables, and how their rows are spread."""
    return {name: _table_state(pair, name) for name in pair.ask("ListTables", {})["TableNames"]}


def _table_state(pair: Pair, name: str) -> list[object]:
    table = pair.emulator._databases[REGION].tables[name]
    described = pair.ask("DescribeTable", {"TableName": name})
    sources = [{}, *({"IndexName": index} for index in table.indexes)]
    scans = [pair.ask("Scan", {"TableName": name, **source, "ConsistentRead": False}) for source in sources]
    spread = [list(_spread(rows)) for rows in (table.rows, *(index.rows for index in table.indexes.values()))]
    return [described, scans, spread]


def _spread(rows: Rows) -> Iterator[tuple[int, int]]:
    yield len(rows), rows.size
    for partition in rows._partitions:
        yield len(partition), sum(record.size for record in partition.values())


@dataclass
class Mark:
    """A savepoint and what was true when it was made."""

    savepoint: Savepoint
    state: Json
    model: Model

    @classmethod
    def of(cls, pair: Pair) -> Mark:
        return cls(pair.emulator.savepoint(), state_of(pair), deepcopy(pair.model))

    def restore(self, pair: Pair) -> None:
        self.savepoint.restore()
        pair.model = deepcopy(self.model)


def do_things(pair: Pair, rng: Random, count: int) -> None:
    for _ in range(count):
        maker = TransactionMaker(rng, pair.model)
        pair.perform(maker.action() if rng.randrange(8) else maker.change_tables())


def started(seed: int) -> tuple[Pair, Random]:
    """A pair with a few tables in which something has happened already."""
    pair, rng = Pair(), Random(seed)
    do_things(pair, rng, 40)
    return pair, rng


@pytest.mark.parametrize("seed", SEEDS)
def test_restoring_brings_back_the_whole_state(seed: int) -> None:
    pair, rng = started(seed)
    mark = Mark.of(pair)
    do_things(pair, rng, 60)
    mark.restore(pair)
    assert state_of(pair) == mark.state


@pytest.mark.parametrize("seed", SEEDS)
def test_what_follows_a_restore_is_as_if_nothing_had_been_undone(seed: int) -> None:
    pair, rng = started(seed)
    mark = Mark.of(pair)
    for _ in range(4):
        do_things(pair, rng, 20)
        pair.check()
        mark.restore(pair)
        pair.check()
    mark.savepoint.release()
    do_things(pair, rng, 20)
    pair.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_savepoints_nest(seed: int) -> None:
    """Inner savepoints are restored or released, and the outer ones still bring back their own moment."""
    pair, rng = started(seed)
    marks: list[Mark] = []
    for _ in range(25):
        do_things(pair, rng, rng.randrange(8))
        choice = rng.randrange(4)
        if choice < 2 or not marks:
            marks.append(Mark.of(pair))
        elif choice == 2:
            marks[-1].restore(pair)
            assert state_of(pair) == marks[-1].state
        else:
            marks.pop().savepoint.release()
    for mark in reversed(marks):
        mark.restore(pair)
        assert state_of(pair) == mark.state
        mark.savepoint.release()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_reset_is_undone_like_any_change(seed: int) -> None:
    pair, rng = started(seed)
    mark = Mark.of(pair)
    do_things(pair, rng, 5)
    pair.emulator.reset()
    mark.restore(pair)
    assert state_of(pair) == mark.state
