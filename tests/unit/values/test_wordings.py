"""How a faulty value is worded, by operation. Source: values.md 1."""

from __future__ import annotations

import pytest

from .service import ENVELOPE, INVALID, NOT_A_NUMBER, OVERFLOW, TOO_PRECISE, UNDERFLOW, Service, Value, requests_with

ENVELOPED = ("PutItem", "UpdateItem", "DeleteItem")
BARE = ("GetItem", "BatchGetItem", "Query")
WRAPPED = "ExpressionAttributeValues contains invalid value: {} for key :v"

# Each fault with its message in the current layer and in the older one.
WORDINGS: list[tuple[str, Value, str, str]] = [
    ("text", {"N": "abc"}, NOT_A_NUMBER + "abc", NOT_A_NUMBER + "abc"),
    ("no text", {"N": ""}, NOT_A_NUMBER, "The parameter cannot be converted to a numeric value"),
    ("overflow", {"N": "1e126"}, OVERFLOW, OVERFLOW),
    ("a 32-bit exponent", {"N": "1e2147483647"}, OVERFLOW, UNDERFLOW),
    ("precision", {"N": "1" * 39}, TOO_PRECISE, TOO_PRECISE),
    (
        "repeated strings",
        {"SS": ["b", "a", "b"]},
        INVALID + 'Input collection ["a", "b", "b"] contains duplicates.',
        INVALID + "Input collection [b, a, b] contains duplicates.",
    ),
    (
        "repeated binaries",
        {"BS": ["/w==", "AA==", "AA=="]},
        INVALID + 'Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.',
        INVALID + "Input collection [/w==, AA==, AA==]of type BS contains duplicates.",
    ),
    (
        "repeated numbers",
        {"NS": ["1", "1.0"]},
        INVALID + "Input collection contains duplicates.",
        "Input collection contains duplicates",
    ),
    (
        "no strings",
        {"SS": []},
        INVALID + "An string set  may not be empty",
        INVALID + "An string set  may not be empty",
    ),
    (
        "NULL false",
        {"NULL": False},
        INVALID + "Null attribute value types must have the value of true",
        INVALID + "Null attribute value types must have the value of true",
    ),
]
wordings = pytest.mark.parametrize(
    ("value", "current", "older"), [case[1:] for case in WORDINGS], ids=[case[0] for case in WORDINGS]
)


@pytest.mark.parametrize("operation", ENVELOPED)
@wordings
def test_single_writes_use_the_current_wording_in_the_envelope(
    service: Service, operation: str, value: Value, current: str, older: str
) -> None:
    assert service.message(operation, **requests_with(value)[operation]) == ENVELOPE + current


@pytest.mark.parametrize("operation", BARE)
@wordings
def test_reads_by_key_use_the_current_wording_bare(
    service: Service, operation: str, value: Value, current: str, older: str
) -> None:
    assert service.message(operation, **requests_with(value)[operation]) == current


@wordings
def test_batch_writes_use_the_older_wording_bare(service: Service, value: Value, current: str, older: str) -> None:
    assert service.message("BatchWriteItem", **requests_with(value)["BatchWriteItem"]) == older


@wordings
def test_scans_use_the_older_wording_and_name_the_placeholder(
    service: Service, value: Value, current: str, older: str
) -> None:
    assert service.message("Scan", **requests_with(value)["Scan"]) == WRAPPED.format(older)
