"""What all targets are asked: tables, items and requests, the same for each, in the same order.

Items are of two kinds: small ones of about 175 bytes as JSON (190 with spaces), and those of 4 KB. 40 of them make an
item collection.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

COLLECTION = 40
"""Items with the same partition key."""
BATCH = 25
"""Puts of a BatchWriteItem: as many as the service takes."""
TRANSACTION = 4
"""Actions of a TransactWriteItems."""
LARGE_TEXT = "x" * 3_900

Request = dict[str, Any]


def table(name: str) -> Request:
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    }


def key(k: int, count: int) -> Request:
    """The key of item `k` of `count`."""
    return {"pk": {"S": f"user#{k % max(count // COLLECTION, 1)}"}, "sk": {"S": f"order#{k:07d}"}}


def small_item(k: int, count: int) -> Request:
    return {
        **key(k, count),
        "name": {"S": "Jane Doe"},
        "email": {"S": "jane@example.com"},
        "age": {"N": str(k % 90)},
        "addr": {"M": {"city": {"S": "NYC"}, "zip": {"S": "10001"}}},
    }


def large_item(k: int, count: int) -> Request:
    return {**small_item(k, count), "text": {"S": LARGE_TEXT}}


# --- Requests -------------------------------------------------------------------------------------


def put(name: str, item: Request) -> Request:
    return {"TableName": name, "Item": item}


def get(name: str, k: int, count: int) -> Request:
    return {"TableName": name, "Key": key(k, count)}


def conditional_update(name: str, k: int, count: int) -> Request:
    """Counts visits, on a condition that holds."""
    return {
        **get(name, k, count),
        "UpdateExpression": "SET #v = if_not_exists(#v, :zero) + :one",
        "ConditionExpression": "attribute_exists(pk) AND age < :limit",
        "ExpressionAttributeNames": {"#v": "visits"},
        "ExpressionAttributeValues": {":zero": {"N": "0"}, ":one": {"N": "1"}, ":limit": {"N": "90"}},
    }


def query(name: str, k: int, count: int) -> Request:
    """All of an item collection."""
    return {
        "TableName": name,
        "KeyConditionExpression": "pk = :p AND begins_with(sk, :s)",
        "ExpressionAttributeValues": {":p": key(k, count)["pk"], ":s": {"S": "order#"}},
    }


def batch(name: str, items: list[Request]) -> Request:
    return {"RequestItems": {name: [{"PutRequest": {"Item": item}} for item in items]}}


def transaction(name: str, k: int, count: int) -> Request:
    """Two puts, an update and a condition, of the items `k` to `k` + 3."""
    check = {**get(name, k + 3, count), "ConditionExpression": "attribute_exists(pk)"}
    return {
        "TransactItems": [
            {"Put": put(name, small_item(k, count))},
            {"Put": put(name, small_item(k + 1, count))},
            {"Update": conditional_update(name, k + 2, count)},
            {"ConditionCheck": check},
        ]
    }


def filtered_scan(name: str) -> Request:
    """Keeps one item in 90: those of `matches`."""
    return {
        "TableName": name,
        "FilterExpression": "age > :a AND attribute_exists(addr.city)",
        "ExpressionAttributeValues": {":a": {"N": "88"}},
    }


def matches(count: int) -> int:
    """How many of `count` small items `filtered_scan` keeps."""
    return sum(k % 90 > 88 for k in range(count))


def batches(name: str, count: int, make: Any = small_item) -> list[bytes]:
    """The bodies of the BatchWriteItem requests that put `count` items."""
    return [
        encoded(batch(name, [make(k, count) for k in range(start, min(start + BATCH, count))]))
        for start in range(0, count, BATCH)
    ]


def encoded(request: Request) -> bytes:
    return json.dumps(request, separators=(",", ":")).encode()


def shuffled(count: int, step: int = 1) -> list[int]:
    """The numbers below `count` in an order of chance that is the same in each run."""
    numbers = list(range(0, count, step))
    Random(1).shuffle(numbers)
    return numbers


# --- How much of it -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a run measures. The defaults are those of the published figures."""

    starts: int = 3
    calls: int = 2_000
    keys: int = 20_000
    large_keys: int = 2_000
    seconds: int = 4
    bulk_items: int = 100_000
    growth: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    memory_items: int = 1_000_000
    savepoint_items: tuple[int, ...] = (1_000, 100_000)
    changes: int = 1_000
    recovered_items: tuple[int, ...] = (100_000, 1_000_000)
    copied_items: int = 100_000


QUICK = Sizes(
    starts=1,
    calls=300,
    keys=2_000,
    large_keys=400,
    seconds=1,
    bulk_items=10_000,
    growth=(1_000, 10_000),
    memory_items=50_000,
    savepoint_items=(1_000, 10_000),
    recovered_items=(10_000,),
    copied_items=10_000,
)
