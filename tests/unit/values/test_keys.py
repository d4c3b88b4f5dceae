"""What may be a key. Source: values.md 9."""

from __future__ import annotations

from base64 import b64encode

import pytest

from .service import INVALID, KEY_MISMATCH, Service, Value


@pytest.mark.parametrize(
    "key",
    [
        {},
        {"pk": {"S": "p"}},
        {"sk": {"S": "s"}},
        {"pk": {"S": "p"}, "sk": {"S": "s"}, "more": {"S": "x"}},
        {"pk": {"S": "p"}, "other": {"S": "s"}},
        {"pk": {"N": "1"}, "sk": {"S": "s"}},
        {"pk": {"S": "p"}, "sk": {"B": "AA=="}},
        {"pk": {"S": "p"}, "sk": {"NULL": True}},
        {"pk": {"S": "p"}, "sk": {"L": [{"S": "s"}]}},
        {"pk": {"SS": ["p"]}, "sk": {"S": "s"}},
    ],
)
@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem", "UpdateItem"])
def test_a_key_has_exactly_the_key_attributes(service: Service, operation: str, key: dict[str, Value]) -> None:
    assert service.message(operation, TableName="sorted", Key=key) == KEY_MISMATCH


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, "Missing the key pk in the item"),
        ({"sk": {"S": "s"}}, "Missing the key pk in the item"),
        ({"pk": {"S": "p"}}, "Missing the key sk in the item"),
        ({"pk": {"N": "1"}}, "Type mismatch for key pk expected: S actual: N"),
        ({"pk": {"S": "p"}, "sk": {"M": {}}}, "Type mismatch for key sk expected: S actual: M"),
    ],
)
def test_an_item_that_is_put_holds_its_key(service: Service, item: dict[str, Value], message: str) -> None:
    assert service.message("PutItem", TableName="sorted", Item=item) == INVALID + message


def empty_key(kind: str, name: str = "pk") -> str:
    return (
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
        f"an empty {kind} value. Key: {name}"
    )


@pytest.mark.parametrize(
    ("table", "value", "kind"), [("strings", {"S": ""}, "string"), ("binaries", {"B": ""}, "binary")]
)
@pytest.mark.parametrize(
    ("operation", "member"), [("PutItem", "Item"), ("GetItem", "Key"), ("UpdateItem", "Key"), ("DeleteItem", "Key")]
)
def test_a_key_value_is_not_empty(
    service: Service, operation: str, member: str, table: str, value: Value, kind: str
) -> None:
    request = {"TableName": table, member: {"pk": value}}
    assert service.message(operation, **request) == empty_key(kind)


LONG_HASH = INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
LONG_RANGE = INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"


@pytest.mark.parametrize(
    ("pk", "sk", "message"),
    [
        ("x" * 2048, "x" * 1024, None),
        ("é" * 1024, "é" * 512, None),
        ("x" * 2049, "s", LONG_HASH),
        ("é" * 1024 + "x", "s", LONG_HASH),
        ("p", "x" * 1025, LONG_RANGE),
        ("p", "é" * 512 + "x", LONG_RANGE),
        ("x" * 2049, "x" * 1025, LONG_HASH),
        ("x" * 2049, "", LONG_HASH),
        ("p", "", empty_key("string", "sk")),
    ],
)
@pytest.mark.parametrize(("operation", "member"), [("PutItem", "Item"), ("GetItem", "Key"), ("DeleteItem", "Key")])
def test_a_partition_key_has_2048_bytes_at_most_and_a_sort_key_1024(
    service: Service, operation: str, member: str, pk: str, sk: str, message: str | None
) -> None:
    request = {"TableName": "sorted", member: {"pk": {"S": pk}, "sk": {"S": sk}}}
    assert service.message(operation, **request) == message


@pytest.mark.parametrize(("length", "message"), [(2048, None), (2049, LONG_HASH)])
def test_binary_keys_are_measured_in_their_own_bytes(service: Service, length: int, message: str | None) -> None:
    assert (
        service.message("PutItem", TableName="binaries", Item={"pk": {"B": b64encode(bytes(length)).decode()}})
        == message
    )
