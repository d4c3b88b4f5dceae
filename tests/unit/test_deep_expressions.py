"""Expressions that nest as deep as they may are answered, however much of its stack the caller has used up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from emulator import Emulator
from emulator.operations.context import Observation

TABLE = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
LEVELS = 149
DEEP = "id=:v AND (" * LEVELS + "id=:v" + ")" * LEVELS


def deep_inside(frames: int, action: Callable[[], Any]) -> Any:
    """The result of `action`, called with `frames` more frames on the stack."""
    return action() if frames == 0 else deep_inside(frames - 1, action)


@pytest.fixture
def emu() -> Emulator:
    emu = Emulator()
    emu.gateway.call("CreateTable", orjson.dumps(TABLE), "us-east-1")
    return emu


def scan(emu: Emulator) -> Callable[[], Any]:
    request = {"TableName": "Orders", "FilterExpression": DEEP, "ExpressionAttributeValues": {":v": {"S": "1"}}}
    return lambda: emu.gateway.call("Scan", orjson.dumps(request), "us-east-1")


@pytest.mark.parametrize("frames", [0, 300, 600, 800])
def test_a_deep_filter_is_answered_from_any_depth_of_stack(emu: Emulator, frames: int) -> None:
    emu.gateway.call("PutItem", b'{"TableName":"Orders","Item":{"id":{"S":"1"}}}', "us-east-1")
    reply = deep_inside(min(frames, sys.getrecursionlimit() - 200), scan(emu))
    assert (reply.status, orjson.loads(reply.body)["Count"]) == (200, 1)


def test_an_observer_sees_a_deep_request_once(emu: Emulator) -> None:
    seen: list[Observation] = []
    emu.observers.append(seen.append)
    deep_inside(700, scan(emu))
    assert [observation.operation for observation in seen] == ["Scan"]
