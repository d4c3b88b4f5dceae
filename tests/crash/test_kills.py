"""A server that is killed under load comes back with all that it acknowledged, and nothing half done."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kills import run_kills


@pytest.mark.parametrize(("durability", "kills"), [("process", 12), ("full", 3)])
def test_kills_under_load_lose_nothing(durability: str, kills: int, tmp_path: Path) -> None:
    summary = run_kills(tmp_path / "file", "1", kills, "--durability", durability)
    assert summary.kills == kills
    assert summary.acknowledged > 0
