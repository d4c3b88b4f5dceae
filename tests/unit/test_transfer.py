"""Moving tables between an endpoint and files, on endpoints that do not always do all of what they are asked."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import transfer
from emulator.apiclient import ApiError
from emulator.jsonlines import Line

LINES = [Line(number, {"id": {"N": str(number)}}, 25) for number in range(1, 61)]


class Endpoint:
    """Takes at most so many items of a batch, and keeps what it was asked."""

    def __init__(self, items_per_batch: int) -> None:
        self.items_per_batch = items_per_batch
        self.stored: list[dict[str, Any]] = []
        self.batches: list[int] = []
        self.pauses: list[float] = []

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        assert operation == "BatchWriteItem"
        ((table, writes),) = request["RequestItems"].items()
        self.batches.append(len(writes))
        self.stored += [write["PutRequest"]["Item"] for write in writes[: self.items_per_batch]]
        left = writes[self.items_per_batch :]
        return {"UnprocessedItems": {table: left} if left else {}}

    def load(self, lines: list[Line]) -> list[int]:
        return list(transfer.import_items(self.call, "Orders", lines, self.pauses.append))


def test_items_are_written_in_batches_of_25() -> None:
    endpoint = Endpoint(25)
    assert endpoint.load(LINES) == [25, 25, 10]
    assert endpoint.batches == [25, 25, 10]


def test_a_batch_holds_no_more_than_8_mb_of_text() -> None:
    endpoint = Endpoint(25)
    assert endpoint.load([line._replace(length=3 * 1024 * 1024) for line in LINES[:5]]) == [2, 2, 1]


def test_unprocessed_items_are_sent_again_until_all_are_written() -> None:
    endpoint = Endpoint(10)
    assert endpoint.load(LINES[:25]) == [25]
    assert endpoint.batches == [25, 15, 5]
    assert endpoint.stored == [line.item for line in LINES[:25]]


def test_an_endpoint_that_takes_nothing_is_given_up_after_ten_longer_and_longer_pauses() -> None:
    endpoint = Endpoint(0)
    with pytest.raises(ApiError, match="keeps leaving items unprocessed"):
        endpoint.load(LINES[:1])
    assert len(endpoint.pauses) == 10
    assert endpoint.pauses == sorted(endpoint.pauses)


def test_create_waits_until_the_table_is_active() -> None:
    statuses = ["CREATING", "CREATING", "ACTIVE"]
    pauses: list[float] = []

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return {"Table": {"TableStatus": statuses.pop(0)}} if operation == "DescribeTable" else {}

    transfer.create(call, {"TableName": "Orders"}, pauses.append)
    assert (len(pauses), statuses) == (2, [])


def test_a_table_that_vanishes_while_tables_are_listed_is_passed_over() -> None:
    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "ListTables":
            last = request.get("ExclusiveStartTableName")
            return {"TableNames": ["c"]} if last else {"TableNames": ["a", "b"], "LastEvaluatedTableName": "b"}
        if request["TableName"] == "b":
            raise ApiError("ResourceNotFoundException", "gone")
        return {"Table": {"TableName": request["TableName"]}}

    assert [table["TableName"] for table in transfer.list_tables(call)] == ["a", "c"]


def test_a_description_of_a_provisioned_table_becomes_the_request_that_makes_it() -> None:
    request = {
        "TableName": "Orders",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        "LocalSecondaryIndexes": [{"IndexName": "l", "KeySchema": [], "Projection": {"ProjectionType": "ALL"}}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "g",
                "KeySchema": [],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 8},
            }
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "DeletionProtectionEnabled": True,
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:::key/1"},
    }
    index: dict[str, Any] = request["GlobalSecondaryIndexes"][0]  # type: ignore[index,assignment]
    described = {
        **{name: request[name] for name in request if name not in ("TableClass", "SSESpecification")},
        "TableStatus": "ACTIVE",
        "ItemCount": 3,
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        "GlobalSecondaryIndexes": [
            {
                **index,
                "IndexStatus": "ACTIVE",
                "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **index["ProvisionedThroughput"]},
            }
        ],
        "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
        "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:::key/1"},
    }
    assert transfer.creation_request({"Table": described}, "Copy") == {**request, "TableName": "Copy"}


def test_vector_indexes_are_copied_without_their_state() -> None:
    index = {
        "IndexName": "v",
        "SearchSchema": [{"AttributeName": "id", "SearchSchemaElementType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "VectorAttribute": {"AttributeName": "embedding"},
        "Dimensions": 3,
        "DistanceFunction": "COSINE",
    }
    described = {
        "TableName": "Documents",
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "VectorIndexes": [{**index, "IndexStatus": "ACTIVE", "ItemCount": 3, "IndexSizeBytes": 9, "IndexArn": "arn"}],
    }
    assert transfer.creation_request({"Table": described}, "Copy")["VectorIndexes"] == [index]
