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

from .sound_global_tables import prepare_global_tables, sound_requests_of_global_tables

REGION = "us-east-1"
TABLE = {"TableName": "orders"}
KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
NOW = 1_800_000_000
ARN = f"arn:aws:dynamodb:{REGION}:123456789012:table/orders"
KINESIS = f"arn:aws:kinesis:{REGION}:123456789012:stream/orders"

_session = Session()
MODELS: dict[str, OperationModel] = {
    name: model.operation_model(name)
    for model in map(_session.get_service_model, ("dynamodb", "dynamodbstreams"))
    for name in model.operation_names
}
"""All operations of the API, as botocore has them."""


def prepared() -> Emulator:
    """An emulator with tables of all kinds: one has what provisioned tables can have, some are of several regions."""
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
    ask(emulator, "CreateTable", {**_documents("documents"), "VectorIndexes": [_VECTOR_INDEX]})
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
    ask(emulator, "PutResourcePolicy", {"ResourceArn": ARN, "Policy": _policy("GetItem")})
    ask(emulator, "EnableKinesisStreamingDestination", {**TABLE, "StreamArn": KINESIS})
    ask(emulator, "UpdateContributorInsights", {**TABLE, "ContributorInsightsAction": "ENABLE"})
    ask(emulator, "PutItem", {"TableName": "documents", "Item": _DOCUMENT})
    recovery = {"PointInTimeRecoveryEnabled": True}
    ask(emulator, "UpdateContinuousBackups", {**TABLE, "PointInTimeRecoverySpecification": recovery})
    ask(emulator, "CreateBackup", {**TABLE, "BackupName": "nightly"})
    prepare_global_tables(emulator)
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
    samples = [*_items(), *_reads(), *_several_items(), *_statements(), *_tables()]
    samples += [*_streams(emulator), *_policies(), *_destinations(), *_insights(), *_jobs(emulator), *_vectors()]
    samples += [*_backups(emulator), *sound_requests_of_global_tables()]
    ask(emulator, "ListTables", {})  # what was begun is done
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
    (stream,) = ask(emulator, "ListStreams", TABLE)["Streams"]
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


def _policy(action: str) -> str:
    principal = {"AWS": ["123456789012", "arn:aws:iam::123456789012:role/reader"]}
    statement = {"Sid": "one", "Effect": "Allow", "Principal": principal, "Action": f"dynamodb:{action}"}
    return orjson.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": ARN}]}).decode()


def _policies() -> list[tuple[str, dict[str, Any]]]:
    revision = {"ExpectedRevisionId": str(NOW * 1000)}
    confirmed = {"ConfirmRemoveSelfResourceAccess": True}
    return [
        ("PutResourcePolicy", {"ResourceArn": ARN, "Policy": _policy("Scan"), **revision, **confirmed}),
        ("GetResourcePolicy", {"ResourceArn": ARN}),
        ("DeleteResourcePolicy", {"ResourceArn": ARN, **revision}),
    ]


def _destinations() -> list[tuple[str, dict[str, Any]]]:
    fine = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    enabling = {"TableName": "plain", "StreamArn": KINESIS, "EnableKinesisStreamingConfiguration": fine}
    return [
        ("EnableKinesisStreamingDestination", enabling),
        ("DisableKinesisStreamingDestination", {**TABLE, "StreamArn": KINESIS}),
        (
            "UpdateKinesisStreamingDestination",
            {**TABLE, "StreamArn": KINESIS, "UpdateKinesisStreamingConfiguration": fine},
        ),
        ("DescribeKinesisStreamingDestination", TABLE),
    ]


def _insights() -> list[tuple[str, dict[str, Any]]]:
    mode = {"ContributorInsightsMode": "THROTTLED_KEYS"}
    return [
        ("UpdateContributorInsights", {**TABLE, "ContributorInsightsAction": "ENABLE", **mode}),
        ("UpdateContributorInsights", {**TABLE, "IndexName": "days", "ContributorInsightsAction": "ENABLE"}),
        ("UpdateContributorInsights", {**TABLE, "ContributorInsightsAction": "DISABLE"}),
        ("DescribeContributorInsights", {**TABLE, "IndexName": "days"}),
        ("DescribeContributorInsights", TABLE),
        ("ListContributorInsights", TABLE),
        ("ListContributorInsights", {"MaxResults": 1}),
    ]


