"""Constraints of requests on tables. Source: tables.md 2, 3.2, 5.1 and 8, protocol.md 8.2 to 8.7."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.model import check_request

from .refusals import NAME_PATTERN, NULL, ONE, TOO_SHORT, refusal


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


def test_a_printed_value_is_cut_where_it_would_be_longer_than_a_megabyte() -> None:
    keys = ["", *("k" * 100 for _ in range(15_000))]
    message = refusal("UntagResource", {"ResourceArn": "arn:x", "TagKeys": keys}).message or ""
    assert len(message) < 1_050_000
    assert "k...' at 'tagKeys' failed to satisfy constraint" in message


def scaling(role: str) -> dict[str, Any]:
    return {"TableName": "orders", "ProvisionedWriteCapacityAutoScalingUpdate": {"AutoScalingRoleArn": role}}


@pytest.mark.parametrize("role", ["arn:aws:iam::1:role/dynamodb", "\U0001f600 line\n"])
def test_a_pattern_written_for_java_keeps_its_meaning(role: str) -> None:
    request = scaling(role)
    assert check_request("UpdateTableReplicaAutoScaling", request) is request


def test_a_pattern_written_for_java_is_shown_as_it_is_written() -> None:
    message = refusal("UpdateTableReplicaAutoScaling", scaling("bell\x07")).message or ""
    assert r"pattern: [\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*" in message


@pytest.mark.parametrize("bucket", ["my-bucket.a", "ab"])
def test_a_bucket_name_that_matches_the_models_pattern_is_accepted(bucket: str) -> None:
    request = {"TableArn": "arn:aws:dynamodb:us-east-1:1:table/orders", "S3Bucket": bucket}
    assert check_request("ExportTableToPointInTime", request) is request


@pytest.mark.parametrize("bucket", ["-b", "b", "a" * 100_000 + "!"])
def test_a_bucket_name_that_does_not_is_refused_with_the_pattern_as_in_the_model(bucket: str) -> None:
    request = {"TableArn": "arn:aws:dynamodb:us-east-1:1:table/orders", "S3Bucket": bucket}
    message = refusal("ExportTableToPointInTime", request).message or ""
    assert r"regular expression pattern: ^[a-z0-9A-Z]+[\.\-\w]*[a-z0-9A-Z]+$" in message
