"""Constraints of batches and transactions. Source: batch_transactions.md 1 to 4."""

from __future__ import annotations

from typing import Any

import pytest

from .refusals import CONSUMED, KEY, METRICS, NAME_PATTERN, NULL, ONE, nested, refusal

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
