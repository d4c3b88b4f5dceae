"""Writes whose expressions were found good before: what is new in a request is judged all the same.

Source: items.md 2 and 6, expressions.md 6.
"""

from __future__ import annotations

from typing import Any

import pytest

from emulator import Emulator
from emulator.values.sizes import item_size

from .calls import REGION, Fault, call, definitions, fault_of, invalid, keys

KEY = {"pk": {"S": "p"}}
BETWEEN = {"ConditionExpression": "n BETWEEN :low AND :high"}
SET = {"UpdateExpression": "SET #v = :v", "ExpressionAttributeNames": {"#v": "v"}}


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator()
    call(
        emulator,
        "CreateTable",
        TableName="table",
        AttributeDefinitions=definitions("pk"),
        KeySchema=keys("pk"),
        BillingMode="PAY_PER_REQUEST",
    )
    call(emulator, "PutItem", TableName="table", Item={**KEY, "n": {"N": "5"}})
    return emulator


def numbers(**values: str) -> dict[str, Any]:
    return {"ExpressionAttributeValues": {f":{name}": {"N": value} for name, value in values.items()}}


REPEATED: list[tuple[dict[str, Any], dict[str, Any], Fault]] = [
    (
        {**SET, **numbers(v="1")},
        {**SET, **numbers(v="x")},
        invalid("The parameter cannot be converted to a numeric value: x"),
    ),
    (
        {**SET, **numbers(v="1")},
        {**SET, **numbers(v="1", w="2")},
        invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"),
    ),
    (
        {**SET, **numbers(v="1")},
        {**SET, **numbers(v="1"), "ExpressionAttributeNames": {"#v": "v", "#w": "w"}},
        invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {#w}"),
    ),
    (
        {"UpdateExpression": "REMOVE v"},
        {"UpdateExpression": "REMOVE v", "ExpressionAttributeNames": {}},
        invalid("ExpressionAttributeNames must not be empty"),
    ),
    (
        {"UpdateExpression": "REMOVE v"},
        {"UpdateExpression": "REMOVE v", "ExpressionAttributeValues": {}},
        invalid("ExpressionAttributeValues must not be empty"),
    ),
    (
        {"ConditionExpression": "attribute_exists(pk)"},
        {"ConditionExpression": "attribute_exists(pk)", "UpdateExpression": ""},
        invalid("Invalid UpdateExpression: The expression can not be empty;"),
    ),
    (
        {**BETWEEN, **numbers(low="1", high="9")},
        {**BETWEEN, **numbers(low="9", high="1")},
        invalid(
            "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to "
            "lower bound; lower bound operand: AttributeValue: {N:9}, upper bound operand: AttributeValue: {N:1}"
        ),
    ),
]


@pytest.mark.parametrize(("good", "faulty", "fault"), REPEATED)
def test_a_fault_is_found_although_the_same_expressions_were_good_before(
    emulator: Emulator, good: dict[str, Any], faulty: dict[str, Any], fault: Fault
) -> None:
    call(emulator, "UpdateItem", TableName="table", Key=KEY, **good)
    found = fault_of(emulator, "UpdateItem", TableName="table", Key=KEY, **faulty)
    assert found is not None
    assert found.code == fault.code
    assert (found.message or "").endswith(fault.message or "?")


def test_expressions_that_were_good_before_use_the_values_of_their_own_request(emulator: Emulator) -> None:
    request = {"TableName": "table", "Key": KEY, **SET, "ReturnValues": "UPDATED_NEW"}
    answers = [call(emulator, "UpdateItem", **request, **numbers(v=value)) for value in ("1", "2.50", "3")]
    assert [answer["Attributes"]["v"]["N"] for answer in answers] == ["1", "2.5", "3"]


UPDATES: list[tuple[str, dict[str, Any]]] = [
    ("SET a = :v", {":v": {"S": "é" * 40}}),
    ("SET #n = :v", {":v": {"N": "-12.5"}}),
    ("SET m.a = :v, n = :v", {":v": {"L": [{"S": "x"}, {"BOOL": True}]}}),
    ("SET m.b.c = :v REMOVE s", {":v": {"B": "AAEC"}}),
    ("ADD n :v, t :v", {":v": {"N": "1000"}}),
    ("DELETE s :v REMOVE m.b", {":v": {"SS": ["one", "two"]}}),
    ("SET n = n - :v", {":v": {"N": "5"}}),
]


@pytest.mark.parametrize(("expression", "values"), UPDATES)
def test_an_updated_item_has_the_size_of_its_parts(emulator: Emulator, expression: str, values: dict[str, Any]) -> None:
    item = {**KEY, "n": {"N": "5"}, "s": {"SS": ["one", "two", "three"]}, "m": {"M": {"b": {"M": {"c": {"S": "x"}}}}}}
    call(emulator, "PutItem", TableName="table", Item=item)
    request = {"UpdateExpression": expression, "ExpressionAttributeValues": values}
    if "#n" in expression:
        request["ExpressionAttributeNames"] = {"#n": "naïve"}
    call(emulator, "UpdateItem", TableName="table", Key=KEY, **request)
    ((_, record),) = emulator._context(REGION).table("table").rows
    assert record.size == item_size(record.decode())
