"""Savepoints are used once: after `release` they are neither restored nor released again."""

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
