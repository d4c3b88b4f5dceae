"""Handlers follow a stream through its shards, in lanes that keep the order of each item."""

from __future__ import annotations

from collections import defaultdict
from string import ascii_lowercase

import pytest

from .orders import Event, Noting, Orders, failing_on, ids_of


def versions_by_id(events: list[Event]) -> dict[str, list[int]]:
    """The versions of each order in the order in which they came."""
    found = defaultdict(list)
    for event in events:
        for record in event["Records"]:
            image = record["dynamodb"]["NewImage"]
            found[image["id"]["S"]].append(int(image["version"]["N"]))
    return found


def put_versions(orders: Orders, versions: range) -> None:
    for version in versions:
        orders.put(ascii_lowercase, version={"N": str(version)})


# --- Parents before children ----------------------------------------------------------------------


def test_a_shard_is_read_only_after_its_parent(orders: Orders) -> None:
    noting = Noting(failing_on("a"))
    orders.emu.on_stream("Orders", noting, batch_size=1)
    orders.put("a")
    orders.emu.split_shards("Orders")
    orders.put("bc")
    orders.emu.drain()
    assert noting.calls == ["a"]
    noting.then = lambda event: None
    orders.emu.drain()
    assert noting.calls[:2] == ["a", "a"]
    assert sorted(noting.calls[2:]) == ["b", "c"]


def test_an_empty_shard_between_does_not_let_a_grandchild_overtake(orders: Orders) -> None:
    """It is read to the end only when its parent is: that an empty one has nothing left was not enough."""
    noting = Noting(failing_on("a"))
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    orders.emu.split_shards("Orders")
    orders.emu.split_shards("Orders")
    orders.delete("a")
    orders.emu.drain()
    assert noting.calls == ["a"]


@pytest.mark.parametrize("factor", [1, 3])
def test_the_order_of_each_item_outlasts_splits_and_rollovers(orders: Orders, factor: int) -> None:
    events: list[Event] = []
    orders.emu.on_stream("Orders", events.append, batch_size=7, parallelization_factor=factor)
    put_versions(orders, range(2))
    orders.emu.split_shards("Orders")
    put_versions(orders, range(2, 4))
    orders.emu.clock.advance(hours=5)
    put_versions(orders, range(4, 6))
    orders.emu.split_shards("Orders")
    put_versions(orders, range(6, 8))
    deliveries = orders.emu.drain()
    assert versions_by_id(events) == {letter: list(range(8)) for letter in ascii_lowercase}
    assert len({delivery.shard for delivery in deliveries}) == 1 + 2 + 2 + 4


def test_latest_in_a_stream_of_many_shards_is_the_newest_change_of_all(orders: Orders, noting: Noting) -> None:
    orders.put("ab")
    orders.emu.split_shards("Orders")
    orders.put("cd")
    orders.emu.on_stream("Orders", noting)
    orders.put("e")
    orders.emu.split_shards("Orders")
    orders.put("f")
    orders.emu.drain()
    assert noting.calls == ["e", "f"]


def test_the_trim_horizon_is_the_oldest_change_that_is_kept(orders: Orders, noting: Noting) -> None:
    orders.put("a")
    orders.emu.clock.advance(hours=23)
    orders.put("b")
    orders.emu.clock.advance(hours=2)
    orders.put("c")
    orders.emu.on_stream("Orders", noting, starting_position="TRIM_HORIZON")
    deliveries = orders.emu.drain()
    assert noting.calls == ["b", "c"]
    assert {delivery.outcome for delivery in deliveries} == {"done"}


