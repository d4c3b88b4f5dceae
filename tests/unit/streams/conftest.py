from __future__ import annotations

import pytest

from .orders import Noting, Orders


@pytest.fixture
def orders() -> Orders:
    return Orders()


@pytest.fixture
def noting() -> Noting:
    return Noting()
