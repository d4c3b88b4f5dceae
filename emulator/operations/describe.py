"""Table descriptions, field by field. Source: tables.md 4, indexes.md 10."""

from __future__ import annotations

from typing import Any

from emulator import limits
from emulator.storage.index import IndexDefinition, IndexKind, SecondaryIndex, Throughput
from emulator.storage.table import Table, TableDefinition


def table_description(table: Table) -> dict[str, Any]:
    """TableDescription as CreateTable and UpdateTable answer it."""
    definition = table.definition
    description: dict[str, Any] = {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in definition.attribute_types.items()
        ],
        "TableName": definition.name,
        "KeySchema": definition.schema.describe(),
        "TableStatus": definition.status,
        "CreationDateTime": definition.created,
        **_counts_and_identity(table),
    }
    for kind in (IndexKind.LOCAL, IndexKind.GLOBAL):
        if indexes := table.indexes_of(kind):
            description[kind.value] = [index_description(table, index) for index in indexes]
    if definition.stream_view_type is not None:
        description["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": definition.stream_view_type,
        }
    if definition.stream_label is not None:
        description["LatestStreamLabel"] = definition.stream_label
        description["LatestStreamArn"] = f"{definition.arn}/stream/{definition.stream_label}"
    if definition.encryption is not None:
        description["SSEDescription"] = definition.encryption
    if definition.table_class is not None:
        description["TableClassSummary"] = definition.table_class
    if definition.on_demand_limits:
        description["OnDemandThroughput"] = definition.on_demand_limits
    return description


def full_description(table: Table) -> dict[str, Any]:
    """Table as DescribeTable answers it: with warm throughput for the table and its global indexes."""
    description = table_description(table)
    definition = table.definition
    description["WarmThroughput"] = warm_throughput(
        definition.warm_throughput, definition.on_demand, definition.throughput, definition.status
    )
    for index in description.get(IndexKind.GLOBAL.value, ()):
        stored = table.indexes[index["IndexName"]].definition
        index["WarmThroughput"] = warm_throughput(
            stored.warm_throughput, definition.on_demand, stored.throughput, stored.status
        )
    return description


def deleted_description(table: Table) -> dict[str, Any]:
    """TableDescription as DeleteTable answers it: no keys, no indexes, no date."""
    definition = table.definition
    return {"TableName": definition.name, "TableStatus": definition.status, **_counts_and_identity(table)}


def _counts_and_identity(table: Table) -> dict[str, Any]:
    definition = table.definition
    parts: dict[str, Any] = {
        "ProvisionedThroughput": table_throughput(definition),
        "TableSizeBytes": table.rows.size,
        "ItemCount": len(table.rows),
        "TableArn": definition.arn,
        "TableId": definition.id,
        "DeletionProtectionEnabled": definition.deletion_protected,
    }
    if definition.billing_mode_summary is not None:
        parts["BillingModeSummary"] = definition.billing_mode_summary
    return parts


def table_throughput(definition: TableDefinition) -> dict[str, Any]:
    return {
        **definition.throughput_dates,
        "NumberOfDecreasesToday": definition.decreases_today,
        **throughput_units(definition.throughput),
    }


def throughput_units(throughput: Throughput) -> dict[str, int]:
    return {"ReadCapacityUnits": throughput.read, "WriteCapacityUnits": throughput.write}


def index_description(table: Table, index: SecondaryIndex) -> dict[str, Any]:
    definition: IndexDefinition = index.definition
    description: dict[str, Any] = {
        "IndexName": definition.name,
        "KeySchema": definition.schema.describe(),
        "Projection": definition.projection,
    }
    if index.is_global:
        description["IndexStatus"] = definition.status
        if definition.backfilling is not None:
            description["Backfilling"] = definition.backfilling
        description["ProvisionedThroughput"] = {
            "NumberOfDecreasesToday": 0,
            **throughput_units(definition.throughput),
        }
    description["IndexSizeBytes"] = index.rows.size
    description["ItemCount"] = len(index.rows)
    description["IndexArn"] = f"{table.definition.arn}/index/{definition.name}"
    if definition.on_demand_limits:
        description["OnDemandThroughput"] = definition.on_demand_limits
    return description


def warm_throughput(
    asked: tuple[int, int] | None, on_demand: bool, throughput: Throughput, status: str
) -> dict[str, Any]:
    """What a table or index can take at once: what was asked for, or what its mode starts with."""
    read, write = asked or initial_warm_throughput(on_demand, throughput)
    return {
        "ReadUnitsPerSecond": read,
        "WriteUnitsPerSecond": write,
        "Status": "ACTIVE" if status == "CREATING" else status,
    }


def initial_warm_throughput(on_demand: bool, throughput: Throughput) -> tuple[int, int]:
    """Read and write units per second that a table or index starts with. Source: capacity.md 16."""
    if on_demand:
        return limits.ON_DEMAND_WARM_READ_UNITS, limits.ON_DEMAND_WARM_WRITE_UNITS
    return throughput.read, throughput.write
