"""Laws of attribute values: they come back as they are, numbers are exact, sizes add up. Source: values.md 5 to 8."""

from __future__ import annotations

import re
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.errors import ServiceError
from emulator.values.canonical import canonical_item
from emulator.values.numbers import (
    add_numbers,
    canonical_number,
    number_bytes,
    number_length,
    number_size,
    subtract_numbers,
)
from emulator.values.sizes import item_size, page_size
from emulator.values.types import Wording

from .comparison import Pair
from .expressions import UpdateError, total
from .model import Action
from .page_sizes import page_bytes
from .schema import number_key_bytes
from .values import NAMES, ValueMaker
from .wire import SCALARS, Json, item_bytes, item_of, number_text, wire_item
from .wire import number_bytes as model_number_size

some_choices = st.randoms(use_true_random=False)
steady = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.data_too_large])

TABLE: Json = {
    "TableName": "values",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "g", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "index",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
KEY: Json = {"pk": {"S": "p"}}


# --- Round trips ------------------------------------------------------------------------------------


@steady
@given(some_choices)
def test_an_item_comes_back_in_canonical_form_on_every_road(rng: Random) -> None:
    maker = ValueMaker(rng)
    item = {**KEY, "g": {"S": "g"}, **{name: maker.value(5) for name in maker.some(NAMES, 8)}}
    expected = wire_item(item_of(item))
    pair = Pair()
    pair.perform(Action("CreateTable", TABLE))
    pair.ask("PutItem", {"TableName": "values", "Item": item})
    index = {"TableName": "values", "IndexName": "index"}
    query = {**index, "KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": "g"}}}
    assert pair.ask("GetItem", {"TableName": "values", "Key": KEY})["Item"] == expected
    assert pair.ask("BatchGetItem", {"RequestItems": {"values": {"Keys": [KEY]}}})["Responses"]["values"] == [expected]
    assert pair.ask("Scan", {"TableName": "values"})["Items"] == [expected]
    assert pair.ask("Query", query)["Items"] == [expected]
    old = pair.ask("DeleteItem", {"TableName": "values", "Key": KEY, "ReturnValues": "ALL_OLD"})
    assert old["Attributes"] == expected


@steady
@given(some_choices)
def test_the_size_of_an_item_is_the_sum_of_its_parts(rng: Random) -> None:
    maker = ValueMaker(rng)
    item = {name: maker.value(5) for name in maker.some(NAMES, 8)}
    expected = item_bytes(item_of(item))
    assert canonical_item(item, Wording.CURRENT) == expected
    assert item_size(item) == expected


@steady
@given(some_choices)
def test_a_row_adds_to_a_page_what_the_rule_says(rng: Random) -> None:
    maker = ValueMaker(rng)
    item = {name: maker.value(5) for name in maker.some(NAMES, 8)}
    item["sk"] = maker.scalar(maker.pick(SCALARS))
    for padding in (0, 100, 127, 128, *range(3_000, 3_080), 16_383, 16_384, *range(16_300, 16_384, 9)):
        padded = wire_item(item_of({**item, "pad": {"S": "x" * padding}}))
        assert page_size(padded, "sk") == page_bytes(item_of(padded), "sk")


@steady
@given(some_choices)
def test_canonical_values_are_canonical_already(rng: Random) -> None:
    maker = ValueMaker(rng)
    once = {"a": maker.value(5)}
    canonical_item(once, Wording.CURRENT)
    twice = wire_item(item_of(once))
    canonical_item(twice, Wording.CURRENT)
    assert twice == once


# --- Numbers ----------------------------------------------------------------------------------------

digits = st.integers(min_value=1, max_value=10**38 - 1)
exponents = st.integers(min_value=-167, max_value=125)


@st.composite
def numbers(draw: st.DrawFn) -> Decimal:
    """Any number that the service can hold, zero and the borders among them, and small whole ones often."""
    if draw(st.booleans()):
        return Decimal(draw(st.integers(min_value=-150, max_value=150)))
    number = Decimal(draw(digits)).scaleb(draw(exponents))
    if draw(st.booleans()):
        number = number.copy_negate()
    if not -130 <= number.adjusted() <= 125:
        return Decimal(0)
    return number


@steady
@given(numbers(), numbers())
def test_sums_and_differences_are_exact_or_refused(left: Decimal, right: Decimal) -> None:
    one, other = number_text(left), number_text(right)
    assert _outcome(add_numbers, one, other) == _exact(left, right)
    assert _outcome(subtract_numbers, one, other) == _exact(left, right.copy_negate())


@steady
@given(numbers(), st.integers(min_value=0, max_value=45), digits)
def test_sums_of_numbers_of_like_size_are_exact_or_refused(left: Decimal, shift: int, other: int) -> None:
    """Most sums of any two numbers need too many digits; these often need just 38."""
    right = Decimal(other).scaleb(left.adjusted() - shift)
    if right and -130 <= right.adjusted() <= 125:
        assert _outcome(add_numbers, number_text(left), number_text(right)) == _exact(left, right)


def _outcome(operation: object, left: str, right: str) -> str:
    try:
        return str(operation(left, right))  # type: ignore[operator]
    except ServiceError as error:
        return str(error.message)


def _exact(left: Decimal, right: Decimal) -> str:
    try:
        return number_text(total(left, right))
    except UpdateError as error:
        return str(error)


@steady
@given(numbers(), numbers())
def test_the_bytes_of_numbers_are_in_the_order_of_the_numbers(left: Decimal, right: Decimal) -> None:
    one, other = number_bytes(number_text(left)), number_bytes(number_text(right))
    assert (one < other, one == other) == (left < right, left == right)


@steady
@given(numbers())
def test_a_number_has_the_bytes_of_the_recipe_and_the_size_of_the_rule(number: Decimal) -> None:
    text = number_text(number)
    assert number_bytes(text) == number_key_bytes(number)
    assert number_length(text) == len(number_key_bytes(number))
    assert number_size(text) == model_number_size(number)


_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII).fullmatch


@steady
@given(st.text(alphabet="0123456789.+-eE", max_size=12) | st.text(alphabet="019.-e _xN,٣", max_size=8))
def test_text_is_a_number_exactly_when_the_grammar_says_so(text: str) -> None:
    try:
        canonical = canonical_number(text)
    except ServiceError as error:
        refused_as_text = "cannot be converted" in str(error.message)
        assert refused_as_text == (not _NUMBER(text))
    else:
        assert _NUMBER(text)
        assert canonical == number_text(Decimal(text))


@steady
@given(numbers(), some_choices)
def test_every_spelling_of_a_number_has_one_canonical_form(number: Decimal, rng: Random) -> None:
    assert canonical_number(ValueMaker(rng).spelt(number)) == number_text(number)


# Source: query_scan.md 16.
@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        ("1", "c102"),
        ("7", "c108"),
        ("12", "c10d"),
        ("100", "c202"),
        ("2388", "c21859"),
        ("999.9", "c20a645b"),
        ("0.012345", "c002182e"),
        ("1E125", "ff0b"),
        ("1E-130", "8002"),
        ("-1", "3e6466"),
        ("-42", "3e3b66"),
        ("-0.09", "3f5c66"),
        ("-999.9", "3d5c020b66"),
        ("0", "80"),
    ],
)
def test_numbers_have_the_bytes_that_were_seen(number: str, encoded: str) -> None:
    assert number_bytes(canonical_number(number)).hex() == encoded
