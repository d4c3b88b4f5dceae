"""Requests are brought to the types of the service model. Source: protocol.md 7, values.md 2."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.model import OPERATIONS, check_request

from .refusals import KEY, NULL, ONE, nested, refusal

CAST = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
    "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base "
    "of loader 'bootstrap')"
)
ATTRIBUTE_MAP = "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
STRUCTURE = "class com.amazonaws.dynamodb.v20120810."
NOT_STARTED = "Start of structure or map found where not expected"


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


# --- Members --------------------------------------------------------------------------------------


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
        (
            "UpdateTimeToLive",
            {"TimeToLiveSpecification": {"Enabled": 1}},
            "NUMBER_VALUE cannot be converted to Boolean",
        ),
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


@pytest.mark.parametrize(("sent", "meant"), [(1e30, 2**63 - 1), (2**64 - 1, 2**63 - 1), (-1e30, -(2**63))])
def test_a_number_beyond_64_bits_becomes_the_nearest_within(sent: float, meant: int) -> None:
    request = {"TableName": "orders", "OnDemandThroughput": {"MaxReadRequestUnits": sent}}
    assert check_request("UpdateTable", request)["OnDemandThroughput"] == {"MaxReadRequestUnits": meant}


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


def test_values_far_deeper_than_the_stack_are_accepted_here() -> None:
    request = attribute(nested(10_000, {"S": "x"}))
    assert check_request("PutItem", request) is request


def test_a_wrong_type_is_found_at_any_depth() -> None:
    assert refusal("PutItem", attribute(nested(10_000, {"S": 1}))).message == (
        "NUMBER_VALUE cannot be converted to String"
    )
