"""SearchVectors beside a naive scan that knows nothing but the page, and numpy beside plain Python.

Source: vectors.md 5, 6, 8 and 9.
"""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext
from typing import Any

import numpy
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import Emulator
from emulator.operations import search_vectors
from emulator.storage.nearest import nearest
from emulator.storage.record import Record
from emulator.storage.vector_index import Entry, Group

DISTANCES = ("COSINE", "EUCLIDEAN", "DOT_PRODUCT")
NUMBERS = ("0", "1", "-1", "0.5", "0.1", "-0.3", "3", "1e-3", "16777217", "1.000000059604644775390625", "-2.5e10")
TENANTS = ("x", "y")
LANGUAGES = ("en", "de", "fr")


def ask(emulator: Emulator, operation: str, **request: Any) -> Any:
    reply = emulator.gateway.call(operation, orjson.dumps(request), "us-east-1")
    assert reply.status == 200, reply.body
    return orjson.loads(reply.body)


def create(dimensions: int) -> Emulator:
    """An emulator with a table that has an index for each distance, without search schema and with one."""
    emulator = Emulator()
    element = {"AttributeName": "lang", "SearchSchemaElementType": "INLINE_FILTER"}
    schema = [{"AttributeName": "tenant", "SearchSchemaElementType": "HASH"}, element]
    common = {"VectorAttribute": {"AttributeName": "v"}, "Dimensions": dimensions}
    ask(
        emulator,
        "CreateTable",
        TableName="docs",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "tenant", "lang")],
        VectorIndexes=[
            *({**common, "IndexName": f"of-{name}", "DistanceFunction": name, **_all()} for name in DISTANCES[:2]),
            *(
                {**common, "IndexName": f"by-{name}", "DistanceFunction": name, "SearchSchema": schema, **_all()}
                for name in DISTANCES
            ),
        ],
    )
    return emulator


def _all() -> dict[str, Any]:
    return {"Projection": {"ProjectionType": "ALL"}}


# --- The naive scan -------------------------------------------------------------------------------


def single(text: str) -> Decimal:
    """The 32-bit float nearest to a decimal."""
    return Decimal(struct.unpack("<f", struct.pack("<f", float(text)))[0])


def analytic(distance: str, query: list[str], stored: list[str]) -> Decimal:
    """The score by the page's formula, in many digits."""
    pairs = [(single(left), single(right)) for left, right in zip(query, stored, strict=True)]
    with localcontext(prec=80):
        dot = sum((left * right for left, right in pairs), Decimal(0))
        if distance == "DOT_PRODUCT":
            return dot
        if distance == "EUCLIDEAN":
            return sum(((left - right) ** 2 for left, right in pairs), Decimal(0)).sqrt()
        lengths = sum((left**2 for left, _ in pairs), Decimal(0)) * sum((right**2 for _, right in pairs), Decimal(0))
        return 1 - dot / lengths.sqrt() if lengths else Decimal(1)  # without length: not on the page


def is_rounded(score: float, exact: Decimal) -> bool:
    """Whether a score is the 32-bit float nearest to a number, but for the error of doubles."""
    return math.isclose(score, exact, rel_tol=2**-24 + 2**-45, abs_tol=1e-30)


# --- Items and searches ---------------------------------------------------------------------------


def vectors(dimensions: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(NUMBERS), min_size=dimensions, max_size=dimensions)


@st.composite
def items(draw: st.DrawFn, dimensions: int) -> dict[str, Any]:
    item: dict[str, Any] = {"pk": {"S": str(draw(st.integers(0, 11)))}}
    for name, values in (("tenant", TENANTS), ("lang", LANGUAGES)):
        if draw(st.integers(0, 5)):
            item[name] = {"S": draw(st.sampled_from(values))}
    if draw(st.integers(0, 7)):
        item["v"] = {"L": [{"N": text} for text in draw(vectors(dimensions))]}
    return item


@st.composite
def writes(draw: st.DrawFn, dimensions: int) -> tuple[str, dict[str, Any]]:
    """An operation and its request."""
    item = draw(items(dimensions))
    key = {"pk": item["pk"]}
    kind = draw(st.sampled_from(["put", "put", "put", "delete", "set", "remove"]))
    if kind == "put":
        return "PutItem", {"Item": item}
    if kind == "delete":
        return "DeleteItem", {"Key": key}
    if kind == "set" and "v" in item:
        return "UpdateItem", {
            "Key": key,
            "UpdateExpression": "SET v = :v",
            "ExpressionAttributeValues": {":v": item["v"]},
        }
    return "UpdateItem", {
        "Key": key,
        "UpdateExpression": f"REMOVE {draw(st.sampled_from(['v', 'tenant', 'lang', 'nothing']))}",
    }


