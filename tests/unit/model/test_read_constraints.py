"""Constraints of Query and Scan. Source: query_scan.md 2."""

from __future__ import annotations

from typing import Any

import pytest

from .refusals import CONSUMED, NAME_PATTERN, NULL, ONE, refusal

OPERATOR = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"
OPERATOR_OLDER = (
    "Value 'XOR' at 'conditionalOperator' failed to satisfy constraint: Member must satisfy enum value set: [OR, AND]"
)
EMPTY_NAME = "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
EMPTY_NAME_OLDER = (
    "Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1"
)
NULL_NAME = f"Value null at 'tableName' {NULL}"


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
            f"{ONE}Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
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
