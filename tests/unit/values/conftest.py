from __future__ import annotations

import pytest

from .service import Service


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()
