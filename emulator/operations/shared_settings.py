"""Settings that all members of a global table have in common: an UpdateTable of one changes all of them.

Source: global_tables.md 6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from emulator.operations.members import Member
from emulator.operations.overrides import READ_LIMIT, READ_UNITS, TABLE_CLASS, Override, class_of, value_of
from emulator.operations.registry import Request
from emulator.storage.table import Table

_SHARED = (
    *("AttributeDefinitions", "BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexUpdates"),
    *("SSESpecification", "TableClass", "OnDemandThroughput", "WarmThroughput", "VectorIndexUpdates"),
)
_NOT_SHARED = "DISABLED"


def requests_of_others(member: Member, request: Request) -> Iterator[tuple[Member, Request]]:
    """The other members that an UpdateTable of one changes as well, each with what it means for them."""
    if member.table.definition.settings_replication == _NOT_SHARED:
        return
    for other in member.others():
        if other.table.definition.settings_replication != _NOT_SHARED:
            meant = _meant_for(other.table, request)
            if meant.keys() - {"AttributeDefinitions"}:
                yield other, {"TableName": other.table.name, **meant}


def _meant_for(table: Table, request: Request) -> Request:
    """What is left of a request for a member that has overrides, and some of its settings already."""
    meant = {name: request[name] for name in _SHARED if name in request}
    if "KMSMasterKeyId" in meant.get("SSESpecification", {}):
        del meant["SSESpecification"]  # a key is one of its region
    if "TableClass" in meant and (
        (TABLE_CLASS, "") in table.definition.overrides or meant[TABLE_CLASS] == class_of(table)
    ):
        del meant["TableClass"]
    meant = _capacity_meant_for(table, meant, "")
    indexes: dict[str, Collection[str]] = {
        "GlobalSecondaryIndexUpdates": table.indexes,
        "VectorIndexUpdates": table.vectors or (),
    }
    for member, there in indexes.items():
        updates = [_index_update(table, element, there) for element in meant.pop(member, ())]
        if any(updates):
            meant[member] = [element for element in updates if element]
    return meant


def _index_update(table: Table, element: dict[str, Any], there: Collection[str]) -> dict[str, Any]:
    """An element of the updates of indexes, of which these are there; {} if it changes nothing of the table."""
    if "Create" in element:
        return element
    ((action, asked),) = element.items()
    if asked["IndexName"] not in there:
        return {}
    if action == "Delete":
        return element
    meant = _capacity_meant_for(table, asked, asked["IndexName"])
    return {"Update": meant} if len(meant) > 1 else {}


def _capacity_meant_for(table: Table, asked: Request, index: str) -> Request:
    """Units and limits of a table or an index without those of reads that are overridden, and without what it has."""
    meant = dict(asked)
    overrides = table.definition.overrides
    if READ_LIMIT in meant.get("OnDemandThroughput", {}) and (READ_LIMIT, index) in overrides:
        limits = {name: units for name, units in meant.pop("OnDemandThroughput").items() if name != READ_LIMIT}
        if limits:
            meant["OnDemandThroughput"] = limits
    if "ProvisionedThroughput" in meant and not table.definition.on_demand:
        units = dict(meant["ProvisionedThroughput"])
        if (READ_UNITS, index) in overrides:
            units[READ_UNITS] = value_of(table, (READ_UNITS, index))
        definition = table.indexes[index].definition if index else table.definition
        if (units[READ_UNITS], units["WriteCapacityUnits"]) == (
            definition.throughput.read,
            definition.throughput.write,
        ):
            del meant["ProvisionedThroughput"]
        else:
            meant["ProvisionedThroughput"] = units
    return meant


def request_of_overrides(table: Table, asked: dict[Override, Any]) -> Request:
    """The UpdateTable of a replica that gives it the values of overrides, as far as it does not have them."""
    request: Request = {}
    indexes: dict[str, Request] = {}
    for (name, index), value in asked.items():
        if value_of(table, (name, index)) == value or (index and index not in table.indexes):
            continue
        part = indexes.setdefault(index, {"IndexName": index}) if index else request
        if name == TABLE_CLASS:
            part["TableClass"] = value
        elif name == READ_LIMIT and table.definition.on_demand:
            part["OnDemandThroughput"] = {READ_LIMIT: value}
        elif name == READ_UNITS and not table.definition.on_demand:
            definition = table.indexes[index].definition if index else table.definition
            part["ProvisionedThroughput"] = {READ_UNITS: value, "WriteCapacityUnits": definition.throughput.write}
    updates = [{"Update": part} for part in indexes.values() if len(part) > 1]
    if updates:
        request["GlobalSecondaryIndexUpdates"] = updates
    return request
