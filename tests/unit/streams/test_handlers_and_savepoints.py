"""Savepoints bring back where handlers stand, as they bring back the stream."""

from __future__ import annotations

import pytest

from .orders import START, Noting, Orders, failing_on


def test_what_was_delivered_since_is_delivered_again(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    savepoint = orders.emu.savepoint()
    orders.emu.drain()
    savepoint.restore()
    orders.emu.drain()
    assert noting.calls == ["a", "a"]


def test_changes_in_the_place_of_those_that_were_undone_are_delivered(orders: Orders, noting: Noting) -> None:
    """They have the sequence numbers that the undone ones had."""
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    orders.emu.drain()
    savepoint = orders.emu.savepoint()
    for letters in ("bc", "de", "f"):
        orders.put(letters)
        orders.emu.drain()
        savepoint.restore()
    orders.put("g")
    orders.emu.drain()
    assert noting.calls == ["a", "bc", "de", "f", "g"]


def test_shards_that_were_undone_leave_nothing_behind(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    savepoint = orders.emu.savepoint()
    orders.put("ab")
    orders.emu.split_shards("Orders")
    orders.put("c")
    orders.emu.drain()
    savepoint.restore()
    orders.put("d")
    orders.emu.drain()
    assert noting.calls == ["ab", "c", "d"]


def test_failures_since_are_forgotten(orders: Orders) -> None:
    orders.emu.on_stream("Orders", failing_on("a"), bisect_on_error=True)
    orders.put("ab")
    savepoint = orders.emu.savepoint()
    first = orders.outcomes()
    savepoint.restore()
    assert orders.outcomes() == first == [("failed", 2, 1), ("failed", 1, 1)]


@pytest.mark.parametrize("is_told", [False, True])
def test_what_was_trimmed_since_is_there_again(orders: Orders, noting: Noting, is_told: bool) -> None:
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    savepoint = orders.emu.savepoint()
    orders.emu.clock.advance(hours=25)
    if is_told:
        assert orders.outcomes() == [("trimmed", 1, 0)]
    savepoint.restore()
    orders.emu.clock.freeze(START)
    assert orders.outcomes() == [("done", 1, 1)]


def test_subscriptions_since_are_ended(orders: Orders, noting: Noting) -> None:
    savepoint = orders.emu.savepoint()
    subscription = orders.emu.on_stream("Orders", noting)
    savepoint.restore()
    orders.put("a")
    assert (orders.emu.drain(), subscription.is_open) == ([], False)


def test_subscriptions_that_were_closed_since_are_open_again(orders: Orders, noting: Noting) -> None:
    subscription = orders.emu.on_stream("Orders", noting)
    other = orders.emu.on_stream("Orders", Noting())
    savepoint = orders.emu.savepoint()
    subscription.close()
    orders.emu.reset()
    savepoint.restore()
    orders.put("a")
    orders.emu.drain()
    assert (subscription.is_open, other.is_open, noting.calls) == (True, True, ["a"])


def test_a_savepoint_that_a_handler_restores_takes_back_what_it_was_called_for(orders: Orders) -> None:
    """The next change has the same sequence number, and is delivered all the same."""
    savepoint = orders.emu.savepoint()
    noting = Noting(lambda event: savepoint.restore())
    orders.emu.on_stream("Orders", noting)
    savepoint.release()
    savepoint = orders.emu.savepoint()
    orders.put("a")
    orders.emu.drain()
    noting.then = lambda event: None
    orders.put("b")
    orders.emu.drain()
    assert noting.calls == ["a", "b"]


def test_a_handler_that_takes_back_its_own_delivery_is_called_once_in_each_drain(orders: Orders) -> None:
    noting = Noting(lambda event: savepoint.restore())
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    savepoint = orders.emu.savepoint()
    orders.emu.drain()
    orders.emu.drain()
    assert noting.calls == ["a", "a"]


def test_a_parent_that_a_handler_brings_back_comes_before_its_other_child(orders: Orders) -> None:
    noting = Noting(lambda event: savepoint.restore() if noting.calls == ["a", "b"] else None)
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    orders.emu.split_shards("Orders")
    orders.put("bc")
    savepoint = orders.emu.savepoint()
    orders.emu.drain()
    assert noting.calls == ["a", "b", "a", "b", "c"]


def test_a_destination_that_takes_back_what_it_is_told_of_hears_of_it_again(orders: Orders) -> None:
    noting = Noting(failing_on("a"))
    orders.emu.on_stream("Orders", noting, maximum_retries=0, on_failure=lambda document: savepoint.restore())
    orders.put("a")
    savepoint = orders.emu.savepoint()
    outcomes = [orders.outcomes() for _ in range(2)]
    assert outcomes == [[("failed", 1, 1), ("discarded", 1, 1)]] * 2
