"""Table descriptions, field by field; `now` is the time of the request. Source: tables.md 4, indexes.md 10."""

from __future__ import annotations

from typing import Any

from emulator.operations.arns import index_arn, stream_arn
from emulator.operations.describe_members import describe_members
from emulator.storage.index import IndexDefinition, IndexKind, SecondaryIndex
from emulator.storage.table import Table, TableDefinition
from emulator.storage.throughput import ThroughputHistory, warm_units
from emulator.storage.vector_index import VectorIndex, VectorIndexDefinition

_DefinitionOfEither = TableDefinition | IndexDefinition


def table_description(table: Table, now: float) -> dict[str, Any]:
    """What all descriptions of a table that lives have in common."""
    definition = table.definition
    description: dict[str, Any] = {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in definition.attribute_types.items()
        ],
        "TableName": definition.name,
        "KeySchema": definition.schema.describe(),
        "TableStatus": definition.status,
        "CreationDateTime": definition.created,
        **_counts_and_identity(table, now),
    }
    for kind in (IndexKind.LOCAL, IndexKind.GLOBAL):
        if indexes := table.indexes_of(kind):
            description[kind.value] = [index_description(table, index, now) for index in indexes]
    if table.vectors is not None:
        description["VectorIndexes"] = [vector_index_description(table, index) for index in table.vectors.values()]
    if definition.stream_view_type is not None:
        description["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": definition.stream_view_type,
        }
    if definition.stream_label is not None:
        description["LatestStreamLabel"] = definition.stream_label
        description["LatestStreamArn"] = stream_arn(definition.arn, definition.stream_label)
    if definition.encryption is not None:
        description["SSEDescription"] = definition.encryption
    if definition.table_class is not None:
        description["TableClassSummary"] = definition.table_class
    if definition.restore_summary is not None:
        description["RestoreSummary"] = definition.restore_summary
        if table.is_restoring:
            _hide_counts(description)
    if definition.on_demand_limits:
        description["OnDemandThroughput"] = definition.on_demand_limits
    return {**description, **describe_members(table)}


def _hide_counts(description: dict[str, Any]) -> None:
    """A table that is being restored shows nothing of its items yet."""
    description["TableSizeBytes"] = description["ItemCount"] = 0
    for kind in (*(kind.value for kind in IndexKind), "VectorIndexes"):
        for index in description.get(kind, ()):
            index["IndexSizeBytes"] = index["ItemCount"] = 0


def full_description(table: Table, now: float) -> dict[str, Any]:
    """Table as DescribeTable answers it: with warm throughput for the table and its global indexes."""
    description = table_description(table, now)
    on_demand = table.definition.on_demand
    description["WarmThroughput"] = _warm_throughput(table.definition, on_demand=on_demand)
    for index in description.get(IndexKind.GLOBAL.value, ()):
        definition = table.indexes[index["IndexName"]].definition
        index["WarmThroughput"] = _warm_throughput(definition, on_demand=on_demand)
    return description


