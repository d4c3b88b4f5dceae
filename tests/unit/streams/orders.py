"""A table of orders with a stream, and handlers that note what they were called with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from emulator import Emulator

START = 1_767_268_800.0
"""Noon of 1 January 2026."""

Event = dict[str, Any]


def ids_of(event: Event) -> str:
    """The ids of the orders that changed, one letter each."""
    return "".join(record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"])


class Orders:
    """An emulator with a frozen clock, and the table `Orders` in it."""

    def __init__(self, view_type: str = "NEW_AND_OLD_IMAGES", **settings: Any) -> None:
        self.emu = Emulator(**settings)
        self.emu.clock.freeze(START)
        self.create("Orders", view_type)

    def call(self, operation: str, region: str = "us-east-1", **request: Any) -> dict[str, Any]:
        reply = self.emu.gateway.call(operation, orjson.dumps(request), region)
        body: dict[str, Any] = orjson.loads(reply.body)
        assert reply.status == 200, body
        return body

    def create(self, name: str, view_type: str | None = "NEW_AND_OLD_IMAGES", region: str = "us-east-1") -> None:
        stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view_type}} if view_type else {}
        self.call(
            "CreateTable",
            region,
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            **stream,
        )

    def put(self, ids: str, table: str = "Orders", **attributes: Any) -> None:
        """Put an order for each letter."""
        for letter in ids:
            self.call("PutItem", TableName=table, Item={"id": {"S": letter}, **attributes})

    def delete(self, ids: str) -> None:
        for letter in ids:
            self.call("DeleteItem", TableName="Orders", Key={"id": {"S": letter}})

    def set_stream(self, enabled: bool) -> None:
        view_type = {"StreamViewType": "NEW_IMAGE"} if enabled else {}
        self.call("UpdateTable", TableName="Orders", StreamSpecification={"StreamEnabled": enabled, **view_type})

    def outcomes(self) -> list[tuple[str, int, int]]:
        """What a drain did: outcome, count of records and attempt of each delivery."""
        return [(delivery.outcome, delivery.records, delivery.attempt) for delivery in self.emu.drain()]


class Noting:
    """A handler that notes the ids of each call, and then does what it is told to."""

    def __init__(self, then: Callable[[Event], Any] = lambda event: None) -> None:
        self.calls: list[str] = []
        self.then = then

    def __call__(self, event: Event, context: object) -> Any:
        self.calls.append(ids_of(event))
        return self.then(event)


def failing_on(poison: str) -> Callable[[Event], None]:
    """Raise where one of these orders is in the event."""

    def then(event: Event) -> None:
        if set(poison) & set(ids_of(event)):
            raise ValueError(f"cannot stand {poison}")

    return then


def reporting(poison: str) -> Callable[[Event], dict[str, Any]]:
    """Answer with all records of these orders, the last one first."""

    def then(event: Event) -> dict[str, Any]:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        failed = [number for number, letter in zip(numbers, ids_of(event), strict=True) if letter in poison]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in reversed(failed)]}

    return then
