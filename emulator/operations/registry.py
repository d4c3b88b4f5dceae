"""The table of operations: wire name to the module of its function, which is loaded when it is first asked for.

To add an operation, decorate its function and enter it here; dispatch, the answer for operations that are not built
and docs/compatibility.md are read from this table.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

from emulator.operations.context import Context

Request: TypeAlias = dict[str, Any]
Response: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[Context, Request], Response]

MODULES = {
    "BatchExecuteStatement": "partiql",
    "BatchGetItem": "batches",
    "BatchWriteItem": "batches",
    "CancelBulkOperation": "bulk_put",
    "CreateBackup": "backups",
    "CreateGlobalTable": "legacy_global_tables",
    "CreateTable": "create_table",
    "DeleteBackup": "backups",
    "DeleteItem": "write_item",
    "DeleteResourcePolicy": "resource_policies",
    "DeleteTable": "tables",
    "DescribeBackup": "backups",
    "DescribeBulkOperation": "bulk_put",
    "DescribeContinuousBackups": "continuous_backups",
    "DescribeContributorInsights": "contributor_insights",
    "DescribeEndpoints": "account",
    "DescribeExport": "export_table",
    "DescribeGlobalTable": "legacy_global_tables",
    "DescribeGlobalTableSettings": "legacy_global_tables",
    "DescribeImport": "import_table",
    "DescribeKinesisStreamingDestination": "kinesis",
    "DescribeLimits": "account",
    "DescribeStream": "streams",
    "DescribeTable": "tables",
    "DescribeTableReplicaAutoScaling": "replica_auto_scaling",
    "DescribeTimeToLive": "time_to_live",
    "DisableKinesisStreamingDestination": "kinesis",
    "EnableKinesisStreamingDestination": "kinesis",
    "ExecuteStatement": "partiql",
    "ExecuteTransaction": "partiql_transaction",
    "ExportTableToPointInTime": "export_table",
    "GetItem": "read_item",
    "GetRecords": "streams",
    "GetResourcePolicy": "resource_policies",
    "GetShardIterator": "streams",
    "ImportTable": "import_table",
    "ListBackups": "backups",
    "ListBulkOperations": "bulk_put",
    "ListContributorInsights": "contributor_insights",
    "ListExports": "export_table",
    "ListGlobalTables": "legacy_global_tables",
    "ListImports": "import_table",
    "ListStreams": "streams",
    "ListTables": "tables",
    "ListTagsOfResource": "tags",
    "PutItem": "write_item",
    "PutResourcePolicy": "resource_policies",
    "Query": "query",
    "RestoreTableFromBackup": "restores",
    "RestoreTableToPointInTime": "restores",
    "Scan": "scan",
    "SearchVectors": "search_vectors",
    "StartBulkPutItems": "bulk_put",
    "TagResource": "tags",
    "TransactGetItems": "transact_read",
    "TransactWriteItems": "transact_write",
    "UntagResource": "tags",
    "UpdateContinuousBackups": "continuous_backups",
    "UpdateContributorInsights": "contributor_insights",
    "UpdateGlobalTable": "legacy_global_tables",
    "UpdateGlobalTableSettings": "legacy_global_tables",
    "UpdateItem": "update_item",
    "UpdateKinesisStreamingDestination": "kinesis",
    "UpdateTable": "update_table",
    "UpdateTableReplicaAutoScaling": "replica_auto_scaling",
    "UpdateTimeToLive": "time_to_live",
}
"""The operations that are built. Loading all their modules takes as long as all the rest of the package."""

LOADED: dict[str, Operation] = {}
"""The functions of the modules that are loaded."""


def operation(name: str) -> Callable[[Operation], Operation]:
    """Make a function the one of an operation, by its wire name.

    The function gets a request that is well formed by the service model and runs under the emulator's lock.
    It raises `ServiceError` before it has changed anything, or answers.
    """

    def enter(function: Operation) -> Operation:
        LOADED[name] = function
        return function

    return enter


def load(name: str) -> Operation | None:
    """The function of an operation; None if it is not built."""
    module = MODULES.get(name)
    if module is None:
        return None
    import_module(f"emulator.operations.{module}")
    return LOADED[name]


def load_all() -> None:
    """Load all modules, so that no request has to wait for one."""
    for name in MODULES:
        load(name)
