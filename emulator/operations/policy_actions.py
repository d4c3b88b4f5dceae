"""The actions that policies of tables and of streams may name. Source: iam_metrics.md 1, 1.3 and 2.2."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate

_OF_POLICIES_AND_TAGS = (
    *("PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy"),
    *("TagResource", "UntagResource", "ListTagsOfResource"),
)

STREAM_ACTIONS = frozenset((*_OF_POLICIES_AND_TAGS, "DescribeStream", "GetRecords", "GetShardIterator"))

TABLE_ACTIONS = frozenset(
    (
        *_OF_POLICIES_AND_TAGS,
        # Items
        *("BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem"),
        *("Query", "Scan", "SearchVectors", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
        *("StartBulkPutItems", "DescribeBulkOperation", "ListBulkOperations", "CancelBulkOperation"),
        # The table and its settings
        *("CreateTable", "DescribeTable", "UpdateTable", "DeleteTable"),
        *("UpdateTimeToLive", "DescribeTimeToLive", "UpdateContributorInsights", "DescribeContributorInsights"),
        *("EnableKinesisStreamingDestination", "DisableKinesisStreamingDestination"),
        *("UpdateKinesisStreamingDestination", "DescribeKinesisStreamingDestination"),
        *("DescribeTableReplicaAutoScaling", "UpdateTableReplicaAutoScaling"),
        # Backups, exports and imports
        *("UpdateContinuousBackups", "DescribeContinuousBackups", "CreateBackup"),
        *("RestoreTableFromBackup", "RestoreTableToPointInTime", "StartAwsBackupJob", "RestoreTableFromAwsBackup"),
        *("ExportTableToPointInTime", "ListExports", "ImportTable", "ListImports"),
        # Global tables
        *("CreateGlobalTable", "DescribeGlobalTable", "UpdateGlobalTable", "UpdateGlobalTableVersion"),
        *("DescribeGlobalTableSettings", "UpdateGlobalTableSettings"),
        *("CreateTableReplica", "DeleteTableReplica", "AssociateTableReplica", "DisassociateTableReplica"),
        *("CreateGlobalTableWitness", "DeleteGlobalTableWitness"),
        *("ReadDataForReplication", "WriteDataForReplication", "ReplicateSettings", "InjectError"),
    )
)

_SERVICE = "dynamodb:"


def is_action_pattern(name: str, actions: frozenset[str]) -> bool:
    """Whether a policy may name an action so: with the service's prefix, in any case, * and ? for some of `actions`."""
    if name == "*":
        return True
    if not name.lower().startswith(_SERVICE):
        return False
    return any(map(matcher(name[len(_SERVICE) :]), actions))


def matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """Matches the texts that a pattern with * and ? stands for, in whatever case."""
    return re.compile(translate(pattern.replace("[", "[[]")), re.IGNORECASE).match