def changed_description(
    table: Table, now: float, asked: dict[str, Any], asked_of_indexes: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """TableDescription as CreateTable and UpdateTable answer it, to what they were asked of the table and of indexes.

    Warm throughput stands in it only where it was asked for; on-demand limits that were removed stand in it as -1.
    """
    description = table_description(table, now)
    on_demand = table.definition.on_demand
    _add_asked(description, asked, table.definition, on_demand=on_demand)
    for index in description.get(IndexKind.GLOBAL.value, ()):
        name = index["IndexName"]
        _add_asked(index, asked_of_indexes.get(name, {}), table.indexes[name].definition, on_demand=on_demand)
    return description


def _add_asked(
    description: dict[str, Any], asked: dict[str, Any], definition: _DefinitionOfEither, *, on_demand: bool
) -> None:
    if asked.get("WarmThroughput"):
        description["WarmThroughput"] = {**_warm_throughput(definition, on_demand=on_demand), "Status": "UPDATING"}
    if asked.get("OnDemandThroughput"):
        description["OnDemandThroughput"] = {**(definition.on_demand_limits or {}), **asked["OnDemandThroughput"]}


def deleted_description(table: Table, now: float) -> dict[str, Any]:
    """TableDescription as DeleteTable answers it: no keys, no indexes, no date."""
    definition = table.definition
    return {"TableName": definition.name, "TableStatus": definition.status, **_counts_and_identity(table, now)}


def _counts_and_identity(table: Table, now: float) -> dict[str, Any]:
    definition = table.definition
    parts: dict[str, Any] = {
        "ProvisionedThroughput": _provisioned_throughput(definition, now),
        "TableSizeBytes": table.billed_size,
        "ItemCount": len(table.rows),
        "TableArn": definition.arn,
        "TableId": definition.id,
        "DeletionProtectionEnabled": definition.deletion_protected,
    }
    if definition.billing_mode_summary is not None:
        parts["BillingModeSummary"] = definition.billing_mode_summary
    return parts


def _provisioned_throughput(definition: _DefinitionOfEither, now: float) -> dict[str, Any]:
    history, throughput = definition.throughput_history, definition.throughput
    return {
        **_dates(history),
        "NumberOfDecreasesToday": history.decreases_today(now),
        "ReadCapacityUnits": throughput.read,
        "WriteCapacityUnits": throughput.write,
    }


def _dates(history: ThroughputHistory) -> dict[str, float]:
    dates = {"LastIncreaseDateTime": history.last_increase, "LastDecreaseDateTime": history.last_decrease}
    return {name: date for name, date in dates.items() if date is not None}


def index_description(table: Table, index: SecondaryIndex, now: float) -> dict[str, Any]:
    definition = index.definition
    description: dict[str, Any] = {
        "IndexName": definition.name,
        "KeySchema": definition.schema.describe(),
        "Projection": definition.projection,
    }
    if index.is_global:
        description["IndexStatus"] = definition.status
        if definition.backfilling is not None:
            description["Backfilling"] = definition.backfilling
        description["ProvisionedThroughput"] = _provisioned_throughput(definition, now)
    description["IndexSizeBytes"] = index.rows.size
    description["ItemCount"] = len(index.rows)
    description["IndexArn"] = index_arn(table.definition.arn, definition.name)
    if definition.on_demand_limits:
        description["OnDemandThroughput"] = definition.on_demand_limits
    return description


def vector_index_description(table: Table, index: VectorIndex) -> dict[str, Any]:
    """VectorIndexDescription (vectors.md 1 and 3)."""
    definition = index.definition
    description = {**vector_index_info(definition), "IndexStatus": definition.status}
    if definition.backfilling is not None:
        description["Backfilling"] = definition.backfilling
    return {
        **description,
        "IndexSizeBytes": index.size,
        "ItemCount": len(index),
        "IndexArn": f"{table.definition.arn}/index/{definition.name}",
    }


def vector_index_info(definition: VectorIndexDefinition) -> dict[str, Any]:
    """What was asked of a vector index, as requests and backups have it."""
    info: dict[str, Any] = {"IndexName": definition.name}
    if definition.search_schema:
        info["SearchSchema"] = [
            {"AttributeName": name, "SearchSchemaElementType": role} for name, _, role in definition.search_schema
        ]
    return {
        **info,
        "Projection": definition.projection,
        "VectorAttribute": {"AttributeName": definition.attribute},
        "Dimensions": definition.dimensions,
        "DistanceFunction": definition.distance,
    }


def _warm_throughput(definition: _DefinitionOfEither, *, on_demand: bool) -> dict[str, Any]:
    """What a table or an index can take at once. A new one that was asked for more is being raised to it."""
    stored, status = definition.warm_throughput, definition.status
    read, write = warm_units(stored, definition.throughput, on_demand=on_demand)
    if status == "CREATING":
        status = "ACTIVE" if stored is None else "UPDATING"
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": status}
