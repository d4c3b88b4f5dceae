"""What is recorded of a table beside its items, and the CreateTable request that makes a table like it.

Backups and restores to a point in time use the same record. Source: backups_export_import.md 2.1 and 4.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.describe import vector_index_info
from emulator.operations.registry import Request
from emulator.operations.table_settings import is_customer_key
from emulator.storage.index import IndexKind, SecondaryIndex
from emulator.storage.table import Table
from emulator.storage.throughput import Throughput

TableRecord: TypeAlias = dict[str, Any]
"""JSON: SourceTableDetails, SourceTableFeatureDetails, and the AttributeDefinitions, which neither of them has."""

_INDEXES = {
    "LocalSecondaryIndexes": "LocalSecondaryIndexOverride",
    "GlobalSecondaryIndexes": "GlobalSecondaryIndexOverride",
    "VectorIndexes": "VectorIndexOverride",
}
"""The lists of indexes, and the members of a restore that stand for them."""

_CAPACITY = ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")


# --- Recording ----------------------------------------------------------------------------------


def table_record(table: Table) -> TableRecord:
    types = table.definition.attribute_types
    return {
        "SourceTableDetails": _details(table),
        "SourceTableFeatureDetails": _features(table),
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
    }


def _details(table: Table) -> dict[str, Any]:
    definition = table.definition
    details: dict[str, Any] = {
        "TableName": definition.name,
        "TableId": definition.id,
        "TableArn": definition.arn,
        "TableSizeBytes": table.billed_size,
        "KeySchema": definition.schema.describe(),
        "TableCreationDateTime": definition.created,
        "ProvisionedThroughput": _units(definition.throughput),
    }
    if definition.on_demand_limits:
        details["OnDemandThroughput"] = definition.on_demand_limits
    details["ItemCount"] = len(table.rows)
    details["BillingMode"] = "PAY_PER_REQUEST" if definition.on_demand else "PROVISIONED"
    return details


def _features(table: Table) -> dict[str, Any]:
    """Only those that the table has."""
    definition = table.definition
    features: dict[str, Any] = {}
    for kind in (IndexKind.LOCAL, IndexKind.GLOBAL):
        lasting = [index for index in table.indexes_of(kind) if index.definition.status != "DELETING"]
        if lasting:
            features[kind.value] = [_index_info(index) for index in lasting]
    vectors = [index.definition for index in (table.vectors or {}).values()]
    if lasting_vectors := [each for each in vectors if each.status != "DELETING"]:
        features["VectorIndexes"] = [vector_index_info(each) for each in lasting_vectors]
    if definition.stream_view_type is not None:
        features["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": definition.stream_view_type}
    if definition.ttl.attribute is not None:
        features["TimeToLiveDescription"] = {
            "TimeToLiveStatus": definition.ttl.status,
            "AttributeName": definition.ttl.attribute,
        }
    if definition.encryption is not None:
        features["SSEDescription"] = definition.encryption
    return features


def _index_info(index: SecondaryIndex) -> dict[str, Any]:
    definition = index.definition
    info: dict[str, Any] = {
        "IndexName": definition.name,
        "KeySchema": definition.schema.describe(),
        "Projection": definition.projection,
    }
    if index.is_global:
        info["ProvisionedThroughput"] = _units(definition.throughput)
        if definition.on_demand_limits:
            info["OnDemandThroughput"] = definition.on_demand_limits
    return info


def _units(throughput: Throughput) -> dict[str, int]:
    return {"ReadCapacityUnits": throughput.read, "WriteCapacityUnits": throughput.write}


# --- Making a table like it ---------------------------------------------------------------------


def creation_request(record: TableRecord, restore: Request) -> Request:
    """The CreateTable request that a restore comes to: what the record says, and its overrides instead.

    Streams, time to live, tags and protection are not carried over. Raises for an index that the table did not have.
    """
    details, features = record["SourceTableDetails"], record["SourceTableFeatureDetails"]
    mode = restore.get("BillingModeOverride", details["BillingMode"])
    request: Request = {
        "TableName": restore["TargetTableName"],
        "KeySchema": details["KeySchema"],
        "BillingMode": mode,
        **_capacity(mode, details, _overrides_of_table(restore)),
    }
    if (encryption := restore.get("SSESpecificationOverride", _encryption(features, details["TableArn"]))) is not None:
        request["SSESpecification"] = encryption
    for kind, member in _INDEXES.items():
        if indexes := _indexes(features.get(kind, []), restore.get(member), member, mode):
            request[kind] = indexes
    request["AttributeDefinitions"] = _definitions(record, request)
    return request


def _overrides_of_table(restore: Request) -> dict[str, Any]:
    named = ((member, restore.get(f"{member}Override")) for member in _CAPACITY)
    return {member: value for member, value in named if value is not None}


def _capacity(mode: str, recorded: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """The capacity of a table or a global index: what is recorded, as far as it fits the mode, and the overrides."""
    fitting = "OnDemandThroughput" if mode == "PAY_PER_REQUEST" else "ProvisionedThroughput"
    carried = {fitting: recorded[fitting]} if fitting in recorded else {}
    if carried.get("ProvisionedThroughput", {}).get("ReadCapacityUnits") == 0:
        carried = {}  # it was on-demand
    return carried | {member: overrides[member] for member in _CAPACITY if member in overrides}


def _encryption(features: dict[str, Any], table_arn: str) -> dict[str, Any] | None:
    """Encryption by the same customer managed key, or by the key that the service has in the region of the restore."""
    description = features.get("SSEDescription")
    if description is None:
        return None
    specification = {"Enabled": True, "SSEType": "KMS"}
    if is_customer_key(description, table_arn):
        specification["KMSMasterKeyId"] = description["KMSMasterKeyArn"]
    return specification


def _indexes(
    recorded: list[dict[str, Any]], overrides: list[dict[str, Any]] | None, member: str, mode: str
) -> list[dict[str, Any]]:
    """The indexes of one kind: all, or those that the override names."""
    if overrides is None:
        overrides = [_identity(index) for index in recorded]
    by_name = {index["IndexName"]: index for index in recorded}
    chosen = []
    for override in overrides:
        index = by_name.get(override["IndexName"])
        if index is None:
            raise ServiceError(errors.OVERRIDDEN_INDEX_UNKNOWN, member=member, index=override["IndexName"])
        if _comparable(override) != _comparable(index):
            raise ServiceError(errors.OVERRIDDEN_INDEX_DIFFERS, member=member, index=override["IndexName"])
        chosen.append(_identity(index) | _capacity(mode, index, override))
    return chosen


def _identity(index: dict[str, Any]) -> dict[str, Any]:
    """An index without its capacity."""
    return {name: value for name, value in index.items() if name not in _CAPACITY}


def _comparable(index: dict[str, Any]) -> dict[str, Any]:
    """What makes two descriptions those of the same index; the order of projected attributes does not matter."""
    projection = index.get("Projection", {})
    projected = {**projection, "NonKeyAttributes": sorted(projection.get("NonKeyAttributes", ()))}
    return {**_identity(index), "Projection": projected}


def _definitions(record: TableRecord, request: Request) -> list[dict[str, str]]:
    """The attribute definitions that the table and the indexes that are kept use."""
    used = _key_names([request, *(index for kind in _INDEXES for index in request.get(kind, ()))])
    return [definition for definition in record["AttributeDefinitions"] if definition["AttributeName"] in used]


def _key_names(keyed: Iterable[dict[str, Any]]) -> set[str]:
    """The attributes in the keys of tables and indexes."""
    schemas = (one.get("KeySchema") or one.get("SearchSchema", ()) for one in keyed)
    return {element["AttributeName"] for schema in schemas for element in schema}
