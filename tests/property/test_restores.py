"""Any second of a table's past can be restored, indexes and all. scripts/soak.py does it with 100,000 items."""

from __future__ import annotations

from random import Random

import pytest

from .invariants import check_invariants
from .restores import START, TABLE, call, run_restores


@pytest.mark.parametrize(("seed", "items", "changes"), [(1, 5000, 1500), (2, 300, 800), (3, 0, 300)])
def test_restored_tables_hold_what_a_recorder_kept(seed: int, items: int, changes: int) -> None:
    run_restores(Random(seed), items, changes, 20, lambda: None)


def test_a_restored_table_is_sound_inside() -> None:
    table = run_restores(Random(4), 200, 200, 1, lambda: None)
    request = {"SourceTableName": TABLE, "TargetTableName": "restored", "RestoreDateTime": START + 100_000}
    call(table.emulator, "RestoreTableToPointInTime", **request)
    check_invariants(table.emulator)


def test_savepoints_bring_the_past_back_too() -> None:
    table = run_restores(Random(5), 200, 200, 1, lambda: None)
    before, second = dict(table.state), START + 3 * 24 * 3600
    savepoint = table.emulator.savepoint()
    for _ in range(200):
        table.emulator.clock.advance(seconds=1)
        table.change()
    savepoint.restore()
    table.emulator.clock.advance(seconds=200)  # the savepoint brought the clock back as well
    table.check_restored(second + 100, before)