def test_after_days_without_a_drain_it_goes_on_with_what_is_kept(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    orders.put("ab")
    for version in "123":
        orders.emu.clock.advance(days=2)
        orders.put("cd", version={"N": version})
    assert orders.outcomes() == [("trimmed", 2, 0)] * 3 + [("done", 2, 1)]


def test_shards_that_are_read_and_gone_are_let_go(orders: Orders, noting: Noting) -> None:
    subscription = orders.emu.on_stream("Orders", noting)
    for _ in range(20):
        orders.put("a")
        orders.delete("a")
        orders.emu.drain()
        orders.emu.clock.advance(hours=12)
    assert "".join(noting.calls) == "aa" * 20
    assert len(subscription._lanes) + len(subscription._read) <= len(subscription.stream.shards) + 1


# --- The stream of a table --------------------------------------------------------------------------


def test_the_rest_of_a_stream_that_was_disabled_is_delivered(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    orders.put("ab")
    orders.set_stream(False)
    orders.put("c")
    orders.emu.drain()
    assert noting.calls == ["ab"]


def test_the_rest_of_a_table_that_was_deleted_is_delivered(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    orders.put("ab")
    orders.call("DeleteTable", TableName="Orders")
    orders.emu.drain()
    assert noting.calls == ["ab"]


def test_a_stream_that_is_enabled_again_is_another_one(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    orders.set_stream(False)
    orders.set_stream(True)
    orders.put("a")
    orders.emu.drain()
    orders.emu.on_stream("Orders", noting, starting_position="TRIM_HORIZON")
    orders.emu.drain()
    assert noting.calls == ["a"]


def test_a_subscription_ends_when_its_stream_is_forgotten(orders: Orders, noting: Noting) -> None:
    subscription = orders.emu.on_stream("Orders", noting)
    orders.put("a")
    orders.set_stream(False)
    orders.emu.clock.advance(hours=25)
    assert (orders.outcomes(), subscription.is_open, noting.calls) == ([("trimmed", 1, 0)], False, [])


# --- Lanes ----------------------------------------------------------------------------------------


def test_lanes_share_the_items_of_a_shard(orders: Orders) -> None:
    noting = Noting()
    orders.emu.on_stream("Orders", noting, parallelization_factor=10)
    orders.put(ascii_lowercase)
    orders.emu.drain()
    assert 2 < len(noting.calls) <= 10
    assert sorted("".join(noting.calls)) == list(ascii_lowercase)


def test_a_batch_that_fails_holds_up_no_other_lane(orders: Orders) -> None:
    noting = Noting(failing_on("a"))
    orders.emu.on_stream("Orders", noting, parallelization_factor=4)
    orders.put(ascii_lowercase)
    outcomes = [outcome for outcome, _, _ in orders.outcomes()]
    assert sorted(outcomes) == ["done", "done", "done", "failed"]


def test_only_the_items_of_one_lane_wait_for_one_that_fails(orders: Orders) -> None:
    noting = Noting(failing_on("a"))
    orders.emu.on_stream("Orders", noting, parallelization_factor=4)
    orders.put(ascii_lowercase)
    orders.emu.drain()
    (failed,) = [call for call in noting.calls if "a" in call]
    before = len(noting.calls)
    noting.then = lambda event: None
    orders.put(ascii_lowercase, version={"N": "2"})
    orders.emu.drain()
    assert noting.calls[before:].count(failed) == 2  # the first versions, and then the second ones
    assert len(noting.calls) == before + 5


def test_the_order_of_calls_is_the_same_each_time() -> None:
    def calls() -> list[str]:
        orders, noting = Orders(stream_shards=3), Noting()
        orders.emu.on_stream("Orders", noting, parallelization_factor=3, batch_size=2)
        orders.put(ascii_lowercase)
        orders.emu.drain()
        return noting.calls

    assert calls() == calls()


def test_nobody_waits_for_a_shard_of_which_all_was_filtered_out(orders: Orders) -> None:
    seen: list[str] = []
    pattern = {"dynamodb": {"Keys": {"id": {"S": ["z"]}}}}
    orders.emu.on_stream(
        "Orders", lambda event: seen.append(ids_of(event)), filters=[pattern], parallelization_factor=3
    )
    orders.put("abcdef")
    orders.emu.split_shards("Orders")
    orders.put("z")
    orders.emu.drain()
    assert seen == ["z"]
