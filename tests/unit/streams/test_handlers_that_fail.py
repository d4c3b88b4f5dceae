"""What happens to a batch that a handler fails with: retries, partial responses, bisecting, giving up."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from emulator import limits

from .orders import Event, Noting, Orders, failing_on, ids_of, reporting

# --- Retries --------------------------------------------------------------------------------------


def test_without_a_limit_a_batch_is_tried_once_in_each_drain(orders: Orders) -> None:
    noting = Noting(failing_on("b"))
    orders.emu.on_stream("Orders", noting, batch_size=2)
    orders.put("abcd")
    outcomes = [orders.outcomes() for _ in range(3)]
    assert outcomes == [[("failed", 2, 1)], [("failed", 2, 2)], [("failed", 2, 3)]]
    assert noting.calls == ["ab", "ab", "ab"]


def test_what_comes_behind_a_failed_batch_waits_for_it(orders: Orders) -> None:
    noting = Noting(failing_on("b"))
    orders.emu.on_stream("Orders", noting, batch_size=2)
    orders.put("abcd")
    orders.emu.drain()
    noting.then = lambda event: None
    orders.emu.drain()
    assert noting.calls == ["ab", "ab", "cd"]


def test_a_failed_batch_does_not_grow(orders: Orders) -> None:
    noting = Noting(failing_on("a"))
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    orders.emu.drain()
    orders.put("b")
    noting.then = lambda event: None
    orders.emu.drain()
    assert noting.calls == ["a", "a", "b"]


@pytest.mark.parametrize("forever", [None, -1])
def test_no_limit_can_be_written_as_aws_does(orders: Orders, forever: int | None) -> None:
    orders.emu.on_stream("Orders", failing_on("a"), maximum_retries=forever, maximum_record_age=forever)
    orders.put("a")
    assert orders.outcomes() == [("failed", 1, 1)]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_with_a_limit_a_batch_is_given_up_in_the_same_drain(orders: Orders, retries: int) -> None:
    noting = Noting(failing_on("b"))
    orders.emu.on_stream("Orders", noting, batch_size=2, maximum_retries=retries)
    orders.put("abcd")
    failures = [("failed", 2, attempt + 1) for attempt in range(retries + 1)]
    assert orders.outcomes() == [*failures, ("discarded", 2, retries + 1), ("done", 2, 1)]
    assert noting.calls == ["ab"] * (retries + 1) + ["cd"]


def test_a_batch_that_succeeds_at_last_is_not_given_up(orders: Orders) -> None:
    attempts = iter([ValueError("once"), ValueError("twice"), None])

    def third_time_lucky(event: Event) -> None:
        error = next(attempts)
        if error is not None:
            raise error

    orders.emu.on_stream("Orders", third_time_lucky, maximum_retries=2)
    orders.put("a")
    assert orders.outcomes() == [("failed", 1, 1), ("failed", 1, 2), ("done", 1, 3)]


def test_other_handlers_go_on_beside_one_that_fails(orders: Orders, noting: Noting) -> None:
    orders.emu.on_stream("Orders", failing_on("a"))
    orders.emu.on_stream("Orders", noting, batch_size=1)
    orders.put("abc")
    orders.emu.drain()
    assert noting.calls == ["a", "b", "c"]


def test_what_a_handler_raised_is_in_the_delivery_and_in_the_log(
    orders: Orders, caplog: pytest.LogCaptureFixture
) -> None:
    orders.emu.on_stream("Orders", failing_on("a"), function_name="archive")
    orders.put("a")
    with caplog.at_level(logging.ERROR, "emulator"):
        (delivery,) = orders.emu.drain()
    assert repr(delivery.error) == "ValueError('cannot stand a')"
    (line,) = caplog.records
    assert line.getMessage().startswith("handler 'archive' of table 'Orders', with 1 records from ")
    assert line.exc_info is not None


# --- Partial batch responses ----------------------------------------------------------------------


def test_the_answer_is_not_looked_at_unless_failures_are_reported(orders: Orders) -> None:
    orders.emu.on_stream("Orders", reporting("a"))
    orders.put("ab")
    assert orders.outcomes() == [("done", 2, 1)]


def test_from_the_lowest_record_that_failed_on_all_are_tried_again(orders: Orders) -> None:
    noting = Noting(reporting("cd"))
    orders.emu.on_stream("Orders", noting, report_batch_item_failures=True)
    orders.put("abcde")
    before = orders.outcomes()
    noting.then = lambda event: {"batchItemFailures": []}
    assert (before, orders.outcomes()) == ([("partly failed", 5, 1)], [("done", 3, 2)])
    assert noting.calls == ["abcde", "cde"]


def test_a_partial_failure_counts_as_a_try(orders: Orders) -> None:
    given_up: list[Any] = []
    orders.emu.on_stream(
        "Orders", reporting("c"), report_batch_item_failures=True, maximum_retries=1, on_failure=given_up
    )
    orders.put("abcd")
    assert orders.outcomes() == [("partly failed", 4, 1), ("partly failed", 2, 2), ("discarded", 2, 2)]
    assert given_up[0]["DDBStreamBatchInfo"]["batchSize"] == 2


def test_a_handler_that_raises_fails_with_the_whole_batch(orders: Orders) -> None:
    orders.emu.on_stream("Orders", failing_on("c"), report_batch_item_failures=True)
    orders.put("abcd")
    assert orders.outcomes() == [("failed", 4, 1)]


@pytest.mark.parametrize(
    "answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"statusCode": 200}]
)
def test_answers_that_name_no_record_are_success(orders: Orders, answer: Any) -> None:
    orders.emu.on_stream("Orders", lambda event: answer, report_batch_item_failures=True)
    orders.put("ab")
    assert orders.outcomes() == [("done", 2, 1)]


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": "100000000000000000000"}]},
        {"batchItemFailures": [{"messageId": "1"}]},
        {"batchItemFailures": ["100000000000000000002"]},
        {"batchItemFailures": "none"},
        "fine",
        [],
        0,
    ],
)
def test_answers_that_make_no_sense_fail_with_the_whole_batch(orders: Orders, answer: Any) -> None:
    orders.emu.on_stream("Orders", lambda event: answer, report_batch_item_failures=True)
    orders.put("ab")
    assert orders.outcomes() == [("failed", 2, 1)]


# --- Bisecting ------------------------------------------------------------------------------------


def test_bisecting_isolates_the_record_that_fails(orders: Orders) -> None:
    noting = Noting(failing_on("c"))
    orders.emu.on_stream("Orders", noting, bisect_on_error=True, maximum_retries=1)
    orders.put("abcdef")
    orders.emu.drain()
    assert noting.calls == ["abcdef", "abc", "a", "bc", "b", "c", "c", "def"]


def test_bisecting_is_no_retry(orders: Orders) -> None:
    orders.emu.on_stream("Orders", failing_on("b"), bisect_on_error=True, maximum_retries=0)
    orders.put("ab")
    assert orders.outcomes() == [("failed", 2, 1), ("done", 1, 1), ("failed", 1, 1), ("discarded", 1, 1)]


def test_without_a_limit_bisecting_goes_on_in_one_drain_until_one_record_is_left(orders: Orders) -> None:
    noting = Noting(failing_on("b"))
    orders.emu.on_stream("Orders", noting, bisect_on_error=True)
    orders.put("abcd")
    orders.emu.drain()
    noting.calls.append("/")
    noting.then = lambda event: None
    orders.emu.drain()
    assert noting.calls == ["abcd", "ab", "a", "b", "/", "b", "cd"]


def test_with_partial_responses_a_batch_is_split_at_the_record_that_failed(orders: Orders) -> None:
    noting = Noting(reporting("d"))
    orders.emu.on_stream("Orders", noting, bisect_on_error=True, report_batch_item_failures=True, maximum_retries=0)
    orders.put("abcdefg")
    orders.emu.drain()
    assert noting.calls == ["abcdefg", "defg", "de", "d", "e", "fg"]


def test_a_last_record_that_is_split_off_is_tried_once_more(orders: Orders) -> None:
    orders.emu.on_stream(
        "Orders", reporting("c"), bisect_on_error=True, report_batch_item_failures=True, maximum_retries=0
    )
    orders.put("abc")
    assert orders.outcomes() == [("partly failed", 3, 1), ("partly failed", 1, 1), ("discarded", 1, 1)]


# --- Giving up ------------------------------------------------------------------------------------


def test_the_destination_gets_the_document_that_aws_sends(orders: Orders) -> None:
    documents: list[dict[str, Any]] = []
    orders.emu.on_stream("Orders", failing_on("b"), maximum_retries=2, on_failure=documents, function_name="archive")
    orders.put("a")
    orders.emu.clock.advance(seconds=7)
    orders.put("b")
    orders.emu.clock.advance(seconds=2.5)
    deliveries = orders.emu.drain()
    (stream,) = orders.call("ListStreams")["Streams"]
    (document,) = documents
    assert document.pop("requestContext").pop("requestId")
    assert document == {
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-01-01T12:00:09.500Z",
        "DDBStreamBatchInfo": {
            "shardId": deliveries[0].shard,
            "startSequenceNumber": deliveries[0].first_sequence_number,
            "endSequenceNumber": deliveries[0].last_sequence_number,
            "approximateArrivalOfFirstRecord": "2026-01-01T12:00:00Z",
            "approximateArrivalOfLastRecord": "2026-01-01T12:00:07Z",
            "batchSize": 2,
            "streamArn": stream["StreamArn"],
        },
    }


def test_the_document_says_why_and_after_how_many_calls(orders: Orders) -> None:
    documents: list[dict[str, Any]] = []
    orders.emu.on_stream("Orders", failing_on("a"), maximum_retries=2, on_failure=documents.append)
    orders.put("a")
    orders.emu.drain()
    context = documents[0]["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetryAttemptsExhausted", 3)


def test_records_that_are_too_old_are_given_up(orders: Orders) -> None:
    noting, documents = Noting(), []
    orders.emu.on_stream("Orders", noting, maximum_record_age=60, on_failure=documents)
    orders.put("ab")
    orders.emu.clock.advance(seconds=60.5)
    orders.put("c")
    assert orders.outcomes() == [("discarded", 2, 0), ("done", 1, 1)]
    assert noting.calls == ["c"]
    context = documents[0]["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("RecordAgeExceeded", 0)
    assert "responseContext" not in documents[0]


def test_a_failing_batch_holds_up_its_shard_until_it_is_too_old(orders: Orders) -> None:
    noting = Noting(failing_on("a"))
    orders.emu.on_stream("Orders", noting, maximum_record_age=60, batch_size=1)
    orders.put("a")
    orders.emu.clock.advance(seconds=30)
    orders.put("b")
    first = orders.outcomes()
    orders.emu.clock.advance(seconds=31)
    assert (first, orders.outcomes()) == ([("failed", 1, 1)], [("discarded", 1, 1), ("done", 1, 1)])


def test_a_destination_that_raises_is_heard_and_asked_again(orders: Orders) -> None:
    documents: list[Any] = []
    failures = iter([ConnectionError("no queue")])

    def send(document: Any) -> None:
        documents.append(document)
        for failure in failures:
            raise failure

    noting = Noting(failing_on("a"))
    orders.emu.on_stream("Orders", noting, maximum_retries=0, on_failure=send)
    orders.put("a")
    with pytest.raises(ConnectionError):
        orders.emu.drain()
    assert orders.outcomes() == [("discarded", 1, 1)]
    assert (noting.calls, len(documents)) == (["a"], 2)


def test_what_the_stream_has_trimmed_is_told(orders: Orders) -> None:
    noting = Noting(failing_on("b"))
    orders.emu.on_stream("Orders", noting, batch_size=1)
    orders.put("abc")
    first = orders.outcomes()
    orders.emu.clock.advance(hours=25)
    orders.put("d")
    assert (first, orders.outcomes()) == ([("done", 1, 1), ("failed", 1, 1)], [("trimmed", 2, 0), ("done", 1, 1)])
    assert noting.calls == ["a", "b", "d"]


def test_what_a_full_stream_has_trimmed_is_told(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_STREAM_RECORDS", 3)
    noting = Noting()
    orders.emu.on_stream("Orders", noting)
    orders.put("abcde")
    assert (orders.outcomes(), noting.calls) == ([("trimmed", 2, 0), ("done", 3, 1)], ["cde"])


def test_only_what_the_filters_let_pass_is_missed(orders: Orders) -> None:
    orders.emu.on_stream("Orders", ids_of, filters=[{"dynamodb": {"Keys": {"id": {"S": ["a"]}}}}])
    orders.put("abc")
    orders.emu.clock.advance(hours=25)
    assert orders.outcomes() == [("trimmed", 1, 0)]


def test_a_batch_of_which_a_part_was_trimmed_goes_on_with_the_rest(orders: Orders) -> None:
    noting = Noting(failing_on("b"))
    orders.emu.on_stream("Orders", noting)
    orders.put("a")
    orders.emu.clock.advance(hours=2)
    orders.put("b")
    first = orders.outcomes()
    orders.emu.clock.advance(hours=23)
    assert (first, orders.outcomes()) == ([("failed", 2, 1)], [("trimmed", 1, 0), ("failed", 1, 2)])
