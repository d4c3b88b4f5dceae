"""boto3, one call after the other: over HTTP, in-process, and answered by a constant.

The constant is the floor: a stock client of botocore checks and serialises the request, and a `before-call` hook
returns an answer that was made in advance. No emulator behind boto3's own interface can be faster than that, but by
sparing botocore work.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from scripts.benchmark import workload
from scripts.benchmark.figures import Figure, Measured, Unit

PUT_HTTP = Figure("boto3", "put_item over HTTP", Unit.CALLS)
GET_HTTP = Figure("boto3", "get_item over HTTP", Unit.CALLS)
PUT = Figure("boto3", "put_item in-process", Unit.CALLS)
GET = Figure("boto3", "get_item in-process", Unit.CALLS)
PUT_CONSTANT = Figure("boto3", "put_item answered by a constant", Unit.CALLS)
GET_CONSTANT = Figure("boto3", "get_item answered by a constant", Unit.CALLS)
PUT_COST = Figure("boto3", "put_item in-process, its time in that of the constant", Unit.TIMES)
GET_COST = Figure("boto3", "get_item in-process, its time in that of the constant", Unit.TIMES)
PUT_MOCK = Figure("boto3", "put_item under mock(), any client", Unit.CALLS)
GET_MOCK = Figure("boto3", "get_item under mock(), any client", Unit.CALLS)

HTTP_FIGURES = (PUT_HTTP, GET_HTTP)
OWN_FIGURES = (PUT, GET, PUT_MOCK, GET_MOCK, PUT_CONSTANT, GET_CONSTANT, PUT_COST, GET_COST)
MOTO_FIGURES = (PUT, GET)

TABLE = "boto3"
_WARM_UP = 50
_TURNS = 10
_CREDENTIALS = {"region_name": "us-east-1", "aws_access_key_id": "local", "aws_secret_access_key": "local"}

Call = Callable[[int], Any]


def over_http(port: int, calls: int) -> Measured:
    import boto3

    client = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}", **_CREDENTIALS)
    return _named(HTTP_FIGURES, _rates(_calls_of(client, calls), calls))


def moto_mock(calls: int) -> Measured:
    import boto3
    import moto

    with moto.mock_aws():
        client = boto3.client("dynamodb", **_CREDENTIALS)
        client.create_table(**workload.table(TABLE))
        return _named(MOTO_FIGURES, _rates(_calls_of(client, calls), calls))


def put_rate(client: Any, calls: int) -> float:
    """Puts a second of a client whose emulator has no tables yet."""
    client.create_table(**workload.table(TABLE))
    put, _ = _calls_of(client, calls)
    (rate,) = _rates((put,), calls)
    return rate


def in_process(calls: int) -> Measured:
    """Our clients and the constant in turn, so that both meet the same weather; then a stock client under `mock`."""
    import boto3

    import emulator

    ours = emulator.Emulator().client()
    ours.create_table(**workload.table(TABLE))
    put, get = _calls_of(ours, calls)
    constant_put, constant_get = _calls_of(_constant_client(), calls)
    rates = [*_rates((put, constant_put), calls), *_rates((get, constant_get), calls)]
    with emulator.mock():
        client = boto3.client("dynamodb", **_CREDENTIALS)
        client.create_table(**workload.table(TABLE))
        under_mock = _rates(_calls_of(client, calls), calls)
    return {
        **_named((PUT, PUT_CONSTANT, GET, GET_CONSTANT), rates),
        **_named((PUT_COST, GET_COST), [rates[1] / rates[0], rates[3] / rates[2]]),
        **_named((PUT_MOCK, GET_MOCK), under_mock),
    }


def _constant_client() -> Any:
    import boto3
    from botocore.awsrequest import AWSResponse

    metadata = {"RequestId": "0", "HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
    item = workload.small_item(0, workload.COLLECTION)
    answers = {"PutItem": {"ResponseMetadata": metadata}, "GetItem": {"Item": item, "ResponseMetadata": metadata}}
    response = AWSResponse("", 200, {}, None)
    client = boto3.client("dynamodb", **_CREDENTIALS)
    client.meta.events.register("before-call", lambda model, **_: (response, answers[model.name]))
    return client


def _calls_of(client: Any, count: int) -> tuple[Call, Call]:
    def put(k: int) -> Any:
        return client.put_item(TableName=TABLE, Item=workload.small_item(k, count))

    def get(k: int) -> Any:
        return client.get_item(TableName=TABLE, Key=workload.key(k, count))["Item"]

    return put, get


def _rates(actions: tuple[Call, ...], calls: int) -> list[float]:
    """Calls a second of each, made in turns of some calls."""
    for action in actions:
        for k in range(_WARM_UP):
            action(k)
    seconds = [0.0] * len(actions)
    size = max(calls // _TURNS, 1)
    for start in range(0, calls, size):
        for number, action in enumerate(actions):
            started = time.perf_counter()
            for k in range(start, min(start + size, calls)):
                action(k)
            seconds[number] += time.perf_counter() - started
    return [calls / taken for taken in seconds]


def _named(figures: tuple[Figure, ...], values: list[float]) -> Measured:
    return {figure.name: value for figure, value in zip(figures, values, strict=True)}