def _jobs(emulator: Emulator) -> list[tuple[str, dict[str, Any]]]:
    """Imports and exports; those to be described are begun once, since they have tokens."""
    recovery = {"PointInTimeRecoveryEnabled": True}
    ask(emulator, "UpdateContinuousBackups", {**TABLE, "PointInTimeRecoverySpecification": recovery})
    arn = f"arn:aws:dynamodb:{REGION}:123456789012:table/orders"
    export = {"TableArn": arn, "S3Bucket": "bucket", "ClientToken": "export"}
    export_arn = ask(emulator, "ExportTableToPointInTime", export)["ExportDescription"]["ExportArn"]
    source = {
        "S3BucketSource": {"S3Bucket": "bucket", "S3KeyPrefix": "in/", "S3BucketOwner": "123456789012"},
        "InputFormat": "CSV",
        "InputFormatOptions": {"Csv": {"Delimiter": ";", "HeaderList": ["pk", "day"]}},
        "InputCompressionType": "GZIP",
        "TableCreationParameters": {
            "TableName": "imported",
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "day", "AttributeType": "S"},
            ],
            "KeySchema": _keys("pk"),
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [
                {"IndexName": "days", "KeySchema": _keys("day"), "Projection": {"ProjectionType": "ALL"}}
            ],
        },
    }
    begun = ask(emulator, "ImportTable", {**source, "ClientToken": "import"})["ImportTableDescription"]
    return [
        ("ImportTable", source),
        ("DescribeImport", {"ImportArn": begun["ImportArn"]}),
        ("ListImports", {"TableArn": begun["TableArn"], "PageSize": 1}),
        (
            "ExportTableToPointInTime",
            {
                "TableArn": arn,
                "S3Bucket": "bucket",
                "S3BucketOwner": "123456789012",
                "S3Prefix": "out/here",
                "S3SseAlgorithm": "KMS",
                "S3SseKmsKeyId": "alias/key",
                "ExportFormat": "ION",
                "ExportType": "FULL_EXPORT",
                "ExportTime": NOW,
                "FilterSpecification": {
                    "KeyConditionExpression": "pk = :pk AND sk > :one",
                    "FilterExpression": "#n = :one",
                    "ProjectionExpression": "pk, #n",
                    "ExpressionAttributeNames": _NAMES,
                    "ExpressionAttributeValues": {":pk": {"S": "a"}, **_ONE},
                },
            },
        ),
        ("DescribeExport", {"ExportArn": export_arn}),
        ("ListExports", {"TableArn": arn, "MaxResults": 1}),
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


# --- Vector indexes -------------------------------------------------------------------------------

_DOCUMENT = {
    "pk": {"S": "a"},
    "tenant": {"S": "t"},
    "lang": {"S": "en"},
    "v": {"L": [{"N": "1"}, {"N": "0.5"}]},
}
_VECTOR_INDEX: dict[str, Any] = {
    "IndexName": "by-vector",
    "VectorAttribute": {"AttributeName": "v"},
    "SearchSchema": [
        {"AttributeName": "tenant", "SearchSchemaElementType": "HASH"},
        {"AttributeName": "lang", "SearchSchemaElementType": "INLINE_FILTER"},
    ],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["label"]},
    "Dimensions": 2,
    "DistanceFunction": "COSINE",
}


def _documents(name: str) -> dict[str, Any]:
    """A CreateTable request, without its vector index."""
    return {
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in ("pk", "tenant", "lang")
        ],
        "KeySchema": _keys("pk"),
        "BillingMode": "PAY_PER_REQUEST",
    }


def _vectors() -> list[tuple[str, dict[str, Any]]]:
    documents, filters = {"TableName": "documents"}, _VECTOR_INDEX["SearchSchema"][1:]
    return [
        ("CreateTable", {**_documents("other-documents"), "VectorIndexes": [_VECTOR_INDEX]}),
        (
            "UpdateTable",
            {
                **documents,
                "AttributeDefinitions": [{"AttributeName": "lang", "AttributeType": "S"}],
                "VectorIndexUpdates": [{"Create": {**_VECTOR_INDEX, "IndexName": "other", "SearchSchema": filters}}],
            },
        ),
        ("UpdateTable", {**documents, "VectorIndexUpdates": [{"Delete": {"IndexName": "by-vector"}}]}),
        ("PutItem", {**documents, "Item": {**_DOCUMENT, "label": {"S": "b"}}, **_ASKING}),
        (
            "UpdateItem",
            {
                **documents,
                "Key": {"pk": {"S": "a"}},
                "UpdateExpression": "SET v[0] = :one, tenant = :t",
                "ExpressionAttributeValues": {**_ONE, ":t": {"S": "other"}},
                **_ASKING,
            },
        ),
        (
            "SearchVectors",
            {
                **documents,
                "IndexName": "by-vector",
                "SearchVector": [{"N": "1"}, {"N": "0"}],
                "TopK": 3,
                "SearchConditionExpression": "#t = :t AND lang = :l",
                "ProjectionExpression": "pk, v",
                "ExpressionAttributeNames": {"#t": "tenant"},
                "ExpressionAttributeValues": {":t": {"S": "t"}, ":l": {"S": "en"}},
                "ReturnConsumedCapacity": "TOTAL",
            },
        ),
    ]
