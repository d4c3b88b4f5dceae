"""Requests against the service model: JSON types, constraints, and the words in which the service refuses."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import errors
from emulator.errors import ServiceError
from emulator.model import OPERATIONS, check_request, service

ONE = "1 validation error detected: "
KEY = {"pk": {"S": "a"}}
CAST = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
    "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base "
    "of loader 'bootstrap')"
)
ATTRIBUTE_MAP = "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
STRUCTURE = "class com.amazonaws.dynamodb.v20120810."
NOT_STARTED = "Start of structure or map found where not expected"
NAME_PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
NULL = "failed to satisfy constraint: Member must not be null"


def refusal(operation: str, request: object) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        check_request(operation, request)
    return caught.value


def attribute(value: object) -> dict[str, Any]:
    return {"TableName": "orders", "Item": {"a": value}}


# --- The request as a whole -----------------------------------------------------------------------


def test_operations_are_those_of_the_two_apis_with_their_targets() -> None:
    assert (OPERATIONS["PutItem"], OPERATIONS["GetRecords"]) == ("DynamoDB_20120810", "DynamoDBStreams_20120810")


@pytest.mark.parametrize("body", [None, [], "x", 1, 1.5, True])
def test_a_body_that_is_no_object_is_refused_without_a_message(body: object) -> None:
    assert refusal("PutItem", body).body() == {"__type": "com.amazon.coral.service#SerializationException"}


def test_members_that_are_null_or_unknown_are_gone() -> None:
    request = {"TableName": "orders", "Key": KEY, "AttributesToGet": None, "Select": "COUNT", "x": {"deep": []}}
    assert check_request("GetItem", request) == {"TableName": "orders", "Key": KEY}


def test_null_and_unknown_members_of_nested_structures_are_gone() -> None:
    expected = {"a": {"Exists": False, "Value": None, "Unknown": 1}}
    request = check_request("PutItem", {"TableName": "orders", "Item": KEY, "Expected": expected})
    assert request["Expected"] == {"a": {"Exists": False}}


def test_a_null_where_a_required_member_belongs_counts_as_absent() -> None:
    assert refusal("Query", {"TableName": None}).message == f"{ONE}Value null at 'tableName' {NULL}"


def test_a_wrong_type_wins_over_every_broken_constraint() -> None:
    error = refusal("PutItem", {"TableName": "a;", "ReturnValues": "SOME", "Item": {"a": {"S": 5}}})
    assert (error.code, error.message) == ("SerializationException", "NUMBER_VALUE cannot be converted to String")


def test_the_text_of_a_type_error_is_in_a_capital_message() -> None:
    assert refusal("GetItem", {"TableName": 1}).body() == {
        "__type": "com.amazon.coral.service#SerializationException",
        "Message": "NUMBER_VALUE cannot be converted to String",
    }


# --- JSON types (protocol.md 7) -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("TableName", True, "TRUE_VALUE cannot be converted to String"),
        ("TableName", False, "FALSE_VALUE cannot be converted to String"),
        ("TableName", 5, "NUMBER_VALUE cannot be converted to String"),
        ("TableName", 5.5, "DECIMAL_VALUE cannot be converted to String"),
        ("TableName", [], "Unrecognized collection type class java.lang.String"),
        ("TableName", {}, NOT_STARTED),
        ("Limit", True, "TRUE_VALUE cannot be converted to Integer"),
        ("Limit", False, "FALSE_VALUE cannot be converted to Integer"),
        ("Limit", "5", "STRING_VALUE cannot be converted to Integer"),
        ("Limit", [], "Unrecognized collection type class java.lang.Integer"),
        ("Limit", {}, NOT_STARTED),
        ("ConsistentRead", 1, "NUMBER_VALUE cannot be converted to Boolean"),
        ("ConsistentRead", 1.5, "DECIMAL_VALUE cannot be converted to Boolean"),
        ("ConsistentRead", "maybe", "Unexpected token received from parser"),
        ("ConsistentRead", [], "Unrecognized collection type class java.lang.Boolean"),
        ("ConsistentRead", {}, NOT_STARTED),
        ("AttributesToGet", True, "Unexpected field type"),
        ("AttributesToGet", 5, "Unexpected field type"),
        ("AttributesToGet", 5.5, "Unexpected field type"),
        ("AttributesToGet", "a", "Unexpected field type"),
        ("AttributesToGet", {}, NOT_STARTED),
        ("AttributesToGet", [1], "NUMBER_VALUE cannot be converted to String"),
        ("ExclusiveStartKey", "a", "Unexpected field type"),
        ("ExclusiveStartKey", [], f"Unrecognized collection type {ATTRIBUTE_MAP}"),
        ("ExpressionAttributeNames", 1, "Unexpected field type"),
        (
            "ExpressionAttributeNames",
            [],
            "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>",
        ),
        ("ExpressionAttributeNames", {"#a": 1}, "NUMBER_VALUE cannot be converted to String"),
        ("QueryFilter", {"a": 1}, "Unexpected value type in payload"),
        ("QueryFilter", {"a": "x"}, "Unexpected value type in payload"),
        ("QueryFilter", {"a": []}, f"Unrecognized collection type {STRUCTURE}Condition"),
        ("QueryFilter", {"a": {"AttributeValueList": {}}}, NOT_STARTED),
        ("QueryFilter", {"a": {"AttributeValueList": ["x"]}}, "Unexpected value type in payload"),
        ("QueryFilter", {"a": {"ComparisonOperator": 1}}, "NUMBER_VALUE cannot be converted to String"),
    ],
)
def test_a_member_of_the_wrong_json_type_is_refused(member: str, value: object, message: str) -> None:
    assert refusal("Query", {member: value}).message == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"S": True}, "TRUE_VALUE cannot be converted to String"),
        ({"S": 1}, "NUMBER_VALUE cannot be converted to String"),
        ({"S": []}, "Unrecognized collection type class java.lang.String"),
        ({"S": {}}, NOT_STARTED),
        ({"N": 123}, "NUMBER_VALUE cannot be converted to String"),
        ({"N": 1.5}, "DECIMAL_VALUE cannot be converted to String"),
        ({"NULL": 1}, "NUMBER_VALUE cannot be converted to Boolean"),
        ({"BOOL": 1.5}, "DECIMAL_VALUE cannot be converted to Boolean"),
        ({"BOOL": "x"}, "Unexpected token received from parser"),
        ({"BOOL": []}, "Unrecognized collection type class java.lang.Boolean"),
        ({"B": True}, "only base-64-encoded strings are convertible to bytes"),
        ({"B": 1}, "only base-64-encoded strings are convertible to bytes"),
        ({"B": []}, "Unrecognized collection type class java.nio.ByteBuffer"),
        ({"B": {}}, NOT_STARTED),
        ({"B": "AAAAA"}, "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        ({"B": "AA"}, "Base64 encoded length is expected a multiple of 4 bytes but found: 2"),
        ({"B": "AB=="}, "Invalid last non-pad Base64 character dectected"),
        ({"B": "A==="}, "Invalid last non-pad Base64 character dectected"),
        ({"B": "AA=A"}, "Invalid last non-pad Base64 character dectected"),
        ({"B": "\xff\xff\xff\xff"}, "Invalid last non-pad Base64 character dectected"),
        ({"B": "AA-_"}, "Invalid last non-pad Base64 character dectected"),
        ({"SS": "a"}, "Unexpected field type"),
        ({"SS": {}}, NOT_STARTED),
        ({"SS": [1]}, "NUMBER_VALUE cannot be converted to String"),
        ({"NS": [1]}, "NUMBER_VALUE cannot be converted to String"),
        ({"NS": [["1"]]}, "Unrecognized collection type class java.lang.String"),
        ({"BS": ["AAAA", "AAA"]}, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        ({"BS": [1]}, "only base-64-encoded strings are convertible to bytes"),
        ({"L": "x"}, "Unexpected field type"),
        ({"L": {}}, NOT_STARTED),
        ({"L": ["x"]}, "Unexpected value type in payload"),
        ({"L": [[]]}, f"Unrecognized collection type {STRUCTURE}AttributeValue"),
        ({"M": "x"}, "Unexpected field type"),
        ({"M": []}, f"Unrecognized collection type {ATTRIBUTE_MAP}"),
        ({"M": {"b": "x"}}, "Unexpected value type in payload"),
        ({"M": {"b": []}}, f"Unrecognized collection type {STRUCTURE}AttributeValue"),
        ({"M": {"b": {"L": [{"S": "x"}, {"N": 5}]}}}, "NUMBER_VALUE cannot be converted to String"),
        ({"M": {"__type": {"S": "x"}}}, "No assembly name on stack!"),
        ("x", "Unexpected value type in payload"),
        (5, "Unexpected value type in payload"),
        ([], f"Unrecognized collection type {STRUCTURE}AttributeValue"),
    ],
)
def test_an_attribute_value_of_the_wrong_json_type_is_refused(value: object, message: str) -> None:
    assert refusal("PutItem", attribute(value)).message == message


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("PutItem", {"Item": "x"}, "Unexpected field type"),
        ("PutItem", {"Item": []}, f"Unrecognized collection type {ATTRIBUTE_MAP}"),
        ("PutItem", {"Item": {"__type": {"S": "x"}}}, "No assembly name on stack!"),
        ("PutItem", {"Expected": {"a": {"Value": "x"}}}, "Unexpected field type"),
        ("PutItem", {"Expected": {"a": {"Value": []}}}, f"Unrecognized collection type {STRUCTURE}AttributeValue"),
        (
            "PutItem",
            {"Expected": []},
            "Unrecognized collection type java.util.Map<java.lang.String, "
            "com.amazonaws.dynamodb.v20120810.ExpectedAttributeValue>",
        ),
        ("CreateTable", {"KeySchema": ["x"]}, "Unexpected value type in payload"),
        ("CreateTable", {"KeySchema": [[]]}, f"Unrecognized collection type {STRUCTURE}KeySchemaElement"),
        ("CreateTable", {"ProvisionedThroughput": 1}, "Unexpected field type"),
        (
            "CreateTable",
            {"ProvisionedThroughput": []},
            f"Unrecognized collection type {STRUCTURE}ProvisionedThroughput",
        ),
        (
            "CreateTable",
            {"ProvisionedThroughput": {"ReadCapacityUnits": "1"}},
            "STRING_VALUE cannot be converted to Long",
        ),
        (
            "CreateTable",
            {"ProvisionedThroughput": {"ReadCapacityUnits": []}},
            "Unrecognized collection type class java.lang.Long",
        ),
        (
            "CreateTable",
            {"LocalSecondaryIndexes": [{"Projection": {"NonKeyAttributes": [1]}}]},
            "NUMBER_VALUE cannot be converted to String",
        ),
        ("BatchGetItem", {"RequestItems": {"t": "x"}}, "Unexpected value type in payload"),
        ("BatchGetItem", {"RequestItems": {"t": []}}, f"Unrecognized collection type {STRUCTURE}KeysAndAttributes"),
        ("BatchGetItem", {"RequestItems": {"t": {"Keys": ["x"]}}}, CAST),
        (
            "BatchGetItem",
            {"RequestItems": {"t": {"Keys": [[]]}}},
            f"Unrecognized collection type {ATTRIBUTE_MAP}",
        ),
        (
            "BatchWriteItem",
            {"RequestItems": []},
            "Unrecognized collection type java.util.Map<java.lang.String, "
            "java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>",
        ),
        ("BatchWriteItem", {"RequestItems": {"t": "x"}}, CAST),
        ("BatchWriteItem", {"RequestItems": {"t": {}}}, NOT_STARTED),
        ("BatchWriteItem", {"RequestItems": {"t": ["x"]}}, "Unexpected value type in payload"),
        ("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": "x"}]}}, "Unexpected field type"),
        (
            "BatchWriteItem",
            {"RequestItems": {"t": [{"PutRequest": []}]}},
            f"Unrecognized collection type {STRUCTURE}PutRequest",
        ),
        ("UpdateTimeToLive", {"TimeToLiveSpecification": {"Enabled": 1}}, "NUMBER_VALUE cannot be converted to Boolean"),
    ],
)
def test_a_nested_member_of_the_wrong_json_type_is_refused(
    operation: str, request_: dict[str, Any], message: str
) -> None:
    assert refusal(operation, request_).message == message


def test_the_first_wrong_type_of_the_text_is_the_one_reported() -> None:
    item = {"a": {"M": {"b": {"N": 1.5}}}, "c": {"N": True}}
    assert refusal("PutItem", {"Item": item}).message == "DECIMAL_VALUE cannot be converted to String"


@pytest.mark.parametrize(
    ("text", "meant"),
    [("true", True), ("TRUE", True), ("1", True), ("Yes", True), ("false", False), ("0", False), ("NO", False)],
)
def test_booleans_may_be_given_as_words(text: str, meant: bool) -> None:
    request = {**attribute({"BOOL": text}), "Expected": {"b": {"Exists": text}}}
    checked = check_request("PutItem", request)
    assert (checked["Item"], checked["Expected"]) == ({"a": {"BOOL": meant}}, {"b": {"Exists": meant}})


@pytest.mark.parametrize(("sent", "meant"), [(7, 7), (7.0, 7), (7.9, 7)])
def test_a_fraction_where_an_integer_belongs_is_floored(sent: float, meant: int) -> None:
    limit = check_request("Scan", {"TableName": "orders", "Limit": sent})["Limit"]
    assert (limit, type(limit)) == (meant, int)


@pytest.mark.parametrize("text", ["", "AA==", "/w==", "AAA=", "AAAA", "AQIDBA=="])
def test_base64_text_stays_as_it_is(text: str) -> None:
    assert check_request("PutItem", attribute({"B": text}))["Item"] == {"a": {"B": text}}


# --- Attribute values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "settled"),
    [
        ({"S": "x", "N": None}, {"S": "x"}),
        ({"S": "x", "Z": {"deep": 1}}, {"S": "x"}),
        ({"S": None}, {}),
        ({"M": None, "L": None}, {}),
        ({"a": ""}, {}),
        (None, {}),
        ({"M": {"b": None}}, {"M": {"b": {}}}),
        ({"L": [{"S": "x"}, None]}, {"L": [{"S": "x"}, {}]}),
        ({"SS": ["a", None]}, {"SS": ["a", None]}),
        ({"BS": [None, "AAAA"]}, {"BS": [None, "AAAA"]}),
        ({"S": "a", "N": "b"}, {"S": "a", "N": "b"}),
        ({"M": {}, "L": []}, {"M": {}, "L": []}),
    ],
)
def test_nulls_and_unknown_members_of_attribute_values_are_settled(sent: object, settled: dict[str, Any]) -> None:
    assert check_request("PutItem", attribute(sent))["Item"] == {"a": settled}


def test_wrong_types_are_found_behind_settled_values() -> None:
    item = {"a": None, "b": {"L": [None, {"M": {}, "L": [{"BOOL": "yes"}, {"N": 1}]}]}}
    assert refusal("PutItem", {"Item": item}).message == "NUMBER_VALUE cannot be converted to String"


def nested(levels: int, innermost: object) -> Any:
    value = innermost
    for level in range(levels):
        value = {"L": [value]} if level % 2 else {"M": {"a": value}}
    return value


def test_values_far_deeper_than_the_stack_are_accepted_here() -> None:
    request = attribute(nested(10_000, {"S": "x"}))
    assert check_request("PutItem", request) is request


def test_a_wrong_type_is_found_at_any_depth() -> None:
    assert refusal("PutItem", attribute(nested(10_000, {"S": 1}))).message == (
        "NUMBER_VALUE cannot be converted to String"
    )


# --- Constraints of single items (items.md 2, protocol.md 8.8 and 8.9) ----------------------------

CONSUMED = (
    "Value 'BOGUS' at 'returnConsumedCapacity' failed to satisfy constraint: "
    "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
)
METRICS = (
    "Value 'BOGUS' at 'returnItemCollectionMetrics' failed to satisfy constraint: "
    "Member must satisfy enum value set: [SIZE, NONE]"
)
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
EMPTY_NAME = (
    "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
)
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


@pytest.mark.parametrize(
    ("levels", "message"), [(40, RETURN_VALUES), (61, RETURN_VALUES), (70, RETURN_VALUES_OLDER)]
)
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


# --- Query and Scan (query_scan.md 2) -------------------------------------------------------------

SELECT = (
    "Value 'BOGUS' at 'select' failed to satisfy constraint: "
    "Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"
)
COMPARISON = (
    "Member must satisfy enum value set: "
    "[IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"
)


def read(**members: object) -> dict[str, Any]:
    return {"TableName": "orders", **members}


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("Query", {}, ONE + NULL_NAME),
        ("Query", {"TableName": "", "Select": "BOGUS"}, ONE + EMPTY_NAME),
        ("Scan", {"TableName": ""}, ONE + EMPTY_NAME_OLDER),
        ("Scan", {"TableName": "", "Select": "BOGUS"}, f"2 validation errors detected: {SELECT}; {EMPTY_NAME_OLDER}"),
        (
            "Query",
            read(Limit=0),
            f"{ONE}Value at 'Limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            "Scan",
            read(Limit=0),
            f"{ONE}Value '0' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        ("Query", read(Select="BOGUS"), ONE + SELECT),
        (
            "Query",
            read(Select="BOGUS", ReturnConsumedCapacity="BOGUS"),
            f"2 validation errors detected: {SELECT}; {CONSUMED}",
        ),
        ("Query", read(Select="BOGUS", ConditionalOperator="XOR"), OPERATOR),
        ("Scan", read(ConditionalOperator="XOR"), ONE + OPERATOR_OLDER),
        (
            "Scan",
            read(IndexName="h;"),
            f"2 validation errors detected: Value 'h;' at 'indexName' failed to satisfy constraint: {NAME_PATTERN}; "
            "Value 'h;' at 'indexName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 3",
        ),
        (
            "Scan",
            read(Segment=-1, TotalSegments=0),
            "2 validation errors detected: Value '0' at 'totalSegments' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1; "
            "Value '-1' at 'segment' failed to satisfy constraint: "
            "Member must have value greater than or equal to 0",
        ),
        (
            "Scan",
            read(Segment=1_000_000, TotalSegments=1_000_001),
            "2 validation errors detected: Value '1000001' at 'totalSegments' failed to satisfy constraint: "
            "Member must have value less than or equal to 1000000; "
            "Value '1000000' at 'segment' failed to satisfy constraint: "
            "Member must have value less than or equal to 999999",
        ),
        (
            "Query",
            read(QueryFilter={"a": {"ComparisonOperator": "LIKE"}, "b": {}}),
            "2 validation errors detected: Value 'LIKE' at 'queryFilter.a.member.comparisonOperator' "
            f"failed to satisfy constraint: {COMPARISON}; "
            f"Value null at 'queryFilter.b.member.comparisonOperator' {NULL}",
        ),
        (
            "Query",
            read(AttributesToGet=[None]),
            f"{ONE}Value null at 'attributesToGet.1.member' {NULL}",
        ),
    ],
)
def test_constraints_of_reads(operation: str, request_: dict[str, Any], message: str) -> None:
    assert refusal(operation, request_).message == message


# --- Batches and transactions (batch_transactions.md 1 to 4) --------------------------------------

NAME_CONSTRAINTS = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 255, "
    f"Member must have length greater than or equal to 3, {NAME_PATTERN}]"
)
COUNTS = (
    "Map value must satisfy constraint: [Member must have length less than or equal to 25, "
    "Member must have length greater than or equal to 1]"
)
PRINTED_VALUE = (
    "AttributeValue(s={}, n=null, b=null, iNT=null, dECIMAL=null, dOUBLE=null, sS=null, nS=null, bS=null, "
    "iNTSET=null, dECIMALSET=null, dOUBLESET=null, m=null, l=null, nULL=null, bOOL=null)"
)


def printed_put(key: str) -> str:
    item = f"item={{pk={PRINTED_VALUE.format(key)}}}"
    return f"WriteRequest(putRequest=PutRequest({item}, workloadProfileName=null), deleteRequest=null)"


def write_request(key: str) -> dict[str, Any]:
    return {"PutRequest": {"Item": {"pk": {"S": key}}}}


BATCH_CASES = [
    ("BatchGetItem", {}, f"{ONE}Value null at 'requestItems' {NULL}"),
    ("BatchWriteItem", {"RequestItems": None}, f"{ONE}Value null at 'requestItems' {NULL}"),
    (
        "BatchGetItem",
        {"RequestItems": {}},
        f"{ONE}Value at 'RequestItems' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"orders": {"Keys": []}}},
        f"{ONE}Value at 'RequestItems.orders.member.Keys' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"orders": {"Keys": [KEY] * 101}}},
        f"{ONE}Value at 'RequestItems.orders.member.Keys' failed to satisfy constraint: "
        "Member must have length less than or equal to 100",
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"orders": {}}},
        f"{ONE}Value null at 'requestItems.orders.member.keys' {NULL}",
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"orders": None}},
        f"{ONE}Value null at 'requestItems.orders.member' {NULL}",
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"bad!name": {"Keys": [KEY]}}},
        ONE + """Value '{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}' at 'requestItems' """
        f"failed to satisfy constraint: {NAME_CONSTRAINTS}",
    ),
    (
        "BatchGetItem",
        {"ReturnConsumedCapacity": "BOGUS", "RequestItems": {"bad!name": {"Keys": [KEY]}}},
        """2 validation errors detected: Value '{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}' at 'requestItems' """
        f"failed to satisfy constraint: {NAME_CONSTRAINTS}; {CONSUMED}",
    ),
    ("BatchWriteItem", {"RequestItems": {}}, "The requestItems parameter is required for BatchWriteItem"),
    (
        "BatchWriteItem",
        {"RequestItems": {}, "ReturnConsumedCapacity": "BOGUS", "ReturnItemCollectionMetrics": "BOGUS"},
        f"2 validation errors detected: {CONSUMED}; {METRICS}",
    ),
    (
        "BatchWriteItem",
        {"ReturnItemCollectionMetrics": "BOGUS", "ReturnConsumedCapacity": "BOGUS"},
        f"3 validation errors detected: {CONSUMED}; {METRICS}; Value null at 'requestItems' {NULL}",
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"orders": []}},
        f"{ONE}Value '{{orders=[]}}' at 'requestItems' failed to satisfy constraint: {COUNTS}",
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"orders": [write_request(f"bw-{number}") for number in range(26)]}},
        f"{ONE}Value '{{orders=[{', '.join(printed_put(f'bw-{number}') for number in range(26))}]}}' "
        f"at 'requestItems' failed to satisfy constraint: {COUNTS}",
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"bad!name": [write_request("a")]}},
        f"{ONE}Value '{{bad!name=[{printed_put('a')}]}}' at 'requestItems' "
        f"failed to satisfy constraint: {NAME_CONSTRAINTS}",
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"bad!name": [write_request("a")]}, "ReturnConsumedCapacity": "BOGUS"},
        ONE + CONSUMED,
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"orders": [write_request("a"), {"PutRequest": {}, "DeleteRequest": {}}]}},
        f"2 validation errors detected: Value null at 'requestItems.orders.member.2.member.deleteRequest.key' {NULL}; "
        f"Value null at 'requestItems.orders.member.2.member.putRequest.item' {NULL}",
    ),
    (
        "TransactWriteItems",
        {"TransactItems": []},
        f"{ONE}Value '[]' at 'transactItems' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    (
        "TransactWriteItems",
        {"TransactItems": [{}], "ReturnConsumedCapacity": "BOGUS", "ClientRequestToken": "t" * 37},
        f"2 validation errors detected: Value '{'t' * 37}' at 'clientRequestToken' failed to satisfy constraint: "
        f"Member must have length less than or equal to 36; {CONSUMED}",
    ),
    (
        "ExecuteStatement",
        {"Statement": "SELECT * FROM t", "Parameters": []},
        f"{ONE}Value '[]' at 'parameters' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
]


@pytest.mark.parametrize(("operation", "request_", "message"), BATCH_CASES)
def test_constraints_of_batches(operation: str, request_: dict[str, Any], message: str) -> None:
    assert refusal(operation, request_).message == message


@pytest.mark.parametrize("operation", ["BatchWriteItem", "BatchGetItem"])
def test_values_far_deeper_than_the_stack_can_be_printed(operation: str) -> None:
    item = {"pk": nested(5000, {"S": "x"})}
    blocks = {"BatchWriteItem": [{"PutRequest": {"Item": item}}], "BatchGetItem": {"Keys": [item]}}
    message = refusal(operation, {"RequestItems": {"bad!name": blocks[operation]}}).message
    assert message is not None
    assert message.endswith(NAME_CONSTRAINTS)


def test_binaries_are_printed_as_java_prints_a_buffer() -> None:
    request = {"RequestItems": {"x": [{"DeleteRequest": {"Key": {"pk": {"B": "AAA="}, "on": {"BOOL": True}}}}]}}
    message = refusal("BatchWriteItem", request).message or ""
    assert "b=java.nio.HeapByteBuffer[pos=0 lim=2 cap=2]" in message
    assert "bOOL=true" in message


# --- Tables (tables.md 2, 3.2, 5.1, 8; protocol.md 8.2 to 8.7) ------------------------------------


def table(**members: object) -> dict[str, Any]:
    return {
        "TableName": "orders",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        **members,
    }


def index(name: str, **members: object) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **members,
    }


def schema(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": "RANGE" if number else "HASH"} for number, name in enumerate(names)]


NAME_REQUIRED = "The parameter 'TableName' is required but was not present in the request"
TOO_SHORT = "failed to satisfy constraint: Member must have length greater than or equal to"
THREE_KEYS = (
    "Value '[KeySchemaElement(attributeName=pk, keyType=HASH), KeySchemaElement(attributeName=sk, keyType=RANGE), "
    "KeySchemaElement(attributeName=extra, keyType=RANGE)]' at '{}' "
    "failed to satisfy constraint: Member must have length less than or equal to 2"
)

TABLE_CASES = [
    *(
        (operation, {"BillingMode": "BOGUS"}, NAME_REQUIRED)
        for operation in ("CreateTable", "UpdateTable", "DeleteTable", "DescribeTable", "DescribeTimeToLive")
    ),
    ("UpdateTimeToLive", {"TimeToLiveSpecification": {}}, NAME_REQUIRED),
    ("CreateTable", table(TableName="ab"), f"{ONE}Value 'ab' at 'tableName' {TOO_SHORT} 3"),
    (
        "DescribeTable",
        {"TableName": ""},
        f"2 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: {NAME_PATTERN}; "
        f"Value '' at 'tableName' {TOO_SHORT} 3",
    ),
    (
        "CreateTable",
        {"TableName": "orders"},
        f"2 validation errors detected: Value null at 'attributeDefinitions' {NULL}; Value null at 'keySchema' {NULL}",
    ),
    (
        "CreateTable",
        table(AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "INVALID"}]),
        f"{ONE}Value 'INVALID' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [B, N, S]",
    ),
    ("CreateTable", table(KeySchema=[]), f"{ONE}Value '[]' at 'keySchema' {TOO_SHORT} 1"),
    ("CreateTable", table(KeySchema=schema("pk", "sk", "extra")), ONE + THREE_KEYS.format("keySchema")),
    (
        "CreateTable",
        table(LocalSecondaryIndexes=[index("local", KeySchema=schema("pk", "sk", "extra"))]),
        ONE + THREE_KEYS.format("localSecondaryIndexes.1.member.keySchema"),
    ),
    (
        "CreateTable",
        table(KeySchema=[{"AttributeName": "pk", "KeyType": "INVALID"}]),
        f"{ONE}Value 'INVALID' at 'keySchema.1.member.keyType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [HASH, RANGE]",
    ),
    (
        "CreateTable",
        table(KeySchema=[{"AttributeName": "", "KeyType": "INVALID"}, {}, {"AttributeName": "c"}]),
        "6 validation errors detected: Value '[KeySchemaElement(attributeName=, keyType=INVALID), "
        "KeySchemaElement(attributeName=null, keyType=null), KeySchemaElement(attributeName=c, keyType=null)]' "
        "at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2; "
        f"Value '' at 'keySchema.1.member.attributeName' {TOO_SHORT} 1; "
        "Value 'INVALID' at 'keySchema.1.member.keyType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [HASH, RANGE]; "
        f"Value null at 'keySchema.2.member.attributeName' {NULL}; Value null at 'keySchema.2.member.keyType' {NULL}; "
        f"Value null at 'keySchema.3.member.keyType' {NULL}",
    ),
    (
        "CreateTable",
        table(
            LocalSecondaryIndexes=[index("l1")],
            GlobalSecondaryIndexes=[index("g1")],
        ),
        f"2 validation errors detected: Value 'g1' at 'globalSecondaryIndexes.1.member.indexName' {TOO_SHORT} 3; "
        f"Value 'l1' at 'localSecondaryIndexes.1.member.indexName' {TOO_SHORT} 3",
    ),
    (
        "CreateTable",
        table(LocalSecondaryIndexes=[{} for _ in range(9)]),
        "10 validation errors detected: "
        + "; ".join(
            f"Value null at 'localSecondaryIndexes.{number}.member.{member}' {NULL}"
            for number, member in [
                *((number, member) for number in (1, 2, 3) for member in ("indexName", "keySchema", "projection")),
                (4, "indexName"),
            ]
        ),
    ),
    (
        "CreateTable",
        table(GlobalSecondaryIndexes=[{}]),
        "3 validation errors detected: "
        + "; ".join(
            f"Value null at 'globalSecondaryIndexes.1.member.{member}' {NULL}"
            for member in ("keySchema", "projection", "indexName")
        ),
    ),
    (
        "CreateTable",
        table(BillingMode="BOGUS", ProvisionedThroughput={"ReadCapacityUnits": 0}),
        "3 validation errors detected: Value 'BOGUS' at 'billingMode' failed to satisfy constraint: "
        "Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]; "
        f"Value null at 'provisionedThroughput.writeCapacityUnits' {NULL}; "
        "Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
    ),
    (
        "CreateTable",
        table(GlobalSecondaryIndexes=[index("global", Projection={"ProjectionType": "SOME"})]),
        f"{ONE}Value 'SOME' at 'globalSecondaryIndexes.1.member.projection.projectionType' "
        "failed to satisfy constraint: Member must satisfy enum value set: [ALL, INCLUDE, KEYS_ONLY]",
    ),
    (
        "CreateTable",
        table(
            LocalSecondaryIndexes=[
                index("local", Projection={"NonKeyAttributes": [f"a{number}" for number in range(21)]})
            ]
        ),
        f"{ONE}Value '[{', '.join(f'a{number}' for number in range(21))}]' "
        "at 'localSecondaryIndexes.1.member.projection.nonKeyAttributes' "
        "failed to satisfy constraint: Member must have length less than or equal to 20",
    ),
    (
        "CreateTable",
        table(StreamSpecification={}),
        f"{ONE}Value null at 'streamSpecification.streamEnabled' {NULL}",
    ),
    (
        "UpdateTable",
        {
            "TableName": "orders",
            "GlobalSecondaryIndexUpdates": [
                {
                    "Update": {
                        "IndexName": "index",
                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": -1},
                    }
                },
                {"Delete": {}},
            ],
        },
        "2 validation errors detected: "
        "Value '-1' at 'globalSecondaryIndexUpdates.1.member.update.provisionedThroughput.writeCapacityUnits' "
        "failed to satisfy constraint: Member must have value greater than or equal to 1; "
        f"Value null at 'globalSecondaryIndexUpdates.2.member.delete.indexName' {NULL}",
    ),
    (
        "ListTables",
        {"ExclusiveStartTableName": "a;", "Limit": 500},
        "3 validation errors detected: "
        f"Value 'a;' at 'exclusiveStartTableName' failed to satisfy constraint: {NAME_PATTERN}; "
        f"Value 'a;' at 'exclusiveStartTableName' {TOO_SHORT} 3; "
        "Value '500' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
    ),
    (
        "ListTables",
        {"Limit": 0},
        f"{ONE}Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ),
    (
        "UpdateTimeToLive",
        {"TableName": "orders", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": ""}},
        f"{ONE}Value '' at 'timeToLiveSpecification.attributeName' {TOO_SHORT} 1",
    ),
    (
        "TagResource",
        {"ResourceArn": "arn:x", "Tags": [{"Key": "", "Value": "v"}]},
        f"{ONE}Value '' at 'tags.1.member.key' {TOO_SHORT} 1",
    ),
    (
        "UntagResource",
        {"ResourceArn": "arn:x", "TagKeys": ["ok", ""]},
        f"{ONE}Value '[ok, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
    ),
    (
        "UpdateKinesisStreamingDestination",
        {
            "TableName": "orders",
            "StreamArn": "s" * 37,
            "UpdateKinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": "SECOND"},
        },
        f"{ONE}Value 'SECOND' at 'updateKinesisStreamingConfiguration.approximateCreationDateTimePrecision' "
        "failed to satisfy constraint: Member must satisfy enum value set: [MILLISECOND, MICROSECOND]",
    ),
]


@pytest.mark.parametrize(("operation", "request_", "message"), TABLE_CASES)
def test_constraints_of_tables(operation: str, request_: dict[str, Any], message: str) -> None:
    assert refusal(operation, request_).message == message


def test_the_key_of_a_global_index_may_have_more_than_two_attributes() -> None:
    request = table(GlobalSecondaryIndexes=[index("global", KeySchema=schema(*"abcdefgh"))])
    assert check_request("CreateTable", request) is request


@pytest.mark.parametrize(
    ("role", "passes"),
    [("arn:aws:iam::1:role/dynamodb", True), ("\U0001f600 line\n", True), ("bell\x07", False)],
)
def test_patterns_written_for_java_keep_their_meaning(role: str, passes: bool) -> None:
    request = {
        "TableName": "orders",
        "ProvisionedWriteCapacityAutoScalingUpdate": {"AutoScalingRoleArn": role},
    }
    if passes:
        assert check_request("UpdateTableReplicaAutoScaling", request) is request
    else:
        message = refusal("UpdateTableReplicaAutoScaling", request).message or ""
        assert r"pattern: [\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*" in message


@pytest.mark.parametrize(("bucket", "passes"), [("my-bucket.a", True), ("-b", False), ("b", False), ("a" * 200 + "!", False)])
def test_bucket_names_are_matched_by_the_models_pattern(bucket: str, passes: bool) -> None:
    request = {"TableArn": "arn:aws:dynamodb:us-east-1:1:table/orders", "S3Bucket": bucket}
    if passes:
        assert check_request("ExportTableToPointInTime", request) is request
    else:
        assert r"pattern: ^[a-z0-9A-Z]+[\.\-\w]*[a-z0-9A-Z]+$" in (
            refusal("ExportTableToPointInTime", request).message or ""
        )


# --- Everything -----------------------------------------------------------------------------------


def test_requests_are_checked_without_botocore() -> None:
    program = "import sys, emulator.model; sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


_TARGETS, _INPUTS, _SHAPES = service.load()
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "orders", "AAAA", "true", "NONE", "TOTAL", "arn:aws:x", "__type"])
    | st.text(max_size=5)
)
_json = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["S", "N", "B", "M", "L", "SS", "BS", "a", "__type"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def _shaped(name: str, levels: int) -> st.SearchStrategy[Any]:
    """Values of a shape of the model, now and then in breach of its constraints."""
    shape = _SHAPES[name]
    if levels == 0:
        return st.none() if name == "AttributeValue" else _json
    inner = levels - 1
    match shape.type:
        case "structure":
            required = {member: _shaped(shape.members[member], inner) for member in shape.required}
            optional = {m: _shaped(s, inner) for m, s in shape.members.items() if m not in required}
            return st.fixed_dictionaries(required, optional=optional)
        case "list":
            return st.lists(_shaped(shape.member, inner), min_size=shape.min or 0, max_size=(shape.min or 0) + 2)
        case "map":
            return st.dictionaries(_shaped(shape.key, inner), _shaped(shape.value, inner), max_size=2)
        case "boolean":
            return st.booleans()
        case "integer" | "long":
            return st.integers(shape.min or 0, shape.max or 100) | st.just((shape.min or 1) - 1)
        case "double" | "timestamp":
            return st.integers(0, 10)
        case "blob":
            return st.sampled_from(["", "AAAA", "AA=="])
    if shape.enum:
        return st.sampled_from([*shape.enum, "BOGUS"])
    return st.sampled_from(["orders", "a" * max(shape.min or 1, 1), ""])


_ROUGH = {
    name: st.dictionaries(st.sampled_from([*_SHAPES[shape].members, "Unknown"]), _json, max_size=4) | _json
    for name, shape in _INPUTS.items()
}
_requests = st.sampled_from(sorted(_INPUTS)).flatmap(
    lambda name: st.tuples(st.just(name), _ROUGH[name] | st.deferred(lambda: _shaped(_INPUTS[name], 5)))
)


@given(_requests)
@settings(max_examples=400, deadline=None)
def test_whatever_is_sent_is_answered_by_a_request_or_an_error_of_the_service(sent: tuple[str, Any]) -> None:
    operation, request = sent
    try:
        checked = check_request(operation, request)
    except ServiceError as error:
        assert error.fault in (errors.SERIALIZATION, errors.UNPARSABLE_BODY, errors.VALIDATION)
    else:
        assert checked is request


_VALIDATORS = {
    name: botocore.session.get_session().get_service_model(name) for name in ("dynamodb", "dynamodbstreams")
}


@given(st.sampled_from(sorted(_INPUTS)).flatmap(lambda name: st.tuples(st.just(name), _shaped(_INPUTS[name], 5))))
@settings(max_examples=400, deadline=None)
def test_what_is_accepted_is_valid_for_botocore(sent: tuple[str, Any]) -> None:
    operation, request = sent
    try:
        checked = check_request(operation, request)
    except ServiceError:
        return
    streams = OPERATIONS[operation].startswith("DynamoDBStreams")
    model = _VALIDATORS["dynamodbstreams" if streams else "dynamodb"].operation_model(operation)
    report = ParamValidator().validate(checked, model.input_shape)
    assert not report.has_errors(), report.generate_report()
