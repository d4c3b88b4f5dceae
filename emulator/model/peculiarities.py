"""Where the service departs from its published model: orders, enum sets, further constraints. Data only.

Members and operations that are worded in a form of their own are in `forms`.
"""

from __future__ import annotations

from collections.abc import Mapping

from emulator import limits

CHECKED_BY_HAND = frozenset({"AttributeName"})
"""Shapes whose constraints the operations check, in words of their own (values.md 2)."""

REQUIRED_TOO: Mapping[str, frozenset[str]] = {
    "CreateTableInput": frozenset({"AttributeDefinitions", "KeySchema"}),  # tables.md 3.2
    "OutputS3Configuration": frozenset({"S3Bucket"}),  # backups_export_import.md 1.1
}

REQUIRED_UNLESS: Mapping[tuple[str, str], str] = {
    ("CreateTable", "AttributeDefinitions"): "GlobalTableSourceArn",  # global_tables.md 1: the source has them
    ("CreateTable", "KeySchema"): "GlobalTableSourceArn",
}
"""Operation and required member to the member whose presence makes it optional."""

OTHER_SHAPES: Mapping[tuple[str, str], str] = {
    ("ListStreamsInput", "TableName"): "TableArn",  # a name or an ARN: streams_ttl.md 4
}
"""Structure and member to the shape that the member has instead of the model's."""

MAXIMUM_LENGTHS: Mapping[tuple[str, str], int] = {
    # The model's KeySchema has no maximum since a global index may have up to four attributes in each role.
    ("CreateTableInput", "KeySchema"): 2,  # tables.md 3.2
    ("LocalSecondaryIndex", "KeySchema"): 2,  # indexes.md 2
    ("TableCreationParameters", "KeySchema"): 2,
    ("QueryInput", "AttributesToGet"): 255,  # query_scan.md 1
    ("ScanInput", "AttributesToGet"): 255,
}
"""Structure and member to the greatest length of the member."""

MAXIMUM_NUMBERS: Mapping[tuple[str, str], int] = {  # streams_ttl.md 4, 5.1 and 7
    ("ListStreamsInput", "Limit"): limits.MAX_LISTED_STREAMS,
    ("DescribeStreamInput", "Limit"): limits.MAX_LISTED_SHARDS,
    ("GetRecordsInput", "Limit"): limits.MAX_STREAM_PAGE_RECORDS,
}
"""Structure and member to the greatest number that the member may be."""

ENUM_ORDERS: Mapping[str, tuple[str, ...]] = {  # protocol.md 8.5; the others are printed as in the model
    "ScalarAttributeType": ("B", "N", "S"),
    "ProjectionType": ("ALL", "INCLUDE", "KEYS_ONLY"),
    "ReturnValue": ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"),
    "ConditionalOperator": ("OR", "AND"),
    "Select": ("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"),
    "ComparisonOperator": (
        *("IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE"),
        *("BEGINS_WITH", "GE", "CONTAINS"),
    ),
}

