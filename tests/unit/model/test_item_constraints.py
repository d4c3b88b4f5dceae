"""Constraints of requests on single items. Source: items.md 2, protocol.md 8.8 and 8.9."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.model import check_request

from .refusals import CONSUMED, KEY, METRICS, NAME_PATTERN, NULL, ONE, nested, refusal

RETURN_VALUES = (
    "Failed to satisfy constraint: "
    "Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
)
RETURN_VALUES_OLDER = (
    "Value 'BOGUS' at 'returnValues' failed to satisfy constraint: "
    "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
)
OPERATOR = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"
OPERATOR_OLDER = (
    "Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]"
)
EMPTY_NAME = "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
EMPTY_NAME_OLDER = (
    "Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
)
NULL_NAME = f"Value null at 'tableName' {NULL}"
NULL_KEY = f"Value null at 'key' {NULL}"
LONG_NAME = "n" * 256


def put(**members: object) -> dict[str, Any]:
    return {"TableName": "orders", "Item": KEY, **members}


def keyed(**members: object) -> dict[str, Any]:
    return {"TableName": "orders", "Key": KEY, **members}


ITEM_CASES = [
    ("PutItem", {"Item": KEY}, ONE + NULL_NAME),
    ("PutItem", {"TableName": "orders"}, f"{ONE}Value null at 'item' {NULL}"),
    ("GetItem", {"Key": KEY}, ONE + NULL_NAME),
    ("GetItem", {"TableName": "orders"}, ONE + NULL_KEY),
    ("DeleteItem", {"Key": KEY}, ONE + NULL_NAME),
    ("DeleteItem", {"TableName": "orders"}, ONE + NULL_KEY),
    ("UpdateItem", {"Key": KEY}, ONE + NULL_NAME),
    ("UpdateItem", {"TableName": "orders"}, ONE + NULL_KEY),
    ("PutItem", put(TableName=""), ONE + EMPTY_NAME),
    ("PutItem", put(TableName="", ReturnValues="BOGUS", Item={}), ONE + EMPTY_NAME),
    ("UpdateItem", keyed(TableName="", ReturnValues="BOGUS"), ONE + EMPTY_NAME),
    ("DeleteItem", keyed(TableName="", ReturnConsumedCapacity="BOGUS"), ONE + EMPTY_NAME),
    ("GetItem", keyed(TableName=""), ONE + EMPTY_NAME),
    (
        "PutItem",
        put(TableName=LONG_NAME),
        f"{ONE}Value '{LONG_NAME}' at 'tableName' failed to satisfy constraint: "
        "Member must have length less than or equal to 255",
    ),
    (
        "PutItem",
        put(TableName="bad!name"),
        f"{ONE}Value 'bad!name' at 'tableName' failed to satisfy constraint: {NAME_PATTERN}",
    ),
    (
        "DeleteItem",
        {"TableName": "bad!name"},
        f"{ONE}Value 'bad!name' at 'tableName' failed to satisfy constraint: {NAME_PATTERN}",
    ),
    (
        "GetItem",
        keyed(TableName="aa"),
        f"{ONE}Value 'aa' at 'tableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3",
    ),
    ("PutItem", put(ReturnConsumedCapacity="BOGUS"), ONE + CONSUMED),
    ("PutItem", put(ReturnItemCollectionMetrics="BOGUS"), ONE + METRICS),
    ("PutItem", put(ReturnValues="BOGUS"), ONE + RETURN_VALUES),
    ("PutItem", put(ReturnValues="none"), ONE + RETURN_VALUES),
    ("DeleteItem", keyed(ReturnValues="BOGUS"), ONE + RETURN_VALUES),
    ("PutItem", put(ConditionalOperator="XOR"), ONE + OPERATOR),
    (
        "PutItem",
        put(ReturnValuesOnConditionCheckFailure="none"),
        f"{ONE}Value 'none' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ALL_OLD, NONE]",
    ),
    (
        "PutItem",
        put(ReturnValues="BOGUS", ReturnItemCollectionMetrics="BOGUS", ReturnConsumedCapacity="BOGUS"),
        f"3 validation errors detected: {CONSUMED}; {RETURN_VALUES}; {METRICS}",
    ),
    (
        "DeleteItem",
        keyed(ReturnValues="BOGUS", ReturnConsumedCapacity="BOGUS"),
        f"2 validation errors detected: {CONSUMED}; {RETURN_VALUES}",
    ),
    ("UpdateItem", keyed(ReturnConsumedCapacity="BOGUS", ReturnValues="BOGUS"), ONE + RETURN_VALUES),
    (
        "UpdateItem",
        {"TableName": "", "ReturnConsumedCapacity": "BOGUS", "ReturnValues": "BOGUS"},
        f"4 validation errors detected: {CONSUMED}; {EMPTY_NAME_OLDER}; {RETURN_VALUES_OLDER}; {NULL_KEY}",
    ),
    (
        "UpdateItem",
        {"TableName": "orders", "ConditionalOperator": "XOR"},
        f"2 validation errors detected: {OPERATOR_OLDER}; {NULL_KEY}",
    ),
    (
        "GetItem",
        keyed(AttributesToGet=[], ReturnConsumedCapacity="BOGUS"),
        "2 validation errors detected: Value '[]' at 'attributesToGet' failed to satisfy constraint: "
        f"Member must have length greater than or equal to 1; {CONSUMED}",
    ),
    (
        "UpdateItem",
        keyed(AttributeUpdates={"a": {"Action": "SWAP"}}),
        f"{ONE}Value 'SWAP' at 'attributeUpdates.a.member.action' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ADD, PUT, DELETE]",
    ),
    (
        "PutItem",
        put(ExpressionAttributeNames={"#a": None}),
        f"{ONE}Value null at 'expressionAttributeNames.#a.member' {NULL}",
    ),
]


@pytest.mark.parametrize(("operation", "request_", "message"), ITEM_CASES)
def test_constraints_of_single_items(operation: str, request_: dict[str, Any], message: str) -> None:
    error = refusal(operation, request_)
    assert (error.code, error.message) == ("ValidationException", message)


@pytest.mark.parametrize(("levels", "message"), [(40, RETURN_VALUES), (61, RETURN_VALUES), (70, RETURN_VALUES_OLDER)])
def test_a_value_beyond_62_levels_brings_the_older_wording_back(levels: int, message: str) -> None:
    request = put(Item={"a": nested(levels, {"S": "x"})}, ReturnValues="BOGUS")
    assert refusal("PutItem", request).message == ONE + message


@pytest.mark.parametrize("name", ["abc", "n" * 255, "arn:aws:dynamodb:us-east-1:1:table/orders", "arn:" + "n" * 1020])
@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem"])
def test_tables_are_named_by_name_or_arn(operation: str, name: str) -> None:
    assert check_request(operation, keyed(TableName=name))["TableName"] == name


def test_an_arn_may_not_be_longer_than_1024() -> None:
    message = refusal("GetItem", keyed(TableName="arn:" + "n" * 1021)).message
    assert message is not None
    assert message.endswith("Member must have length less than or equal to 1024")