def apply(stored: dict[str, Any], operation: str, request: dict[str, Any]) -> None:
    """What a write does to items by key."""
    key = request.get("Item", request.get("Key"))["pk"]["S"]
    if operation == "PutItem":
        stored[key] = request["Item"]
    elif operation == "DeleteItem":
        stored.pop(key, None)
    else:
        item = dict(stored.get(key, request["Key"]))
        section, name = request["UpdateExpression"].split()[:2]
        if section == "SET":
            item[name] = request["ExpressionAttributeValues"][":v"]
        else:
            item.pop(name, None)
        if key in stored or section == "SET":
            stored[key] = item


@st.composite
def searches(draw: st.DrawFn, dimensions: int) -> dict[str, Any]:
    distance = draw(st.sampled_from(DISTANCES))
    request: dict[str, Any] = {
        "TableName": "docs",
        "SearchVector": [{"N": text} for text in draw(vectors(dimensions))],
        "TopK": draw(st.integers(1, 13)),
    }
    if distance != "DOT_PRODUCT" and draw(st.booleans()):
        return {**request, "IndexName": f"of-{distance}"}
    request |= {"IndexName": f"by-{distance}", "SearchConditionExpression": "tenant = :t"}
    request["ExpressionAttributeValues"] = {":t": {"S": draw(st.sampled_from(TENANTS))}}
    if draw(st.booleans()):
        request["SearchConditionExpression"] += " AND lang = :l"
        request["ExpressionAttributeValues"][":l"] = {"S": draw(st.sampled_from(LANGUAGES))}
    return request


def scanned(stored: dict[str, Any], request: dict[str, Any]) -> dict[str, Decimal]:
    """The scores of all items that a search is about, by key."""
    demanded = {"tenant": ":t", "lang": ":l"}
    values = request.get("ExpressionAttributeValues", {})
    query = [element["N"] for element in request["SearchVector"]]
    distance = request["IndexName"][3:]
    return {
        key: analytic(distance, query, [element["N"] for element in item["v"]["L"]])
        for key, item in stored.items()
        if "v" in item and all(item.get(name) == values[sigil] for name, sigil in demanded.items() if sigil in values)
    }


def check_search(emulator: Emulator, stored: dict[str, Any], request: dict[str, Any]) -> Any:
    """The answer, which is one of those that the page allows."""
    results = ask(emulator, "SearchVectors", **request)["SearchResults"]
    scores = scanned(stored, request)
    falling = request["IndexName"].endswith("DOT_PRODUCT")
    assert len(results) == min(request["TopK"], len(scores))
    found = [result["Item"]["pk"]["S"] for result in results]
    assert len(set(found)) == len(found)
    for key, result in zip(found, results, strict=True):
        assert is_rounded(result["Score"], scores[key]), (request, key, scores[key])
        assert result["Item"] == {name: value for name, value in stored[key].items() if name != "v"}
    ranked = [result["Score"] for result in results]
    assert ranked == sorted(ranked, reverse=falling)
    best = sorted(scores.values(), reverse=falling)[: len(ranked)]
    assert all(is_rounded(score, exact) for score, exact in zip(ranked, best, strict=True))
    return results


@contextmanager
def plain_python() -> Iterator[None]:
    """Searches as without numpy."""
    module = search_vectors.numpy_module
    search_vectors.numpy_module = lambda: None
    try:
        yield
    finally:
        search_vectors.numpy_module = module


# --- Properties -----------------------------------------------------------------------------------


