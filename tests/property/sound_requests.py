"""Sound requests for every operation, and the emulator that they are sound for.

For operations with a sample here the request succeeds; for the others it is made from the service model and well
formed, which is all that can be asked of an operation that is not built.
"""

from __future__ import annotations

from typing import Any

import orjson
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.session import Session

from emulator import Emulator

REGION = "us-east-1"
TABLE = {"TableName": "orders"}
KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
NOW = 1_800_000_000

_session = Session()
MODELS: dict[str, OperationModel] = {
    name: model.operation_model(name)
    for model in map(_session.get_service_model, ("dynamodb", "dynamodbstreams"))
    for name in model.operation_names
}
"""All operations of the API, as botocore has them."""


def prepared() -> Emulator:
    """An emulator with two tables, of which one has everything that a table can have."""
    emulator = Emulator()
    emulator.clock.freeze(NOW)
    capacity = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    ask(
        emulator,
        "CreateTable",
        {
            **TABLE,
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind}
                for name, kind in (("pk", "S"), ("sk", "N"), ("day", "S"))
            ],
            "KeySchema": _keys("pk", "sk"),
            "LocalSecondaryIndexes": [
                {"IndexName": "local", "KeySchema": _keys("pk", "day"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            ],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "days",
                    "KeySchema": _keys("day"),
                    "Projection": {"ProjectionType": "ALL"},
                    "ProvisionedThroughput": capacity,
                }
            ],
            "ProvisionedThroughput": capacity,
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        },
    )
    ask(
        emulator,
        "CreateTable",
        {
            "TableName": "plain",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": _keys("pk"),
            "BillingMode": "PAY_PER_REQUEST",
            "Tags": [{"Key": "team", "Value": "sales"}],
        },
    )
    for number, day in ((1, "mon"), (2, "tue"), (3, "mon")):
        item = {
            "pk": {"S": "a"},
            "sk": {"N": str(number)},
            "day": {"S": day},
            "n": {"N": "1"},
            "l": {"L": [{"S": "x"}]},
        }
        ask(emulator, "PutItem", {**TABLE, "Item": item})
    ask(emulator, "PutItem", {"TableName": "plain", "Item": {"pk": {"S": "a"}, "tags": {"SS": ["x", "y"]}}})
    recovery = {"PointInTimeRecoveryEnabled": True}
    ask(emulator, "UpdateContinuousBackups", {**TABLE, "PointInTimeRecoverySpecification": recovery})
    ask(emulator, "CreateBackup", {**TABLE, "BackupName": "nightly"})
    return emulator


