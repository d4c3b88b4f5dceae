"""Pages of a megabyte end where the service ends them, to the byte. Source: query_scan.md 12."""

from __future__ import annotations

from random import Random

import pytest

from .comparison import Pair
from .model import Action
from .page_sizes import PAGE_BYTES, page_bytes
from .values import NAMES, ValueMaker
from .wire import SCALARS, Json, item_of

SEEDS = range(8)
SOURCES = (None, "global", "local")
SHAPES = {
    "few large items": (60, (10, 300, 40_000, 130_000)),
    "many small items": (600, (1_000, 3_500, 3_500, 8_000)),
}
"""By name: items in each of two item collections, and the bounds of their paddings, which are drawn."""


def table_of(shape: str, seed: int) -> Pair:
    """A table of two item collections that take several pages; its items hold values of all types, and padding."""
    pair, maker = Pair(), ValueMaker(Random(seed))
    count, paddings = SHAPES[shape]
    kind = maker.pick(SCALARS)
    pair.perform(Action("CreateTable", _create_table(maker, kind)))
    for partition_key in ("a", "b"):
        for at in range(count):
            item = {
                "pk": {"S": partition_key},
                "sk": _sort_key(kind, at),
                "g": {"S": "one"},
                "pad": {"S": "x" * maker.rng.randrange(maker.pick(paddings))},
                **{name: maker.value(4) for name in maker.some(NAMES, 6)},
            }
            pair.ask("PutItem", {"TableName": "pages", "Item": item})
            pair.model.tables["pages"].items.append(item_of(item))  # to put it would compare it with all others
    return pair


def _sort_key(kind: str, at: int) -> Json:
    if kind == "N":
        return {"N": str((at - 5) * 13)}
    return {"S": f"{at:03}" + "s" * (at % 99 * 7)} if kind == "S" else {"B": f"{at:04}" + "abcd" * (at % 99)}


def _create_table(maker: ValueMaker, kind: str) -> Json:
    def index(name: str, keys: list[tuple[str, str]]) -> Json:
        projection = maker.pick(
            ({"ProjectionType": "ALL"}, {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["pad", "alpha"]})
        )
        return {"IndexName": name, "KeySchema": _key_schema(keys), "Projection": projection}

    return {
        "TableName": "pages",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _key_schema([("pk", "HASH"), ("sk", "RANGE")]),
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": kind},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        "GlobalSecondaryIndexes": [index("global", [("g", "HASH"), ("sk", "RANGE")])],
        "LocalSecondaryIndexes": [index("local", [("pk", "HASH"), ("g", "RANGE")])],
    }


def _key_schema(keys: list[tuple[str, str]]) -> list[Json]:
    return [{"AttributeName": name, "KeyType": role} for name, role in keys]


def read_all(pair: Pair, operation: str, request: Json, meant: Json) -> int:
    """Read page by page, each beside the model's; returns how many pages there were."""
    pages = 0
    while True:
        pages += 1
        pair.perform(Action(operation, request, meant))
        last = pair.ask(operation, request).get("LastEvaluatedKey")
        if last is None:
            return pages
        request = {**request, "ExclusiveStartKey": last}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_page_of_a_scan_ends_where_the_model_ends_it(seed: int, source: str | None, shape: str) -> None:
    pair = table_of(shape, seed)
    request = {"TableName": "pages", **({"IndexName": source} if source else {})}
    assert read_all(pair, "Scan", request, {}) > 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("seed", SEEDS[:2])
def test_every_page_of_a_query_ends_where_the_model_ends_it(
    seed: int, source: str | None, forward: bool, shape: str
) -> None:
    """On the local index all attributes are asked for, so that it may have to fetch them."""
    pair = table_of(shape, seed)
    key, value = ("g", {"S": "one"}) if source == "global" else ("pk", {"S": "b"})
    request = {
        "TableName": "pages",
        "KeyConditionExpression": f"{key} = :v",
        "ExpressionAttributeValues": {":v": value},
        "ScanIndexForward": forward,
        **({"IndexName": source} if source else {}),
        **({"Select": "ALL_ATTRIBUTES"} if source == "local" else {}),
    }
    meant = {"KeyConditionExpression": ((key, "=", value),)}
    assert read_all(pair, "Query", request, meant) > 1


@pytest.mark.parametrize("kind", SCALARS)
def test_the_last_byte_decides_whether_a_page_is_full(kind: str) -> None:
    """Three rows that just fill a page, or miss it by a byte or two."""
    pair = Pair()
    pair.perform(Action("CreateTable", _create_table(ValueMaker(Random(0)), kind)))
    for at in range(2):
        _put_padded(pair, kind, at, 390_000)
    table = pair.model.tables["pages"]
    short = PAGE_BYTES - sum(page_bytes(item, "sk") for item in table.items)
    ends = set()
    for pad in _pads_around(kind, short):
        _put_padded(pair, kind, 2, pad)
        pair.perform(Action("Scan", {"TableName": "pages", "Select": "COUNT"}))
        ends.add("LastEvaluatedKey" in pair.ask("Scan", {"TableName": "pages", "Select": "COUNT"}))
    assert ends == {True, False}


def _put_padded(pair: Pair, kind: str, at: int, pad: int) -> None:
    pair.perform(Action("PutItem", {"TableName": "pages", "Item": _padded(kind, at, pad)}))


def _padded(kind: str, at: int, pad: int) -> Json:
    return {"pk": {"S": "a"}, "sk": _sort_key(kind, at), "pad": {"S": "x" * pad}}


def _pads_around(kind: str, short: int) -> range:
    """Paddings of the third row around the one with which it has `short` page bytes."""
    pad = short
    while page_bytes(item_of(_padded(kind, 2, pad)), "sk") > short:
        pad -= 1
    return range(pad - 2, pad + 4)