@given(st.data(), st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_a_search_finds_what_a_naive_scan_finds_with_numpy_and_without(data: st.DataObject, dimensions: int) -> None:
    emulator, stored = create(dimensions), dict[str, Any]()
    for _ in range(data.draw(st.integers(1, 3))):
        for operation, request in data.draw(st.lists(writes(dimensions), min_size=1, max_size=12)):
            ask(emulator, operation, TableName="docs", **request)
            apply(stored, operation, request)
        for request in data.draw(st.lists(searches(dimensions), min_size=1, max_size=4)):
            with_numpy = check_search(emulator, stored, request)
            with plain_python():
                assert ask(emulator, "SearchVectors", **request)["SearchResults"] == with_numpy


@given(st.data(), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_a_savepoint_brings_back_what_searches_find(data: st.DataObject, dimensions: int) -> None:
    emulator, stored = create(dimensions), dict[str, Any]()
    for operation, request in data.draw(st.lists(writes(dimensions), max_size=12)):
        ask(emulator, operation, TableName="docs", **request)
        apply(stored, operation, request)
    described = ask(emulator, "DescribeTable", TableName="docs")
    savepoint = emulator.savepoint()
    if data.draw(st.booleans()):
        ask(emulator, "UpdateTable", TableName="docs", VectorIndexUpdates=[{"Delete": {"IndexName": "by-COSINE"}}])
    for operation, request in data.draw(st.lists(writes(dimensions), min_size=1, max_size=12)):
        ask(emulator, operation, TableName="docs", **request)
    savepoint.restore()
    assert ask(emulator, "DescribeTable", TableName="docs") == described
    for request in data.draw(st.lists(searches(dimensions), min_size=1, max_size=4)):
        check_search(emulator, stored, request)


@given(st.data(), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_an_index_made_later_holds_the_same_as_one_made_with_the_table(data: st.DataObject, dimensions: int) -> None:
    emulator = create(dimensions)
    for operation, request in data.draw(st.lists(writes(dimensions), min_size=1, max_size=20)):
        ask(emulator, operation, TableName="docs", **request)
    made = ask(emulator, "DescribeTable", TableName="docs")["Table"]
    for name in ("by-COSINE", "of-EUCLIDEAN"):
        index = next(index for index in made["VectorIndexes"] if index["IndexName"] == name)
        ask(emulator, "UpdateTable", TableName="docs", VectorIndexUpdates=[{"Delete": {"IndexName": name}}])
        asked = {
            member: value
            for member, value in index.items()
            if member not in ("IndexStatus", "IndexSizeBytes", "ItemCount", "IndexArn")
        }
        ask(
            emulator,
            "UpdateTable",
            TableName="docs",
            AttributeDefinitions=made["AttributeDefinitions"],
            VectorIndexUpdates=[{"Create": asked}],
        )
    again = ask(emulator, "DescribeTable", TableName="docs")["Table"]
    assert again["TableSizeBytes"] == made["TableSizeBytes"]
    assert sorted(again["VectorIndexes"], key=str) == sorted(made["VectorIndexes"], key=str)


# --- numpy beside plain Python --------------------------------------------------------------------

_components = st.floats(width=32, allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0.0, 1.0, -1.0, 1e-45, -1e-45, 1e-30, 3e38, -3e38, 1.0000001192092896, 0.10000000149011612, 16777216.0]
)


@st.composite
def _groups(draw: st.DrawFn) -> tuple[Group, array[float]]:
    """Vectors of which many are equal, parallel, opposite, or differ by one float from another, and one to search."""
    dimensions = draw(st.integers(1, 5))
    component = draw(st.sampled_from([_components, st.sampled_from([0.0, 1.0, 2.0])]))
    vector = st.lists(component, min_size=dimensions, max_size=dimensions).map(lambda numbers: array("f", numbers))
    query = draw(vector)
    group = Group()
    for place, one in enumerate(draw(st.lists(vector | st.just(query), min_size=1, max_size=40))):
        text = draw(st.sampled_from(["a", "b", None]))
        group.put((place.to_bytes(16, "big"),), Entry(one, Record({}, 0), (text,), 0))
    return group, query


@pytest.mark.parametrize("distance", DISTANCES)
@given(_groups(), st.integers(1, 10), st.sampled_from([None, "a", "c"]))
@settings(max_examples=300, deadline=None)
def test_numpy_and_plain_python_find_the_same_in_the_same_order(
    distance: str, given_: tuple[Group, array[float]], count: int, text: str | None
) -> None:
    group, query = given_
    by_numpy = nearest(group, query, distance, [text], count, numpy)
    by_python = nearest(group, query, distance, [text], count)
    assert by_numpy == by_python


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("step", [1e-11, -1e-11])
def test_scores_that_differ_by_less_than_a_float_are_equal_with_numpy_and_without(distance: str, step: float) -> None:
    group, query = Group(), array("f", [1, 1])
    keys = [(place.to_bytes(16, "big"),) for place in range(30)]
    for place, key in enumerate(keys):
        group.put(key, Entry(array("f", [1, place * step]), Record({}, 0), (), 0))
    for module in (numpy, None):
        found, _ = nearest(group, query, distance, [], 5, module)
        assert [one.key for one in found] == keys[:5]


@pytest.mark.parametrize("distance", DISTANCES)
def test_numpy_and_plain_python_find_the_same_among_many_of_many_dimensions(distance: str) -> None:
    numbers = numpy.random.default_rng(5)
    group = Group()
    for place in range(3000):
        vector = array("f", numbers.standard_normal(512).tolist())
        group.put((place.to_bytes(16, "big"),), Entry(vector, Record({}, 0), (), 0))
    query = array("f", numbers.standard_normal(512).tolist())
    assert nearest(group, query, distance, [], 20, numpy) == nearest(group, query, distance, [], 20)
