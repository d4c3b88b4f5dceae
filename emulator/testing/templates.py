"""The tables of CloudFormation and SAM templates as parameters of CreateTable.

What a template says of matters that make no difference here (backups, insights, policies, encryption, scaling,
replicas in other regions) is passed over.
Source: CloudFormation Template Reference, AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable; AWS SAM
specification, AWS::Serverless::SimpleTable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from emulator.testing.intrinsics import Template
from emulator.testing.sources import DeclarationError

Parameters: TypeAlias = dict[str, Any]
"""Parameters of CreateTable, and TimeToLiveSpecification."""

_KEYS_AND_BILLING = ("AttributeDefinitions", "KeySchema", "BillingMode")
_CAPACITY = ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")
_CLASS_AND_TAGS = ("DeletionProtectionEnabled", "TableClass", "Tags")
_LOCAL_INDEX = ("IndexName", "KeySchema", "Projection")

_NUMBERS = (
    "Dimensions",
    "MaxReadRequestUnits",
    "MaxWriteRequestUnits",
    "MinCapacity",
    "ReadCapacityUnits",
    "ReadUnitsPerSecond",
    "SeedCapacity",
    "WriteCapacityUnits",
    "WriteUnitsPerSecond",
)


def is_template(document: object) -> bool:
    return isinstance(document, dict) and "Resources" in document


def template_tables(template: Template) -> list[tuple[str, Parameters]]:
    """The place of each table in a template, and CreateTable's parameters for it."""
    tables = []
    for logical_id, resource in template.tables().items():
        where = f"Resources.{logical_id}"
        properties = _Properties(template, resource.get("Properties") or {}, f"{where}.Properties")
        parameters = _READERS[resource["Type"]](properties)
        tables.append((where, {"TableName": template.table_name(logical_id), **parameters}))
    return tables


class _Properties:
    """The properties of a resource or of a part of it; each is resolved when it is read."""

    def __init__(self, template: Template, properties: object, where: str) -> None:
        if not isinstance(properties, dict):
            raise template.error(where, "is not a mapping")
        self.template = template
        self._properties = properties
        self._where = where

    def get(self, name: str) -> Any:
        """A property; None if it is not there."""
        return self._resolved(self._properties.get(name), f"{self._where}.{name}", name)

    def some(self, *names: str) -> Parameters:
        """Those of the named properties that are there."""
        found = {name: self.get(name) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def parts(self, name: str) -> list[_Properties]:
        """The elements of a property that is a list of mappings; empty if it is not there."""
        where = f"{self._where}.{name}"
        elements = self._properties.get(name)
        if not isinstance(elements, list):
            elements = self.get(name) or []
        if not isinstance(elements, list):
            raise self.template.error(where, "is not a list")
        parts = []
        for at, element in enumerate(elements):
            if isinstance(element, dict) and len(element) == 1:  # a function, such as Fn::If
                element = self._resolved(element, f"{where}[{at}]")
            if element is not None:
                parts.append(_Properties(self.template, element, f"{where}[{at}]"))
        return parts

    def _resolved(self, value: Any, where: str, name: str = "") -> Any:
        try:
            return _typed(self.template.resolve(value, where), name)
        except (TypeError, ValueError) as error:
            raise self.template.error(where, str(error)) from None


def _typed(value: Any, name: str) -> Any:
    """Templates may write numbers and booleans as strings; CreateTable takes them as what they are."""
    if isinstance(value, list):
        return [_typed(element, "") for element in value]
    if isinstance(value, dict):
        return {name: _typed(member, name) for name, member in value.items()}
    if name in _NUMBERS:
        return int(value)
    if name == "DeletionProtectionEnabled" and isinstance(value, str):
        return _is_true(value)
    return value


def _is_true(value: Any) -> bool:
    return value.lower() == "true" if isinstance(value, str) else bool(value)


def _stream(properties: _Properties) -> Parameters:
    view_type = (properties.get("StreamSpecification") or {}).get("StreamViewType")
    if view_type is None:
        return {}
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view_type}}


