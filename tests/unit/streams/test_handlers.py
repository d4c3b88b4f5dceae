"""Handlers get what Lambda functions get, in batches and in order, when somebody drains."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine

from emulator import Delivery, Emulator

from .orders import START, Event, Noting, Orders, ids_of

# --- The event and the context --------------------------------------------------------------------


def test_the_event_is_the_one_that_a_lambda_function_gets(orders: Orders) -> None:
    events: list[Event] = []
    orders.emu.on_stream("Orders", events.append)
    orders.put("a", total={"N": "5"}, photo={"B": "AAE="})
    orders.emu.drain()
    (stream,) = orders.call("ListStreams")["Streams"]
    ((record,),) = [event["Records"] for event in events]
    assert record.pop("eventID")
    assert record["dynamodb"].pop("SequenceNumber")
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": START,
            "Keys": {"id": {"S": "a"}},
            "NewImage": {"id": {"S": "a"}, "photo": {"B": "AAE="}, "total": {"N": "5"}},
            "SizeBytes": 20,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": stream["StreamArn"],
    }


def test_what_a_handler_does_to_an_event_harms_no_other_call(orders: Orders) -> None:
    def spoil(event: Event) -> None:
        event["Records"][0]["dynamodb"].clear()
        raise ValueError

    noting = Noting()
    orders.emu.on_stream("Orders", spoil, maximum_retries=1)
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    errors = [delivery.error for delivery in orders.emu.drain() if delivery.outcome == "failed"]
    assert (noting.calls, list(map(type, errors))) == (["a"], [ValueError, ValueError])


def test_the_context_tells_what_functions_ask_it(orders: Orders) -> None:
    contexts: list[Any] = []

    def archive(event: Event, context: Any) -> None:
        orders.emu.clock.advance(seconds=30)
        contexts.append((context, context.get_remaining_time_in_millis()))

    orders.emu.on_stream("Orders", archive, batch_size=1)
    orders.put("ab")
    orders.emu.drain()
    (first, remaining), (second, _) = contexts
    assert first.function_name == "archive"
    assert first.invoked_function_arn == "arn:aws:lambda:us-east-1:123456789012:function:archive"
    assert remaining == (15 * 60 - 30) * 1000
    assert first.aws_request_id != second.aws_request_id


def one_parameter(event: Event) -> None:
    ids_of(event)


def with_default(event: Event, context: object = None) -> None:
    assert context is not None


class Method:
    def handle(self, event: Event, context: object) -> None:
        assert context is not None


@pytest.mark.parametrize(
    ("handler", "name"),
    [
        (one_parameter, "one_parameter"),
        (with_default, "with_default"),
        (Method().handle, "handle"),
        (partial(one_parameter), "one_parameter"),
        (Noting(), "Noting"),
        (Mock(), "Mock"),
        ([].append, "append"),
    ],
)
def test_anything_that_takes_an_event_is_a_handler(orders: Orders, handler: Callable[..., Any], name: str) -> None:
    orders.emu.on_stream("Orders", handler)
    orders.put("a")
    (delivery,) = orders.emu.drain()
    assert (delivery.outcome, delivery.function_name) == ("done", name)


def test_a_function_may_be_given_another_name(orders: Orders) -> None:
    orders.emu.on_stream("Orders", lambda event: None, function_name="archive")
    orders.put("a")
    assert [delivery.function_name for delivery in orders.emu.drain()] == ["archive"]


def test_on_stream_without_a_handler_is_a_decorator(orders: Orders) -> None:
    @orders.emu.on_stream("Orders", batch_size=2)
    def handler(event: Event) -> None:
        calls.append(ids_of(event))

    calls: list[str] = []
    orders.put("abc")
    orders.emu.drain()
    handler({"Records": []})  # still the function that it was
    assert calls == ["ab", "c", ""]


# --- Which changes --------------------------------------------------------------------------------


@pytest.mark.parametrize(("position", "calls"), [("LATEST", ["c"]), ("TRIM_HORIZON", ["abc"])])
def test_the_starting_position_says_whether_earlier_changes_count(
    orders: Orders, noting: Noting, position: Any, calls: list[str]
) -> None:
    orders.put("ab")
    orders.emu.on_stream("Orders", noting, starting_position=position)
    orders.put("c")
    orders.emu.drain()
    assert noting.calls == calls


def test_the_starting_position_is_latest_by_default(orders: Orders, noting: Noting) -> None:
    orders.put("ab")
    orders.emu.on_stream("Orders", noting)
    assert (orders.emu.drain(), noting.calls) == ([], [])


def test_nothing_is_delivered_without_a_drain(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    orders.emu.clock.advance(hours=1)
    assert noting.calls == []


def test_a_change_is_delivered_once(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    orders.emu.drain()
    assert (orders.emu.drain(), noting.calls) == ([], ["a"])


def test_deletions_by_time_to_live_that_are_due_are_delivered(orders: Orders) -> None:
    identities: list[Any] = []
    orders.emu.on_stream("Orders", lambda event: identities.extend(r.get("userIdentity") for r in event["Records"]))
    specification = {"Enabled": True, "AttributeName": "gone"}
    orders.call("UpdateTimeToLive", TableName="Orders", TimeToLiveSpecification=specification)
    orders.put("a", gone={"N": str(int(START) + 60)})
    orders.emu.clock.advance(seconds=61)
    orders.emu.drain()
    assert identities == [None, {"type": "Service", "principalId": "dynamodb.amazonaws.com"}]


def test_what_wall_time_has_made_due_is_delivered(orders: Orders) -> None:
    """Nobody has moved the clock, nor asked for anything since."""
    names: list[str] = []
    with time_machine.travel(START, tick=False) as wall:
        orders.emu.clock.resume()
        specification = {"Enabled": True, "AttributeName": "gone"}
        orders.call("UpdateTimeToLive", TableName="Orders", TimeToLiveSpecification=specification)
        orders.put("a", gone={"N": str(int(START) + 60)})
        orders.emu.on_stream("Orders", lambda event: names.extend(r["eventName"] for r in event["Records"]))
        wall.shift(61)
        orders.emu.drain()
    assert names == ["REMOVE"]


def test_each_subscription_gets_every_change(orders: Orders) -> None:
    first, second = Noting(), Noting()
    orders.emu.on_stream("Orders", first, batch_size=1)
    orders.emu.on_stream("Orders", second)
    orders.put("ab")
    orders.emu.drain()
    assert (first.calls, second.calls) == (["a", "b"], ["ab"])


def test_a_table_of_another_region_has_handlers_too(orders: Orders, noting: Noting) -> None:
    orders.create("Elsewhere", region="eu-west-1")
    orders.emu.on_stream("Elsewhere", noting, region="eu-west-1")
    orders.call("PutItem", "eu-west-1", TableName="Elsewhere", Item={"id": {"S": "e"}})
    orders.emu.drain()
    assert noting.calls == ["e"]


def test_a_subscription_that_is_closed_gets_nothing(orders: Orders, noting: Noting) -> None:
    subscription = orders.emu.on_stream("Orders", noting)
    orders.put("a")
    subscription.close()
    subscription.close()
    assert (subscription.is_open, orders.emu.drain(), noting.calls) == (False, [], [])


def test_a_handler_may_close_its_own_subscription(orders: Orders) -> None:
    noting = Noting(lambda event: subscription.close())
    subscription = orders.emu.on_stream("Orders", noting, batch_size=1, parallelization_factor=4)
    orders.put("abcdefgh")
    orders.emu.drain()
    assert len(noting.calls) == 1


def test_a_reset_ends_subscriptions(orders: Orders, noting: Noting) -> None:
    subscription = orders.emu.on_stream("Orders", noting)
    orders.put("a")
    orders.emu.reset()
    orders.create("Orders")
    orders.put("b")
    assert (subscription.is_open, orders.emu.drain(), noting.calls) == (False, [], [])


# --- Filters --------------------------------------------------------------------------------------

SHIPPED = {"dynamodb": {"NewImage": {"status": {"S": ["shipped"]}}}}


def test_records_that_match_no_filter_are_not_delivered(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting, filters=[SHIPPED, '{"eventName": ["REMOVE"]}'])
    orders.put("ab", status={"S": "shipped"})
    orders.put("cd", status={"S": "new"})
    orders.delete("c")
    orders.emu.drain()
    assert noting.calls == ["abc"]


def test_records_that_match_no_filter_do_not_fill_a_batch(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting, filters=[SHIPPED], batch_size=2, batch_window=60)
    orders.put("a", status={"S": "shipped"})
    orders.put("bcde", status={"S": "new"})
    before = orders.emu.drain()
    orders.put("f", status={"S": "shipped"})
    orders.emu.drain()
    assert (before, noting.calls) == ([], ["af"])


# --- Batches --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "calls"), [(1, ["a", "b", "c", "d", "e"]), (2, ["ab", "cd", "e"]), (5, ["abcde"]), (9, ["abcde"])]
)
def test_a_batch_has_at_most_its_size(orders: Orders, noting: Noting, size: int, calls: list[str]) -> None:
    orders.emu.on_stream("Orders", noting, batch_size=size)
    orders.put("abcde")
    orders.emu.drain()
    assert noting.calls == calls


def test_a_batch_has_at_most_6_mb(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting, batch_window=300)
    orders.put("abcdefghijklmnopqr", text={"S": "x" * 390_000})
    orders.emu.drain()
    assert noting.calls == ["abcdefghijklmno"]


@pytest.mark.parametrize(("passed", "calls"), [(0, []), (9.9, []), (10, ["ab"])])
def test_a_batch_that_is_not_full_waits_for_its_window(
    orders: Orders, noting: Noting, passed: float, calls: list[str]
) -> None:
    """The window begins with the first change."""
    orders.emu.on_stream("Orders", noting, batch_window=10)
    orders.put("a")
    orders.emu.clock.advance(seconds=passed)
    orders.put("b")
    orders.emu.drain()
    assert noting.calls == calls


@pytest.mark.parametrize("milliseconds", [0, 2, 5, 12])
@pytest.mark.parametrize("window", [0.1, 0.2, 0.7])
def test_a_window_of_a_fraction_is_over_when_so_much_has_passed(
    orders: Orders, noting: Noting, window: float, milliseconds: int
) -> None:
    """Whether or not floating point has the sum a little higher."""
    orders.emu.clock.advance(seconds=milliseconds / 1000)
    orders.emu.on_stream("Orders", noting, batch_window=window)
    orders.put("a")
    orders.emu.clock.advance(seconds=window)
    orders.emu.drain()
    assert noting.calls == ["a"]


def test_a_full_batch_does_not_wait_for_its_window(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting, batch_window=10, batch_size=2)
    orders.put("abc")
    orders.emu.drain()
    assert noting.calls == ["ab"]


# --- What drain returns ---------------------------------------------------------------------------


def test_drain_returns_what_it_did(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    orders.put("abc")
    (stream,) = orders.call("ListStreams")["Streams"]
    description = orders.call("DescribeStream", StreamArn=stream["StreamArn"])["StreamDescription"]
    (shard,) = description["Shards"]
    first = int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) + 1
    assert orders.emu.drain() == [
        Delivery("Orders", "Noting", shard["ShardId"], 3, str(first), str(first + 2), "done", attempt=1)
    ]


# --- Handlers that use the emulator -----------------------------------------------------------------


def test_what_handlers_write_is_delivered_by_the_same_drain(orders: Orders) -> None:
    orders.create("Audit")
    copied, audited = Noting(lambda event: orders.put(ids_of(event), "Audit")), Noting()
    orders.emu.on_stream("Audit", audited)
    orders.emu.on_stream("Orders", copied)
    orders.put("ab")
    orders.emu.drain()
    assert audited.calls == ["ab"]


def test_the_lock_is_free_while_a_handler_runs(orders: Orders) -> None:
    """Another thread gets an answer while the handler waits for it."""

    def write_elsewhere(event: Event) -> None:
        thread = threading.Thread(target=orders.put, args=("z", "Audit"))
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()

    orders.create("Audit")
    orders.emu.on_stream("Orders", write_elsewhere)
    orders.put("a")
    assert [delivery.outcome for delivery in orders.emu.drain()] == ["done"]


def test_a_handler_that_feeds_itself_is_named(orders: Orders) -> None:
    letters = iter("bcdefghijklmnopqrstuvwxyz")

    def endless(event: Event) -> None:
        orders.put(next(letters))

    orders.emu.on_stream("Orders", endless)
    orders.put("a")
    with pytest.raises(RuntimeError, match=r"after 20 deliveries .* handler 'endless' of table 'Orders' seems to feed"):
        orders.emu.drain(max_deliveries=20)


def test_what_there_was_before_does_not_count_towards_the_bound(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting, batch_size=1)
    orders.put("abcdefghij")
    assert len(orders.emu.drain(max_deliveries=1)) == 10


def test_a_handler_cannot_drain(orders: Orders) -> None:
    orders.emu.on_stream("Orders", lambda event: orders.emu.drain())
    orders.put("a")
    (delivery,) = orders.emu.drain()
    assert "a handler cannot drain" in str(delivery.error)


def test_a_handler_cannot_drain_in_a_thread(orders: Orders) -> None:
    """Both would wait for each other."""
    begun: list[Event] = []

    def handler(event: Event) -> None:
        with orders.emu.draining():
            begun.append(event)

    orders.emu.on_stream("Orders", handler)
    orders.put("a")
    (delivery,) = orders.emu.drain()
    assert (begun, str(delivery.error)[:22]) == ([], "a handler cannot drain")


def test_what_ends_a_test_passes_through_drain(orders: Orders) -> None:
    """pytest.fail() and Ctrl-C are no failures of a handler; the change is still to be delivered."""
    noting = Noting(lambda event: pytest.fail("the test is over"))
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    with pytest.raises(pytest.fail.Exception):
        orders.emu.drain()
    noting.then = lambda event: None
    orders.emu.drain()
    assert noting.calls == ["a", "a"]


def test_two_threads_that_drain_deliver_each_change_once(orders: Orders) -> None:
    noting = Noting()
    orders.emu.on_stream("Orders", noting, batch_size=1)
    orders.put("abcdefghij")
    threads = [threading.Thread(target=orders.emu.drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert noting.calls == list("abcdefghij")


def test_a_handler_writes_with_boto3() -> None:
    emu = Emulator()
    client = emu.client()
    for name in ("Source", "Copy"):
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )

    @emu.on_stream("Source")
    def copy(event: Event) -> None:
        for record in event["Records"]:
            client.put_item(TableName="Copy", Item=record["dynamodb"]["NewImage"])

    client.put_item(TableName="Source", Item={"id": {"S": "a"}, "n": {"N": "1"}})
    emu.drain()
    assert client.scan(TableName="Copy")["Items"] == [{"id": {"S": "a"}, "n": {"N": "1"}}]


# --- Draining in the background ---------------------------------------------------------------------


def test_in_the_background_what_comes_is_delivered_meanwhile(orders: Orders) -> None:
    delivered = threading.Event()
    orders.emu.on_stream("Orders", lambda event: delivered.set())
    with orders.emu.draining(every=0.001) as deliveries:
        orders.put("a")
        assert delivered.wait(timeout=10)
    assert [delivery.records for delivery in deliveries] == [1]


def test_the_end_of_draining_delivers_the_rest(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", noting)
    with orders.emu.draining(every=1000):
        orders.put("a")
    assert noting.calls == ["a"]


class Interrupt(BaseException):
    pass


def interrupting(reached: threading.Event) -> Callable[[Event], None]:
    def handler(event: Event) -> None:
        reached.set()
        raise Interrupt

    return handler


def test_what_a_drain_in_the_background_raises_is_raised_at_the_end(orders: Orders) -> None:
    reached = threading.Event()
    orders.emu.on_stream("Orders", interrupting(reached))
    with pytest.raises(Interrupt), orders.emu.draining(every=0.001):  # noqa: PT012
        orders.put("a")
        assert reached.wait(timeout=10)


def test_an_error_of_the_block_comes_first(orders: Orders) -> None:
    reached = threading.Event()
    orders.emu.on_stream("Orders", interrupting(reached))
    with pytest.raises(KeyError) as raised, orders.emu.draining(every=0.001):  # noqa: PT012
        orders.put("a")
        assert reached.wait(timeout=10)
        raise KeyError("of the block")
    assert raised.value.__notes__ == ["meanwhile draining in the background had failed: Interrupt()"]
