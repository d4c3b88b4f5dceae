"""Settings that a replica may have of its own: read capacity, table class, and limits on reads.

A replica has them by the members of a ReplicaUpdates action that are called overrides. Each is named here by what it
is in a definition, with the index that it is of, or "" for the table. Source: global_tables.md 1, 2 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from emulator.operations.registry import Request
from emulator.storage.index import IndexDefinition
from emulator.storage.table import Table, TableDefinition
from emulator.storage.throughput import Throughput

Override: TypeAlias = tuple[str, str]
"""The name of a setting, and the index or ""."""

READ_UNITS = "ReadCapacityUnits"
READ_LIMIT = "MaxReadRequestUnits"
TABLE_CLASS = "TableClass"

_Definition: TypeAlias = TableDefinition | IndexDefinition


def asked_overrides(asked: Request) -> dict[Override, Any]:
    """What a Create or Update action asks for."""
    found: dict[Override, Any] = dict(_units(asked, ""))
    if "TableClassOverride" in asked:
        found[TABLE_CLASS, ""] = asked["TableClassOverride"]
    for index in asked.get("GlobalSecondaryIndexes", ()):
        found |= _units(index, index["IndexName"])
    return found


def _units(asked: Request, index: str) -> Iterator[tuple[Override, Any]]:
    for parameter, name in (("ProvisionedThroughputOverride", READ_UNITS), ("OnDemandThroughputOverride", READ_LIMIT)):
        if name in asked.get(parameter, {}):
            yield (name, index), asked[parameter][name]


def value_of(table: Table, override: Override) -> Any:
    """What a table has of a setting; None for one that it does not have, such as units in on-demand mode."""
    name, index = override
    definition: _Definition
    if index:
        if index not in table.indexes:
            return None
        definition = table.indexes[index].definition
    else:
        definition = table.definition
    if name == READ_UNITS:
        return None if table.definition.on_demand else definition.throughput.read
    if name == READ_LIMIT:
        return (definition.on_demand_limits or {}).get(READ_LIMIT)
    return class_of(table)


def class_of(table: Table) -> str:
    table_class: str = (table.definition.table_class or {}).get("TableClass", "STANDARD")
    return table_class


def with_read_settings(definition: IndexDefinition, asked: dict[Override, Any], *, on_demand: bool) -> IndexDefinition:
    """The definition of an index of a new replica."""
    changes = read_settings(definition, definition.name, asked, on_demand=on_demand)
    return replace(definition, **changes)


def read_settings(
    definition: _Definition, index: str, asked: dict[Override, Any], *, on_demand: bool
) -> dict[str, Any]:
    """The fields of the definition of a new replica, or of an index of it, that overrides change."""
    if on_demand:
        if (READ_LIMIT, index) not in asked:
            return {}
        return {"on_demand_limits": {**(definition.on_demand_limits or {}), READ_LIMIT: asked[READ_LIMIT, index]}}
    if (READ_UNITS, index) not in asked:
        return {}
    return {"throughput": Throughput(asked[READ_UNITS, index], definition.throughput.write)}


def overrides_after(replica: Table, base: Table, asked: dict[Override, Any]) -> tuple[Override, ...]:
    """Which settings a replica has of its own once it got what is asked: the value of the base clears an override."""
    kept = [override for override in replica.definition.overrides if override not in asked]
    new = [override for override, value in asked.items() if is_applicable(replica, override, value, base)]
    return (*kept, *new)


def is_applicable(replica: Table, override: Override, value: Any, base: Table) -> bool:
    """Whether a value makes a setting of a replica differ from that of the base table, in the mode that it is in."""
    name, index = override
    if index and index not in replica.indexes:
        return False
    if name in (READ_UNITS, READ_LIMIT) and replica.definition.on_demand != (name == READ_LIMIT):
        return False
    return bool(value != value_of(base, override))


# --- Descriptions ---------------------------------------------------------------------------------


def describe_overrides(table: Table) -> dict[str, Any]:
    """The members of a ReplicaDescription for the settings that a replica has of its own."""
    description = _describe(table, "")
    names = dict.fromkeys(index for _, index in table.definition.overrides if index)
    indexes = [{"IndexName": name, **described} for name in names if (described := _describe(table, name))]
    if indexes:
        description["GlobalSecondaryIndexes"] = indexes
    return description


def _describe(table: Table, index: str) -> dict[str, Any]:
    description: dict[str, Any] = {}
    for name, of in table.definition.overrides:
        value = value_of(table, (name, of))
        if of != index or value is None:
            continue
        if name == READ_UNITS:
            description["ProvisionedThroughputOverride"] = {READ_UNITS: value}
        elif name == READ_LIMIT:
            description["OnDemandThroughputOverride"] = {READ_LIMIT: value}
        else:
            description["ReplicaTableClassSummary"] = table.definition.table_class or {TABLE_CLASS: value}
    return description