def ask(emulator: Emulator, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer, which must be one."""
    reply = emulator.gateway.call(operation, orjson.dumps(request), REGION)
    assert reply.status == 200, (operation, request, reply)
    answer: dict[str, Any] = orjson.loads(reply.body)
    return answer


def _keys(hash_name: str, range_name: str | None = None) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_name, "KeyType": "HASH"}]
    return keys if range_name is None else [*keys, {"AttributeName": range_name, "KeyType": "RANGE"}]


def sound_requests(emulator: Emulator) -> list[tuple[str, dict[str, Any]]]:
    """Operation and request, one at least for each operation of the API."""
    samples = [
        *_items(),
        *_reads(),
        *_several_items(),
        *_statements(),
        *_tables(),
        *_streams(emulator),
        *_backups(emulator),
    ]
    sampled = {operation for operation, _ in samples}
    return [*samples, *((name, _made(model)) for name, model in sorted(MODELS.items()) if name not in sampled)]


# --- Samples --------------------------------------------------------------------------------------

_ASKING = {"ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "SIZE"}
_NAMES = {"#n": "n"}
_ONE = {":one": {"N": "1"}}
_CONDITION = {
    "ConditionExpression": "#n = :one",
    "ExpressionAttributeNames": _NAMES,
    "ExpressionAttributeValues": _ONE,
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}
_EVERY_TYPE = {
    **KEY,
    "day": {"S": "wed"},
    "b": {"B": "YQ=="},
    "flag": {"BOOL": True},
    "nothing": {"NULL": True},
    "m": {"M": {"inner": {"L": [{"N": "1.5"}, {"S": ""}]}}},
    "ss": {"SS": ["x", "y"]},
    "ns": {"NS": ["1", "2"]},
    "bs": {"BS": ["YQ==", "Yg=="]},
}


def _items() -> list[tuple[str, dict[str, Any]]]:
    return [
        ("PutItem", {**TABLE, "Item": _EVERY_TYPE}),
        ("PutItem", {**TABLE, "Item": _EVERY_TYPE, **_CONDITION, **_ASKING, "ReturnValues": "ALL_OLD"}),
        (
            "PutItem",
            {**TABLE, "Item": KEY, "Expected": {"n": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "1"}]}}},
        ),
        ("GetItem", {**TABLE, "Key": KEY}),
        (
            "GetItem",
            {
                **TABLE,
                "Key": KEY,
                "ConsistentRead": True,
                "ProjectionExpression": "#n, l[0]",
                "ExpressionAttributeNames": _NAMES,
                "ReturnConsumedCapacity": "TOTAL",
            },
        ),
        ("GetItem", {**TABLE, "Key": KEY, "AttributesToGet": ["n"]}),
        (
            "UpdateItem",
            {
                **TABLE,
                "Key": KEY,
                "UpdateExpression": "SET x = :one ADD #n :one REMOVE l[0]",
                **_CONDITION,
                **_ASKING,
                "ReturnValues": "ALL_NEW",
            },
        ),
        ("UpdateItem", {**TABLE, "Key": KEY, "AttributeUpdates": {"n": {"Action": "ADD", "Value": {"N": "1"}}}}),
        ("DeleteItem", {**TABLE, "Key": KEY, **_CONDITION, **_ASKING, "ReturnValues": "ALL_OLD"}),
        (
            "DeleteItem",
            {
                **TABLE,
                "Key": KEY,
                "Expected": {"n": {"Value": {"N": "1"}}, "x": {"Exists": False}},
                "ConditionalOperator": "AND",
            },
        ),
    ]


def _reads() -> list[tuple[str, dict[str, Any]]]:
    return [
        (
            "Query",
            {
                **TABLE,
                "KeyConditionExpression": "pk = :pk AND sk > :one",
                "FilterExpression": "#n = :one",
                "ProjectionExpression": "pk, #n",
                "ExpressionAttributeNames": _NAMES,
                "ExpressionAttributeValues": {":pk": {"S": "a"}, **_ONE},
                "Limit": 2,
                "ScanIndexForward": False,
                "ConsistentRead": True,
                "Select": "SPECIFIC_ATTRIBUTES",
                "ReturnConsumedCapacity": "INDEXES",
                "ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "3"}},
            },
        ),
        (
            "Query",
            {
                **TABLE,
                "IndexName": "days",
                "KeyConditions": {"day": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "mon"}]}},
                "QueryFilter": {"n": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "1"}]}},
            },
        ),
        (
            "Scan",
            {
                **TABLE,
                "IndexName": "days",
                "FilterExpression": "#n = :one",
                "ExpressionAttributeNames": _NAMES,
                "ExpressionAttributeValues": _ONE,
                "Limit": 2,
                "Segment": 0,
                "TotalSegments": 1,
                "Select": "COUNT",
                "ReturnConsumedCapacity": "TOTAL",
            },
        ),
        ("Scan", {**TABLE, "ScanFilter": {"x": {"ComparisonOperator": "NULL"}}, "AttributesToGet": ["pk"]}),
    ]


def _several_items() -> list[tuple[str, dict[str, Any]]]:
    get = {"Keys": [KEY], "ProjectionExpression": "#n", "ExpressionAttributeNames": _NAMES, "ConsistentRead": True}
    return [
        ("BatchGetItem", {"RequestItems": {"orders": get}, "ReturnConsumedCapacity": "INDEXES"}),
        ("BatchGetItem", {"RequestItems": {"orders": {"Keys": [KEY], "AttributesToGet": ["n"]}}}),
        (
            "BatchWriteItem",
            {
                "RequestItems": {
                    "orders": [{"PutRequest": {"Item": _EVERY_TYPE}}],
                    "plain": [{"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}],
                },
                **_ASKING,
            },
        ),
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {**TABLE, "Item": _EVERY_TYPE, **_CONDITION}},
                    {
                        "Update": {
                            **TABLE,
                            "Key": {**KEY, "sk": {"N": "2"}},
                            "UpdateExpression": "SET #n = :one",
                            **_CONDITION,
                        }
                    },
                    {"Delete": {**TABLE, "Key": {**KEY, "sk": {"N": "3"}}, **_CONDITION}},
                    {
                        "ConditionCheck": {
                            "TableName": "plain",
                            "Key": {"pk": {"S": "a"}},
                            "ConditionExpression": "attribute_exists(pk)",
                        }
                    },
                ],
                "ClientRequestToken": "token",
                **_ASKING,
            },
        ),
        (
            "TransactGetItems",
            {
                "TransactItems": [
                    {
                        "Get": {
                            **TABLE,
                            "Key": KEY,
                            "ProjectionExpression": "#n",
                            "ExpressionAttributeNames": _NAMES,
                        }
                    }
                ],
                "ReturnConsumedCapacity": "TOTAL",
            },
        ),
    ]


def _statements() -> list[tuple[str, dict[str, Any]]]:
    select = {"Statement": 'SELECT * FROM "orders" WHERE pk = ? AND sk = ?', "Parameters": [{"S": "a"}, {"N": "1"}]}
    update = {
        "Statement": 'UPDATE "orders" SET n = ? WHERE pk = ? AND sk = 1',
        "Parameters": [{"N": "2"}, {"S": "a"}],
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    return [
        ("ExecuteStatement", {**select, "ConsistentRead": True, "Limit": 1, "ReturnConsumedCapacity": "INDEXES"}),
        ("ExecuteStatement", update),
        (
            "BatchExecuteStatement",
            {"Statements": [{**select, "ConsistentRead": True}], "ReturnConsumedCapacity": "TOTAL"},
        ),
        (
            "ExecuteTransaction",
            {"TransactStatements": [update], "ClientRequestToken": "token", "ReturnConsumedCapacity": "TOTAL"},
        ),
    ]


def _tables() -> list[tuple[str, dict[str, Any]]]:
    arn = f"arn:aws:dynamodb:{REGION}:123456789012:table/plain"
    return [
        (
            "CreateTable",
            {
                "TableName": "another",
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "day", "AttributeType": "N"},
                ],
                "KeySchema": _keys("pk", "day"),
                "LocalSecondaryIndexes": [
                    {
                        "IndexName": "local",
                        "KeySchema": _keys("pk", "day"),
                        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
                    }
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "global",
                        "KeySchema": _keys("day"),
                        "Projection": {"ProjectionType": "ALL"},
                        "OnDemandThroughput": {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 10},
                    }
                ],
                "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
                "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/key"},
                "Tags": [{"Key": "team", "Value": "sales"}],
                "TableClass": "STANDARD",
                "DeletionProtectionEnabled": True,
                "OnDemandThroughput": {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 10},
            },
        ),
        (
            "UpdateTable",
            {
                **TABLE,
                "ProvisionedThroughput": {"ReadCapacityUnits": 6, "WriteCapacityUnits": 5},
                "GlobalSecondaryIndexUpdates": [
                    {
                        "Update": {
                            "IndexName": "days",
                            "ProvisionedThroughput": {"ReadCapacityUnits": 6, "WriteCapacityUnits": 5},
                        }
                    }
                ],
                "DeletionProtectionEnabled": True,
            },
        ),
        (
            "UpdateTable",
            {
                "TableName": "plain",
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "day", "AttributeType": "S"},
                ],
                "GlobalSecondaryIndexUpdates": [
                    {
                        "Create": {
                            "IndexName": "days",
                            "KeySchema": _keys("day"),
                            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
                        }
                    }
                ],
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            },
        ),
        ("UpdateTable", {**TABLE, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "days"}}]}),
        ("DescribeTable", TABLE),
        ("DeleteTable", TABLE),
        ("ListTables", {"ExclusiveStartTableName": "old", "Limit": 1}),
        ("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "team", "Value": "sales"}]}),
        ("UntagResource", {"ResourceArn": arn, "TagKeys": ["team"]}),
        ("ListTagsOfResource", {"ResourceArn": arn}),
        ("UpdateTimeToLive", {**TABLE, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "n"}}),
        ("DescribeTimeToLive", TABLE),
    ]


def _streams(emulator: Emulator) -> list[tuple[str, dict[str, Any]]]:
    (stream,) = ask(emulator, "ListStreams", {})["Streams"]
    arn = {"StreamArn": stream["StreamArn"]}
    (shard,) = ask(emulator, "DescribeStream", arn)["StreamDescription"]["Shards"]
    start = {**arn, "ShardId": shard["ShardId"]}
    number = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    at_start = {**start, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": number}
    iterator = ask(emulator, "GetShardIterator", at_start)["ShardIterator"]
    return [
        ("ListStreams", {**TABLE, "Limit": 1, "ExclusiveStartStreamArn": stream["StreamArn"]}),
        ("DescribeStream", {**arn, "Limit": 1, "ExclusiveStartShardId": shard["ShardId"]}),
        ("DescribeStream", {**arn, "ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": shard["ShardId"]}}),
        ("GetShardIterator", at_start),
        ("GetShardIterator", {**start, "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": NOW - 1}),
        ("GetRecords", {"ShardIterator": iterator, "Limit": 2}),
    ]


def _backups(emulator: Emulator) -> list[tuple[str, dict[str, Any]]]:
    (backup,) = ask(emulator, "ListBackups", {})["BackupSummaries"]
    arn = backup["BackupArn"]
    overrides = {
        "TargetTableName": "restored",
        "BillingModeOverride": "PAY_PER_REQUEST",
        "OnDemandThroughputOverride": {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 10},
        "SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/key"},
        "LocalSecondaryIndexOverride": [
            {"IndexName": "local", "KeySchema": _keys("pk", "day"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
        "GlobalSecondaryIndexOverride": [
            {"IndexName": "days", "KeySchema": _keys("day"), "Projection": {"ProjectionType": "ALL"}}
        ],
    }
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 3}
    period = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    times = {"TimeRangeLowerBound": NOW - 60, "TimeRangeUpperBound": NOW + 60}
    return [
        ("CreateBackup", {**TABLE, "BackupName": "another"}),
        ("DescribeBackup", {"BackupArn": arn}),
        ("DeleteBackup", {"BackupArn": arn}),
        ("ListBackups", {**TABLE, **times, "Limit": 1, "ExclusiveStartBackupArn": arn, "BackupType": "ALL"}),
        ("RestoreTableFromBackup", {**overrides, "BackupArn": arn}),
        (
            "RestoreTableFromBackup",
            {"TargetTableName": "restored", "BackupArn": arn, "ProvisionedThroughputOverride": units},
        ),
        ("RestoreTableToPointInTime", {**overrides, "SourceTableName": "orders", "RestoreDateTime": NOW}),
        (
            "RestoreTableToPointInTime",
            {
                "SourceTableArn": f"arn:aws:dynamodb:{REGION}:123456789012:table/orders",
                "TargetTableName": "restored",
                "UseLatestRestorableTime": True,
            },
        ),
        ("UpdateContinuousBackups", {**TABLE, "PointInTimeRecoverySpecification": period}),
        ("DescribeContinuousBackups", TABLE),
    ]


# --- Made from the model --------------------------------------------------------------------------


def _made(model: OperationModel) -> dict[str, Any]:
    """A request with all members that are required, and of the others the first few."""
    shape = model.input_shape
    made: dict[str, Any] = {} if shape is None else _value(shape, 0)
    return made


def _value(shape: Shape, depth: int) -> Any:
    if shape.name == "AttributeValue":
        return {"S": "a"}
    if isinstance(shape, StructureShape):
        wanted = [name for name in shape.members if name in shape.required_members or depth < _DEEP_ENOUGH]
        return {name: _value(shape.members[name], depth + 1) for name in wanted}
    if isinstance(shape, ListShape):
        return [_value(shape.member, depth + 1) for _ in range(max(1, shape.metadata.get("min", 1)))]
    if isinstance(shape, MapShape):
        return {"name": _value(shape.value, depth + 1)}
    if shape.type_name == "string":
        return shape.metadata.get("enum", [_text(shape)])[0]
    return {"boolean": True, "blob": "YQ==", "timestamp": NOW - 60}.get(shape.type_name, shape.metadata.get("min", 1))


_DEEP_ENOUGH = 2


def _text(shape: Shape) -> str:
    return "orders".ljust(shape.metadata.get("min", 0), "x")
