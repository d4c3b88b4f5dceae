"""What descriptions of a table say of its global table. Source: global_tables.md 2."""

from __future__ import annotations

from typing import Any

from emulator.operations.overrides import describe_overrides
from emulator.operations.table_settings import is_customer_key
from emulator.storage.table import Table

_VERSION = "2019.11.21"


def describe_members(table: Table) -> dict[str, Any]:
    """The members of a description that are about other regions; none for a table of one region."""
    definition = table.definition
    description: dict[str, Any] = {}
    if definition.replicas or definition.is_strongly_consistent:
        description["GlobalTableVersion"] = _VERSION
    if table.replica is not None:
        description["Replicas"] = [
            _replica_description(other.replica.region, other) for other in table.replica.others() if other.replica
        ]
    if definition.witnesses:
        description["GlobalTableWitnesses"] = [
            {"RegionName": region, "WitnessStatus": status} for region, status in definition.witnesses.items()
        ]
    if definition.settings_replication is not None:
        description["GlobalTableSettingsReplicationMode"] = definition.settings_replication
    if definition.is_strongly_consistent:
        description["MultiRegionConsistency"] = "STRONG"
    elif definition.replicas:
        description["DisassociationProtectionEnabled"] = definition.disassociation_protected
    return description


def _replica_description(region: str, table: Table) -> dict[str, Any]:
    """A member as another one describes it: what it shares with the others is left out."""
    definition = table.definition
    description: dict[str, Any] = {"RegionName": region, "ReplicaStatus": definition.status}
    if definition.encryption is not None and is_customer_key(definition.encryption, definition.arn):
        description["KMSMasterKeyId"] = definition.encryption["KMSMasterKeyArn"]
    description |= describe_overrides(table)
    description["GlobalTableSettingsReplicationMode"] = definition.settings_replication
    return description
