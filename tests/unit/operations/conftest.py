from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from emulator import Emulator

NOW = datetime(2024, 11, 18, 14, 36, 44, 149000, UTC)


@pytest.fixture
def emulator() -> Emulator:
    """An emulator in which changes of status are done before the next request."""
    return Emulator()


@pytest.fixture
def slow_emulator() -> Emulator:
    """An emulator in which each change of status takes ten seconds."""
    return Emulator(status_delay=10)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """A clock that stands still at 2024-11-18T14:36:44.149Z until it is moved."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
