"""The server that a test's client talks to: an empty one for each test, which costs milliseconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import Emulator


@pytest.fixture
def url() -> Iterator[str]:
    with Emulator().serve() as server:
        yield server.url
