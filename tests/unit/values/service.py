"""A service to put values to, and its words for what it refuses."""

from __future__ import annotations

from typing import Any

import orjson

from emulator import Emulator

Value = dict[str, Any]

ENVELOPE = "1 validation error detected: "
INVALID = "One or more parameter values were invalid: "
NOT_A_NUMBER = "The parameter cannot be converted to a numeric value: "
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
TOO_LARGE = "Item size has exceeded the maximum allowed size"
UPDATE_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"
KEY_MISMATCH = "The provided key element does not match the schema"

KEY = {"pk": {"S": "p"}}


class Service:
    """An emulator with the tables `strings`, `numbers` and `binaries`, whose only key `pk` is one, and `sorted`."""

    def __init__(self) -> None:
        self.emulator = Emulator()
        for name, kind in (("strings", "S"), ("numbers", "N"), ("binaries", "B")):
            self._create(name, [("pk", kind, "HASH")])
        self._create("sorted", [("pk", "S", "HASH"), ("sk", "S", "RANGE")])

    def _create(self, name: str, keys: list[tuple[str, str, str]]) -> None:
        self.ask(
            "CreateTable",
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind, _ in keys],
            KeySchema=[{"AttributeName": key, "KeyType": role} for key, _, role in keys],
        )

    def ask(self, operation: str, **request: Any) -> dict[str, Any]:
        reply = self.emulator.gateway.call(operation, orjson.dumps(request), "us-east-1")
        answer: dict[str, Any] = orjson.loads(reply.body)
        return answer

    def message(self, operation: str, **request: Any) -> str | None:
        """The message of a refusal; None if the request is accepted."""
        answer = self.ask(operation, **request)
        return answer["message"] if "__type" in answer else None

    def put(self, value: Value) -> str | None:
        """The message with which an item is refused for the value of its attribute `a`."""
        return self.message("PutItem", TableName="strings", Item={**KEY, "a": value})

    def stored(self, value: Value) -> Value:
        """What the service returns for a value that was put."""
        assert self.put(value) is None
        item: dict[str, Value] = self.ask("GetItem", TableName="strings", Key=KEY)["Item"]
        return item["a"]


def requests_with(value: Value) -> dict[str, dict[str, Any]]:
    """A request of each operation with a value that it judges before the table."""
    values = {":v": value}
    return {
        "PutItem": {"TableName": "strings", "Item": {**KEY, "a": value}},
        "UpdateItem": {
            "TableName": "strings",
            "Key": KEY,
            "UpdateExpression": "SET a = :v",
            "ExpressionAttributeValues": values,
        },
        "DeleteItem": {
            "TableName": "strings",
            "Key": KEY,
            "ConditionExpression": "a = :v",
            "ExpressionAttributeValues": values,
        },
        "GetItem": {"TableName": "strings", "Key": {"pk": value}},
        "BatchGetItem": {"RequestItems": {"strings": {"Keys": [{"pk": value}]}}},
        "Query": {
            "TableName": "strings",
            "KeyConditionExpression": "pk = :p",
            "FilterExpression": "a = :v",
            "ExpressionAttributeValues": {":p": {"S": "p"}, **values},
        },
        "Scan": {"TableName": "strings", "FilterExpression": "a = :v", "ExpressionAttributeValues": values},
        "BatchWriteItem": {"RequestItems": {"strings": [{"PutRequest": {"Item": {**KEY, "a": value}}}]}},
    }
