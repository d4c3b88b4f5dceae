"""Observers: what they are shown, and that a faulty one harms neither requests nor other observers."""

from __future__ import annotations

import pytest

from emulator import Emulator
from emulator.operations.context import Observation


@pytest.fixture
def emu() -> Emulator:
    return Emulator()


def failing(observation: Observation) -> None:
    raise ValueError("a fault of the observer")


def test_a_request_is_answered_although_an_observer_fails(emu: Emulator) -> None:
    emu.observers.append(failing)
    assert emu.gateway.call("ListTables", b"{}", "us-east-1").body == b'{"TableNames":[]}'


def test_an_error_is_answered_although_an_observer_fails(emu: Emulator) -> None:
    emu.observers.append(failing)
    assert b"ResourceNotFoundException" in emu.gateway.call("Scan", b'{"TableName":"none"}', "us-east-1").body


def test_an_observer_is_told_although_one_before_it_fails(emu: Emulator) -> None:
    seen: list[Observation] = []
    emu.observers += [failing, seen.append]
    emu.gateway.call("ListTables", b"{}", "us-east-1")
    assert [observation.operation for observation in seen] == ["ListTables"]


def test_the_log_says_that_an_observer_failed(emu: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    emu.observers.append(failing)
    emu.gateway.call("ListTables", b"{}", "us-east-1")
    assert "a fault of the observer" in caplog.text


def test_an_observer_may_send_requests_itself(emu: Emulator) -> None:
    seen: list[str] = []

    def asking(observation: Observation) -> None:
        seen.append(observation.operation)
        if observation.operation == "ListTables":
            emu.gateway.call("DescribeLimits", b"{}", "us-east-1")

    emu.observers.append(asking)
    emu.gateway.call("ListTables", b"{}", "us-east-1")
    assert seen == ["ListTables", "DescribeLimits"]
