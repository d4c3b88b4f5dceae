"""What savepoints refuse: use after `release`, and going back to what an earlier one has undone."""

from __future__ import annotations

import pytest

from emulator import Emulator

CREATE = (
    b'{"TableName":"Orders","BillingMode":"PAY_PER_REQUEST",'
    b'"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],'
    b'"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}'
)


@pytest.fixture
def emu() -> Emulator:
    return Emulator()


@pytest.mark.parametrize("use", ["restore", "release"])
def test_a_released_savepoint_refuses_further_use(emu: Emulator, use: str) -> None:
    savepoint = emu.savepoint()
    savepoint.release()
    with pytest.raises(RuntimeError, match="released"):
        getattr(savepoint, use)()


def test_an_outer_savepoint_is_not_harmed_by_the_misuse_of_an_inner_one(emu: Emulator) -> None:
    outer, inner = emu.savepoint(), emu.savepoint()
    inner.release()
    with pytest.raises(RuntimeError):
        inner.release()
    emu.gateway.call("CreateTable", CREATE, "us-east-1")
    outer.restore()
    assert emu.gateway.call("ListTables", b"{}", "us-east-1").body == b'{"TableNames":[]}'


def test_a_savepoint_is_not_restored_once_an_earlier_one_was(emu: Emulator) -> None:
    """Its moment is no more: it would have brought back whatever was there by then."""
    outer, inner = emu.savepoint(), emu.savepoint()
    outer.restore()
    with pytest.raises(RuntimeError, match="an earlier savepoint was restored since"):
        inner.restore()


def test_a_savepoint_is_released_though_an_earlier_one_was_restored(emu: Emulator) -> None:
    outer, inner = emu.savepoint(), emu.savepoint()
    outer.restore()
    inner.release()
    outer.release()
    emu.gateway.call("CreateTable", CREATE, "us-east-1")
    assert not emu._undo.recording


def test_an_outer_savepoint_is_restored_after_an_inner_one(emu: Emulator) -> None:
    outer, inner = emu.savepoint(), emu.savepoint()
    emu.gateway.call("CreateTable", CREATE, "us-east-1")
    inner.restore()
    outer.restore()
    inner_again = emu.savepoint()
    emu.gateway.call("CreateTable", CREATE, "us-east-1")
    inner_again.restore()
    assert emu.gateway.call("ListTables", b"{}", "us-east-1").body == b'{"TableNames":[]}'