MEMBER_ORDERS: Mapping[str, tuple[str, ...]] = {
    # Items: items.md 2 and protocol.md 8.9
    "PutItemInput": ("TableName", "ReturnConsumedCapacity", "ReturnValues", "ReturnItemCollectionMetrics"),
    "DeleteItemInput": ("TableName", "ReturnConsumedCapacity", "ReturnValues", "ReturnItemCollectionMetrics"),
    "UpdateItemInput": ("TableName", "ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"),
    "GetItemInput": ("AttributesToGet", "ReturnConsumedCapacity", "Key", "TableName"),
    # Reads: query_scan.md 2
    "QueryInput": (
        *("Select", "IndexName", "ReturnConsumedCapacity", "QueryFilter", "TableName", "ConditionalOperator"),
        *("AttributesToGet", "Limit", "KeyConditions"),
    ),
    "ScanInput": (
        *("Select", "IndexName", "TotalSegments", "ReturnConsumedCapacity", "TableName", "ConditionalOperator"),
        *("ScanFilter", "Segment", "Limit"),
    ),
    # Batches and transactions: batch_transactions.md 1, 2.2, 3.3 and 4.2
    "BatchGetItemInput": ("RequestItems", "ReturnConsumedCapacity"),
    "BatchWriteItemInput": ("ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "RequestItems"),
    "WriteRequest": ("DeleteRequest", "PutRequest"),
    "TransactWriteItemsInput": (
        *("ClientRequestToken", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "TransactItems"),
    ),
    # Tables: protocol.md 8.7, tables.md 3.2 and 5.1
    "CreateTableInput": (
        *("AttributeDefinitions", "TableName", "BillingMode", "ProvisionedThroughput", "KeySchema"),
        *("GlobalSecondaryIndexes", "LocalSecondaryIndexes"),
    ),
    "UpdateTableInput": ("TableName", "BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexUpdates"),
    "ProvisionedThroughput": ("WriteCapacityUnits", "ReadCapacityUnits"),
    "LocalSecondaryIndex": ("IndexName", "KeySchema", "Projection"),
    "GlobalSecondaryIndex": ("KeySchema", "Projection", "IndexName"),
    "ListTablesInput": ("ExclusiveStartTableName", "Limit"),
}
"""The order in which faults of a structure's members are reported; members not named follow as in the model."""

OLDER_MEMBER_ORDERS: Mapping[str, tuple[str, ...]] = {  # items.md 2 and protocol.md 8.7
    "PutItemInput": (
        *("ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "ConditionalOperator"),
        *("Item", "TableName"),
    ),
    "DeleteItemInput": (
        *("ReturnValues", "ReturnConsumedCapacity", "TableName", "ReturnItemCollectionMetrics"),
        *("ConditionalOperator", "Key"),
    ),
    "UpdateItemInput": (
        *("ReturnConsumedCapacity", "TableName", "ReturnItemCollectionMetrics", "ReturnValues"),
        *("ConditionalOperator", "Key"),
    ),
    "GetItemInput": ("AttributesToGet", "ReturnConsumedCapacity", "Key", "TableName"),
}
"""The same for requests that the older of the two validation layers answers."""

OLDER_WITHOUT: Mapping[str, str] = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key", "GetItem": "Key"}
"""Operation to the member without which the older layer answers (observed for UpdateItem; items.md 2)."""

OLDER_BEYOND_LEVELS = 62  # of a value in a Put, Update or Delete; items.md 2

REPORTS_FIRST_ONLY = frozenset({"UpdateItem"})  # in the current layer; protocol.md 8.9

NAME_REQUIRED_FIRST = frozenset(
    {"CreateTable", "UpdateTable", "DeleteTable", "DescribeTable", "DescribeTimeToLive", "UpdateTimeToLive"}
)
"""Operations that ask for a missing TableName in a sentence of its own before everything else (tables.md 2)."""

ARN_REQUIRED_FIRST = frozenset({"TagResource", "UntagResource", "ListTagsOfResource"})
"""The same for a missing ResourceArn (tables.md 9.2)."""

PRINTED_MEMBERS: Mapping[str, tuple[str, ...]] = {  # protocol.md 8.2
    "AttributeValue": (
        *("S", "N", "B", "INT", "DECIMAL", "DOUBLE", "SS", "NS", "BS", "INTSET", "DECIMALSET", "DOUBLESET"),
        *("M", "L", "NULL", "BOOL"),
    ),
    "PutRequest": ("Item", "WorkloadProfileName"),
    "WriteRequest": ("PutRequest", "DeleteRequest"),
}
"""Structures that print other members than the model has, or in another order than they report faults."""

JAVA_PATTERNS: Mapping[str, str] = {
    r"\p{Print}+": "[\x20-\x7e]+",
    r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*": (
        "[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\r\n\t]*"
    ),
    # The same set of texts, without the ways to try that grow with the cube of the length.
    r"^[a-z0-9A-Z]+[\.\-\w]*[a-z0-9A-Z]+$": r"[a-z0-9A-Z][\.\-\w]*[a-z0-9A-Z]",
}
"""Patterns of the model that Python reads otherwise than Java does, or far slower."""
