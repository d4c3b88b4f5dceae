"""What `on_stream` refuses, and how it says what to do instead."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from unittest.mock import AsyncMock

import pytest

from .orders import Orders

WRONG_VALUES = [
    ({"batch_size": 0}, "batch_size is 1 to 10,000, not 0"),
    ({"batch_size": 10_001}, "batch_size is 1 to 10,000, not 10001"),
    ({"batch_window": -1}, "batch_window is 0 to 300, not -1"),
    ({"batch_window": 300.5}, "batch_window is 0 to 300, not 300.5"),
    ({"maximum_retries": -2}, "maximum_retries is 0 to 10,000, or None for no limit, not -2"),
    ({"maximum_retries": 10_001}, "maximum_retries is 0 to 10,000, or None for no limit, not 10001"),
    ({"maximum_record_age": 59}, "maximum_record_age is 60 to 604,800, or None for no limit, not 59"),
    ({"maximum_record_age": 604_801}, "maximum_record_age is 60 to 604,800, or None for no limit, not 604801"),
    ({"parallelization_factor": 0}, "parallelization_factor is 1 to 10, not 0"),
    ({"parallelization_factor": 11}, "parallelization_factor is 1 to 10, not 11"),
    ({"starting_position": "AT_TIMESTAMP"}, "starting_position is 'LATEST' or 'TRIM_HORIZON', not 'AT_TIMESTAMP'"),
    ({"filters": [{"eventName": "INSERT"}]}, "filter pattern at eventName: a value is given as a list"),
]

WRONG_TYPES = [
    ({"batch_size": "100"}, "batch_size is a number from 1 to 10,000, not '100'"),
    ({"batch_size": True}, "batch_size is a number from 1 to 10,000, not True"),
    ({"batch_size": 2.5}, "batch_size is a number from 1 to 10,000, not 2.5"),
    ({"maximum_retries": "many"}, "maximum_retries is a number from 0 to 10,000, or None for no limit, not 'many'"),
    ({"on_failure": "arn:aws:sqs:queue"}, "on_failure takes a function or a list, not 'arn:aws:sqs:queue'"),
    ({"filters": {"eventName": ["INSERT"]}}, "filters takes a list of patterns"),
    ({"batchsize": 5}, "unexpected keyword argument 'batchsize'"),
]

FINE = [
    {"batch_size": 1},
    {"batch_size": 10_000},
    {"batch_window": 300},
    {"batch_window": 0.5},
    {"maximum_retries": 0},
    {"maximum_retries": 10_000},
    {"maximum_record_age": 60},
    {"maximum_record_age": 604_800},
    {"parallelization_factor": 10},
]


def ignore(event: object) -> None:
    assert event


@pytest.mark.parametrize(("options", "message"), WRONG_VALUES)
def test_values_outside_the_range_of_aws_are_refused(orders: Orders, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        orders.emu.on_stream("Orders", ignore, **options)


@pytest.mark.parametrize(("options", "message"), WRONG_TYPES)
def test_values_of_another_type_are_refused(orders: Orders, options: Any, message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        orders.emu.on_stream("Orders", ignore, **options)


@pytest.mark.parametrize("options", FINE)
def test_the_ends_of_the_ranges_are_allowed(orders: Orders, options: Any) -> None:
    assert orders.emu.on_stream("Orders", ignore, **options).is_open


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        ("archive.handler", "not 'archive.handler'"),
        (lambda: None, "an event and a context, or an event alone"),
        (lambda event, context, more: None, "an event and a context, or an event alone"),
    ],
)
def test_what_cannot_be_called_with_an_event_is_no_handler(orders: Orders, handler: Any, message: str) -> None:
    with pytest.raises(TypeError, match="a handler") as refused:
        orders.emu.on_stream("Orders", handler)
    assert message in str(refused.value)


async def coroutine_function(event: object) -> None:
    assert event


class AsyncHandler:
    async def __call__(self, event: object) -> None:
        assert event


@pytest.mark.parametrize("handler", [coroutine_function, partial(coroutine_function), AsyncHandler(), AsyncMock()])
def test_a_coroutine_function_is_no_handler(orders: Orders, handler: Any) -> None:
    with pytest.raises(TypeError, match=r"coroutine function: use asyncio\.run"):
        orders.emu.on_stream("Orders", handler)


def test_a_table_that_is_not_there_is_named(orders: Orders) -> None:
    with pytest.raises(LookupError, match="there is no table 'Ordres' in us-east-1"):
        orders.emu.on_stream("Ordres", ignore)


def test_the_region_in_which_the_table_is_is_named(orders: Orders) -> None:
    orders.create("Elsewhere", region="eu-west-1")
    with pytest.raises(LookupError, match="no table 'Elsewhere' in us-east-1; it is in eu-west-1: give region="):
        orders.emu.on_stream("Elsewhere", ignore)


@pytest.mark.parametrize("was_enabled", [False, True])
def test_a_table_without_a_stream_is_told_how_to_get_one(orders: Orders, was_enabled: bool) -> None:
    if was_enabled:
        orders.set_stream(False)
    else:
        orders.create("Plain", view_type=None)
    with pytest.raises(LookupError, match=r"has no stream: create it with StreamSpecification=.*'StreamEnabled': True"):
        orders.emu.on_stream("Orders" if was_enabled else "Plain", ignore)


def test_what_is_refused_subscribes_nobody(orders: Orders) -> None:
    with pytest.raises(ValueError, match="filter"):
        orders.emu.on_stream("Orders", ignore, filters=[{"eventName": []}])
    orders.put("a")
    assert orders.emu.drain() == []
