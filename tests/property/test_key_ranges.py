"""Every key condition on every kind of sort key, and segments of a scan, beside the model.

The values are few and chosen: neighbours in the service's order that other orders would tell apart.
Source: query_scan.md 6, 15, 16 and 17.
"""

from __future__ import annotations

from base64 import b64encode
from itertools import product
from typing import Any

import pytest

from .comparison import Pair
from .model import Action
from .schema import segment_of
from .values import BINARIES, NUMBERS, STRINGS
from .wire import Json, item_of, order_of, value_of

SORT_KEYS: dict[str, list[Json]] = {
    "S": [{"S": text} for text in (*STRINGS, "a\x00", "\U0010ffff\U0010ffff", "\ud7ff\ud7ff", "\uffff\U0010ffff")],
    "N": [{"N": text} for text in NUMBERS],
    "B": [{"B": b64encode(content).decode()} for content in (*BINARIES, b"a\x00", b"a\xff", b"\xff\xff\xff", b"b")],
}
COMPARATORS = ("=", "<", "<=", ">", ">=")
INDEX = {
    "IndexName": "by_sort_key",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "ALL"},
}


@pytest.fixture(params=SORT_KEYS)
def pair(request: pytest.FixtureRequest) -> Pair:
    """A table with one item collection that holds every sort key of a type, between two others."""
    kind = request.param
    pair = Pair()
    pair.perform(Action("CreateTable", _create_table(kind)))
    for partition_key, sort_key in product("abc", SORT_KEYS[kind]):
        item = {"pk": {"S": partition_key}, "sk": sort_key, "g": {"S": partition_key}}
        pair.perform(Action("PutItem", {"TableName": "ranges", "Item": item}))
    return pair


def _create_table(kind: str) -> Json:
    return {
        "TableName": "ranges",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": kind},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        "GlobalSecondaryIndexes": [INDEX],
    }


def _kind(pair: Pair) -> str:
    return pair.model.tables["ranges"].types["sk"]


def _query(pair: Pair, text: str, operator: str, *operands: Json, **more: Any) -> None:
    """A Query with one condition on the sort key, on the table and on the index, forwards and backwards."""
    values = {":p": {"S": "b"}, **{f":{at}": operand for at, operand in enumerate(operands)}}
    for key, source in (("pk", {}), ("g", {"IndexName": "by_sort_key"})):
        request = {
            "TableName": "ranges",
            "KeyConditionExpression": f"{key} = :p AND {text}",
            "ExpressionAttributeValues": values,
            "ProjectionExpression": "sk",
            **source,
        }
        conditions = ((key, "=", values[":p"]), ("sk", operator, *operands))
        meant = {"KeyConditionExpression": conditions, "ProjectionExpression": (("sk",),)}
        for forward in (True, False):
            pair.perform(Action("Query", {**request, "ScanIndexForward": forward}, meant))


@pytest.mark.parametrize("comparator", COMPARATORS)
def test_a_comparison_selects_the_sort_keys_that_compare_so(pair: Pair, comparator: str) -> None:
    for operand in SORT_KEYS[_kind(pair)]:
        _query(pair, f"sk {comparator} :0", comparator, operand)


def test_between_selects_the_sort_keys_from_one_bound_to_the_other(pair: Pair) -> None:
    operands = sorted(SORT_KEYS[_kind(pair)], key=lambda wire: order_of(value_of(wire)))
    for at, low in enumerate(operands):
        for high in operands[at::3]:
            _query(pair, "sk BETWEEN :0 AND :1", "BETWEEN", low, high)


@pytest.mark.parametrize("pair", ["S", "B"], indirect=True)
def test_begins_with_selects_the_sort_keys_with_that_prefix(pair: Pair) -> None:
    for operand in SORT_KEYS[_kind(pair)]:
        _query(pair, "begins_with(sk, :0)", "begins_with", operand)


# --- Reads of one row -------------------------------------------------------------------------------


@pytest.mark.parametrize("partition_key", "abcdefghijklmnop")
def test_a_query_for_one_row_is_never_to_be_continued(partition_key: str) -> None:
    """A start key would be refused there: `The query can return at most one row and cannot be restarted`."""
    pair = Pair()
    pair.ask("CreateTable", _create_table("N"))
    item = {"pk": {"S": partition_key}, "sk": {"N": "1"}}
    pair.ask("PutItem", {"TableName": "ranges", "Item": item})
    answer = pair.ask(
        "Query",
        {
            "TableName": "ranges",
            "KeyConditionExpression": "pk = :p AND sk = :s",
            "ExpressionAttributeValues": {":p": item["pk"], ":s": item["sk"]},
            "Limit": 1,
        },
    )
    assert answer == {"Count": 1, "ScannedCount": 1, "Items": [item]}


# --- Segments ---------------------------------------------------------------------------------------

ROWS = 1_500


@pytest.fixture(scope="module")
def many_collections() -> Pair:
    """A table with many partition keys."""
    pair = Pair()
    pair.perform(Action("CreateTable", _create_table("N")))
    for start in range(0, ROWS, 25):
        writes = [{"PutRequest": {"Item": {"pk": {"S": str(at)}, "sk": {"N": "0"}}}} for at in range(start, start + 25)]
        pair.ask("BatchWriteItem", {"RequestItems": {"ranges": writes}})
    return pair


@pytest.mark.parametrize("total", [1, 2, 3, 5, 7, 64, 100, 1000, 4095, 4096])
def test_each_row_is_in_the_segment_of_its_hash_and_in_no_other(many_collections: Pair, total: int) -> None:
    table = many_collections.model.tables["ranges"]
    found = 0
    for segment in range(total):
        answer = many_collections.ask("Scan", {"TableName": "ranges", "Segment": segment, "TotalSegments": total})
        places = [table.place(None, item_of(item)) for item in answer["Items"]]
        assert {segment_of(place, total) for place in places} <= {segment}
        assert places == sorted(places)
        found += len(places)
    assert found == ROWS