def _time_to_live(properties: _Properties) -> Parameters:
    """What the template enables; a table begins without."""
    given = properties.get("TimeToLiveSpecification") or {}
    if not _is_true(given.get("Enabled")):
        return {}
    return {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": given.get("AttributeName")}}


def _local_indexes(properties: _Properties) -> Parameters:
    indexes = [index.some(*_LOCAL_INDEX) for index in properties.parts("LocalSecondaryIndexes")]
    return {"LocalSecondaryIndexes": indexes} if indexes else {}


# --- AWS::DynamoDB::Table -------------------------------------------------------------------------


def _table(properties: _Properties) -> Parameters:
    parameters = properties.some(*_KEYS_AND_BILLING, *_CAPACITY, *_CLASS_AND_TAGS, "VectorIndexes")
    indexes = [index.some(*_LOCAL_INDEX, *_CAPACITY) for index in properties.parts("GlobalSecondaryIndexes")]
    if indexes:
        parameters["GlobalSecondaryIndexes"] = indexes
    return {**parameters, **_local_indexes(properties), **_stream(properties), **_time_to_live(properties)}


# --- AWS::DynamoDB::GlobalTable -------------------------------------------------------------------


def _global_table(properties: _Properties) -> Parameters:
    """The replica in the emulator's region, or the first one if there is none."""
    replicas = properties.parts("Replicas")
    if not replicas:
        raise DeclarationError(f"{properties.template.name}: a global table needs Replicas")
    here = properties.template.region
    replica = next((replica for replica in replicas if replica.get("Region") == here), replicas[0])
    parameters = {**properties.some(*_KEYS_AND_BILLING), **replica.some(*_CLASS_AND_TAGS)}
    provisioned = parameters.get("BillingMode") != "PAY_PER_REQUEST"
    throughput = _throughput(properties, replica)
    if provisioned:
        parameters["ProvisionedThroughput"] = throughput
    indexes = []
    of_replica = {index.get("IndexName"): index for index in replica.parts("GlobalSecondaryIndexes")}
    for index in properties.parts("GlobalSecondaryIndexes"):
        described = index.some(*_LOCAL_INDEX)
        if provisioned:
            own = _throughput(index, of_replica.get(described.get("IndexName"), replica))
            described["ProvisionedThroughput"] = {**throughput, **own}
        indexes.append(described)
    if indexes:
        parameters["GlobalSecondaryIndexes"] = indexes
    return {**parameters, **_local_indexes(properties), **_stream(properties), **_time_to_live(properties)}


def _throughput(writing: _Properties, reading: _Properties) -> Parameters:
    """Units to begin with; the service would scale them."""
    settings = {
        "Read": reading.get("ReadProvisionedThroughputSettings"),
        "Write": writing.get("WriteProvisionedThroughputSettings"),
    }
    units = {}
    for kind, given in settings.items():
        scaling = (given or {}).get(f"{kind}CapacityAutoScalingSettings") or {}
        fixed = (given or {}).get(f"{kind}CapacityUnits")
        found = fixed or scaling.get("SeedCapacity") or scaling.get("MinCapacity")
        if found is not None:
            units[f"{kind}CapacityUnits"] = found
    return units


# --- AWS::Serverless::SimpleTable -----------------------------------------------------------------

_KEY_TYPES = {"String": "S", "Number": "N", "Binary": "B"}


def _simple_table(properties: _Properties) -> Parameters:
    key = properties.get("PrimaryKey") or {}
    name, kind = key.get("Name", "id"), key.get("Type", "String")
    parameters = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": _KEY_TYPES.get(kind, kind)}],
        "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
        **properties.some("ProvisionedThroughput"),
    }
    if "ProvisionedThroughput" not in parameters:
        parameters["BillingMode"] = "PAY_PER_REQUEST"
    tags: Mapping[str, Any] = properties.get("Tags") or {}
    if tags:
        parameters["Tags"] = [{"Key": key, "Value": str(value)} for key, value in tags.items()]
    return parameters


_READERS: dict[str, Callable[[_Properties], Parameters]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::DynamoDB::GlobalTable": _global_table,
    "AWS::Serverless::SimpleTable": _simple_table,
}
