"""Expiries: what an emulator deletes when the clock moves, and what that costs. Source: streams_ttl.md 16 and 17."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
import pytest
from lines_run import lines_run

from emulator import Emulator

START = 1_800_000_000
TABLE = "Sessions"
HOUR = 3600


def ask(emulator: Emulator, operation: str, **request: Any) -> dict[str, Any]:
    reply = emulator.gateway.call(operation, orjson.dumps(request), "us-east-1")
    answer: dict[str, Any] = orjson.loads(reply.body)
    assert reply.status == 200, answer
    return answer


def emulator_with(expiries: list[int], *, stream: bool = False) -> Emulator:
    """An emulator with a table of items that expire so many seconds after the start, which is now.

    The key of an item is its expiry and its number.
    """
    emulator = Emulator()
    emulator.clock.freeze(START)
    parameters = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}} if stream else {}
    ask(
        emulator,
        "CreateTable",
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        **parameters,
    )
    specification = {"Enabled": True, "AttributeName": "until"}
    ask(emulator, "UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification=specification)
    items = [
        {"id": {"S": f"{expiry} {number}"}, "until": {"N": str(START + expiry)}}
        for number, expiry in enumerate(expiries)
    ]
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        ask(emulator, "BatchWriteItem", RequestItems={TABLE: puts})
    return emulator


def left(emulator: Emulator) -> list[int]:
    """The expiries of the items that are there, in order."""
    found: list[int] = []
    request: dict[str, Any] = {"TableName": TABLE}
    while True:
        page = ask(emulator, "Scan", **request)
        found += [int(item["until"]["N"]) - START for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return sorted(found)
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


# --- What is deleted ------------------------------------------------------------------------------


def test_advancing_past_half_of_100_000_items_deletes_just_those() -> None:
    expiries = list(range(1, 100_001))
    Random(1).shuffle(expiries)
    emulator = emulator_with(expiries)
    emulator.clock.advance(seconds=50_000.5)
    assert left(emulator) == list(range(50_001, 100_001))


def test_items_that_expire_together_are_deleted_together() -> None:
    emulator = emulator_with([HOUR] * 1000 + [2 * HOUR] * 1000)
    emulator.clock.advance(hours=1, seconds=1)
    assert left(emulator) == [2 * HOUR] * 1000


@pytest.mark.parametrize("steps", [1, 7, 100])
def test_it_does_not_matter_in_how_many_steps_the_clock_is_moved(steps: int) -> None:
    expiries = [Random(2).randrange(10_000) for _ in range(200)]
    emulator = emulator_with(expiries)
    for _ in range(steps):
        emulator.clock.advance(seconds=5_000 / steps)
    assert left(emulator) == sorted(expiry for expiry in expiries if expiry >= 5_000)


# --- What it costs --------------------------------------------------------------------------------


def cost_of_an_advance(items: int, *, stream: bool = False, first: int = HOUR, seconds: int = 60) -> int:
    """The cost of moving the clock by a minute in a table of items that expire an hour apart, the first at `first`."""
    emulator = emulator_with([first, *(HOUR * number for number in range(2, items + 1))], stream=stream)
    emulator.clock.advance(seconds=1)
    return lines_run(lambda: emulator.clock.advance(seconds=seconds))


@pytest.mark.parametrize("stream", [False, True], ids=["no stream", "a stream"])
def test_an_advance_that_expires_nothing_costs_the_same_in_a_large_table(stream: bool) -> None:
    small, large = cost_of_an_advance(10, stream=stream), cost_of_an_advance(10_000, stream=stream)
    assert small == large < 100


def test_an_advance_that_expires_one_item_costs_nearly_the_same_in_a_large_table() -> None:
    small, large = cost_of_an_advance(10, first=30), cost_of_an_advance(10_000, first=30)
    assert small > cost_of_an_advance(10)
    assert large < 1.5 * small


def test_the_cost_of_an_advance_grows_with_what_expires_and_no_faster() -> None:
    costs = [cost_of_an_advance(2000, seconds=HOUR * count) / count for count in (10, 100, 1000)]
    assert max(costs) < 1.2 * min(costs)


def test_a_request_costs_the_same_however_many_items_will_expire() -> None:
    def cost_of_a_read(items: int) -> int:
        emulator = emulator_with([HOUR * number for number in range(1, items + 1)])
        key = {"id": {"S": "nothing"}}
        ask(emulator, "GetItem", TableName=TABLE, Key=key)
        return lines_run(lambda: ask(emulator, "GetItem", TableName=TABLE, Key=key))

    assert cost_of_a_read(1) == cost_of_a_read(5000)
