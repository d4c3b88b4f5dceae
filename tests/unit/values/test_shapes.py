"""What an attribute value may look like, but for numbers. Source: values.md 2 to 4, 6 and 7."""

from __future__ import annotations

from base64 import b64encode

import pytest

from .service import ENVELOPE, INVALID, KEY, NOT_A_NUMBER, TOO_DEEP, Service, Value, requests_with

EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
AMBIGUOUS = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, EMPTY),
        ({"a": ""}, EMPTY),
        ({"S": None}, EMPTY),
        ({"L": [{}]}, EMPTY),
        ({"M": {"x": {}}}, EMPTY),
        ({"S": "a", "N": "1"}, AMBIGUOUS),
        ({"S": "a", "N": "b"}, NOT_A_NUMBER + "b"),
        ({"M": {"": {"S": "x"}}}, "Empty attribute name"),
    ],
)
def test_a_value_has_exactly_one_type_and_named_members(service: Service, value: Value, message: str) -> None:
    assert service.put(value) == ENVELOPE + message


@pytest.mark.parametrize("value", [{"S": "x", "other": 1}, {"S": "x", "N": None}])
def test_unknown_and_null_members_of_a_value_are_ignored(service: Service, value: Value) -> None:
    assert service.stored(value) == {"S": "x"}


def test_an_attribute_has_a_name(service: Service) -> None:
    message = service.message("PutItem", TableName="strings", Item={**KEY, "": {"S": "x"}})
    assert message == ENVELOPE + "Empty attribute name"


@pytest.mark.parametrize("name", ["n" * 65_535, "é" * 32_767])
def test_an_attribute_name_may_have_65535_bytes(service: Service, name: str) -> None:
    assert service.message("PutItem", TableName="strings", Item={**KEY, name: {"S": "x"}}) is None


@pytest.mark.parametrize("name", ["n" * 65_536, "é" * 32_768])
def test_an_attribute_name_may_not_have_more(service: Service, name: str) -> None:
    message = service.message("PutItem", TableName="strings", Item={**KEY, name: {"S": "x"}})
    assert message == ENVELOPE + "Attribute name is too large, must be less than 65536 bytes"


@pytest.mark.parametrize(
    "value",
    [
        {"S": ""},
        {"B": ""},
        {"L": []},
        {"M": {}},
        {"SS": [""]},
        {"BS": [""]},
        {"BOOL": True},
        {"BOOL": False},
        {"NULL": True},
        {"L": [{"S": ""}, {"N": "1"}, {"L": [{"BOOL": False}]}, {"S": ""}]},
        {"M": {"a": {"B": ""}, "b.c": {"M": {}}, "é \n": {"S": "\x00\U0001f600"}}},
    ],
)
def test_a_value_comes_back_as_it_was_put(service: Service, value: Value) -> None:
    assert service.stored(value) == value


# --- Sets (values.md 6) -------------------------------------------------------------------------------


def binary(content: bytes) -> str:
    return b64encode(content).decode()


@pytest.mark.parametrize(
    ("value", "returned"),
    [
        ({"SS": ["b", "a", "", "B"]}, {"SS": ["", "B", "a", "b"]}),
        ({"SS": ["\U0001f600", "\uffff", "é", "z"]}, {"SS": ["z", "é", "\uffff", "\U0001f600"]}),
        ({"NS": ["10", "9", "-1", "1e2", "0.5", "-20"]}, {"NS": ["-20", "-1", "0.5", "9", "10", "100"]}),
        (
            {"BS": [binary(b"\x80"), binary(b"\x7f"), binary(b"\x7f\x00"), ""]},
            {"BS": ["", binary(b"\x7f"), binary(b"\x7f\x00"), binary(b"\x80")]},
        ),
    ],
)
def test_a_set_comes_back_in_the_service_s_order(service: Service, value: Value, returned: Value) -> None:
    assert service.stored(value) == returned


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"SS": []}, "An string set  may not be empty"),
        ({"NS": []}, "An number set  may not be empty"),
        ({"BS": []}, "Binary sets should not be empty"),
        ({"L": [{"SS": []}]}, "An string set  may not be empty"),
        ({"M": {"x": {"NS": []}}}, "An number set  may not be empty"),
        ({"SS": ["a", None]}, "An string set may not have a null string as a member"),
    ],
)
def test_a_set_has_members(service: Service, value: Value, message: str) -> None:
    assert service.put(value) == ENVELOPE + INVALID + message


@pytest.mark.parametrize("kind", ["NS", "BS"])
def test_no_set_has_null_for_a_member(service: Service, kind: str) -> None:
    assert "may not have a null" in (service.put({kind: [None]}) or "")


@pytest.mark.parametrize("members", [["1", "1.0"], ["1e2", "100", "5"], ["0", "-0"]])
def test_equal_numbers_are_one_member_in_any_spelling(service: Service, members: list[str]) -> None:
    assert service.put({"NS": members}) == ENVELOPE + INVALID + "Input collection contains duplicates."


def test_an_empty_text_in_a_number_set_is_no_number(service: Service) -> None:
    assert service.put({"NS": [""]}) == ENVELOPE + NOT_A_NUMBER


# --- Nesting (values.md 7) ----------------------------------------------------------------------------


def nested(levels: int, kind: str) -> Value:
    """A scalar inside so many maps or lists."""
    value: Value = {"S": "leaf"}
    for _ in range(levels):
        value = {"M": {"x": value}} if kind == "M" else {"L": [value]}
    return value


@pytest.mark.parametrize("kind", ["M", "L"])
def test_a_leaf_may_be_on_level_32(service: Service, kind: str) -> None:
    assert service.stored(nested(31, kind)) == nested(31, kind)


@pytest.mark.parametrize("kind", ["M", "L"])
@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_a_leaf_may_not_be_deeper(service: Service, operation: str, kind: str) -> None:
    request = requests_with(nested(32, kind))[operation]
    assert service.message(operation, **request) == ENVELOPE + TOO_DEEP


def test_batch_writes_word_the_depth_bare(service: Service) -> None:
    request = requests_with(nested(32, "M"))["BatchWriteItem"]
    assert service.message("BatchWriteItem", **request) == TOO_DEEP


def test_depth_is_judged_before_the_table(service: Service) -> None:
    item = {**KEY, "a": nested(32, "M")}
    assert service.message("PutItem", TableName="absent", Item=item) == ENVELOPE + TOO_DEEP


def test_depth_is_reported_before_an_empty_nested_name(service: Service) -> None:
    assert service.put({"M": {"": nested(32, "M")}}) == ENVELOPE + TOO_DEEP


@pytest.mark.parametrize(("levels", "message"), [(30, None), (31, TOO_DEEP)])
def test_an_update_makes_nothing_deeper_than_level_32(service: Service, levels: int, message: str | None) -> None:
    service.put({"M": {}})
    refusal = service.message(
        "UpdateItem",
        TableName="strings",
        Key=KEY,
        UpdateExpression="SET a.x = :v",
        ExpressionAttributeValues={":v": nested(levels, "M")},
    )
    assert refusal == message
