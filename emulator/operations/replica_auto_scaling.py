"""DescribeTableReplicaAutoScaling and UpdateTableReplicaAutoScaling: settings that are kept; nothing is scaled.

Settings of writes are the same in all regions, those of reads are each region's own.
Source: global_tables.md 11, control_plane.md 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.arns import auto_scaling_role_arn
from emulator.operations.context import Context, table_name
from emulator.operations.members import Member, check_group_not_busy
from emulator.operations.registry import Request, Response, operation
from emulator.operations.tables import check_not_busy
from emulator.storage.index import IndexKind
from emulator.storage.table import Table

_NEVER_CONFIGURED = {"AutoScalingDisabled": True, "ScalingPolicies": []}
_DIRECTIONS = {"read": "Read", "write": "Write"}


@dataclass(frozen=True, slots=True)
class _Setting:
    """An update of the settings of one table or index: of which member, in which direction, and what is asked."""

    member: Member
    direction: str
    index: str
    asked: dict[str, Any]


@operation("DescribeTableReplicaAutoScaling")
def describe_table_replica_auto_scaling(context: Context, request: Request) -> Response:
    return {"TableAutoScalingDescription": _description(_global_table(context, request))}


@operation("UpdateTableReplicaAutoScaling")
def update_table_replica_auto_scaling(context: Context, request: Request) -> Response:
    """Change settings, which hold at once."""
    member = _global_table(context, request)
    settings = [*_of_writes(member, request), *_of_reads(member, request)]
    if not settings:
        raise ServiceError(errors.AUTO_SCALING_NOTHING)
    check_not_busy(member.table)
    check_group_not_busy(member)
    changes = [(setting, _settings_after(setting)) for setting in settings]
    for setting, after in changes:
        for each in (member, *member.others()) if setting.direction == "write" else (setting.member,):
            _configure(each.table, setting, after)
    return {"TableAutoScalingDescription": _description(member)}


def _global_table(context: Context, request: Request) -> Member:
    """The table in this region. Raises ResourceNotFoundException if it is not one of a global table."""
    name = table_name(request["TableName"])
    table = context.database.tables.get(name)
    if table is None or table.is_being_copied or not table.definition.replicas:
        raise ServiceError(errors.NOT_A_GLOBAL_TABLE, table=name)
    return Member(context, table)


# --- What is asked --------------------------------------------------------------------------------


def _of_writes(member: Member, request: Request) -> Iterator[_Setting]:
    if "ProvisionedWriteCapacityAutoScalingUpdate" in request:
        yield _Setting(member, "write", "", request["ProvisionedWriteCapacityAutoScalingUpdate"])
    for update in request.get("GlobalSecondaryIndexUpdates", ()):
        if "ProvisionedWriteCapacityAutoScalingUpdate" in update:
            index = _index_of(member, update)
            yield _Setting(member, "write", index, update["ProvisionedWriteCapacityAutoScalingUpdate"])


def _of_reads(member: Member, request: Request) -> Iterator[_Setting]:
    for update in request.get("ReplicaUpdates", ()):
        replica = next((each for each in (member, *member.others()) if each.region == update["RegionName"]), None)
        if replica is None:
            raise ServiceError(errors.REPLICA_NOT_MEMBER, region=update["RegionName"])
        if "ReplicaProvisionedReadCapacityAutoScalingUpdate" in update:
            yield _Setting(replica, "read", "", update["ReplicaProvisionedReadCapacityAutoScalingUpdate"])
        for of_index in update.get("ReplicaGlobalSecondaryIndexUpdates", ()):
            if "ProvisionedReadCapacityAutoScalingUpdate" in of_index:
                index = _index_of(replica, of_index)
                yield _Setting(replica, "read", index, of_index["ProvisionedReadCapacityAutoScalingUpdate"])


def _index_of(member: Member, update: dict[str, Any]) -> str:
    name: str = update.get("IndexName", "")
    if name not in (index.name for index in member.table.indexes_of(IndexKind.GLOBAL)):
        raise ServiceError(errors.INDEX_TO_DELETE_NOT_FOUND, index=name)
    return name


# --- Settings -------------------------------------------------------------------------------------


def _settings_after(setting: _Setting) -> dict[str, Any] | None:
    """The settings once they are updated; None if auto scaling is off then."""
    asked, table = setting.asked, setting.member.table
    is_off = asked.get("AutoScalingDisabled", False)
    if table.definition.on_demand and not (is_off and len(asked) == 1):
        raise ServiceError(errors.AUTO_SCALING_ON_DEMAND)
    if is_off:
        return None
    after = {**(_configured(table, setting.direction, setting.index) or {}), **_described(setting)}
    if not {"MinimumUnits", "MaximumUnits", "ScalingPolicies"} <= after.keys():
        raise ServiceError(errors.AUTO_SCALING_INCOMPLETE)
    if after["MinimumUnits"] > after["MaximumUnits"]:
        raise ServiceError(errors.AUTO_SCALING_RANGE)
    return after


def _described(setting: _Setting) -> dict[str, Any]:
    """What is asked in the form of a description."""
    asked, table = setting.asked, setting.member.table
    described: dict[str, Any] = {name: asked[name] for name in ("MinimumUnits", "MaximumUnits") if name in asked}
    account_id = setting.member.context.settings.account_id
    described["AutoScalingDisabled"] = False
    described["AutoScalingRoleArn"] = asked.get("AutoScalingRoleArn") or auto_scaling_role_arn(account_id)
    if "ScalingPolicyUpdate" in asked:
        policy = asked["ScalingPolicyUpdate"]
        resource = f"table/{table.name}" + (f"/index/{setting.index}" if setting.index else "")
        name = f"DynamoDB{_DIRECTIONS[setting.direction]}CapacityUtilization:{resource}"
        configuration = policy["TargetTrackingScalingPolicyConfiguration"]
        described["ScalingPolicies"] = [
            {
                "PolicyName": policy.get("PolicyName", name),
                "TargetTrackingScalingPolicyConfiguration": configuration,
            }
        ]
    return described


def _configured(table: Table, direction: str, index: str) -> dict[str, Any] | None:
    scaled = table.definition.auto_scaling
    of: dict[str, Any] = scaled.get("indexes", {}).get(index, {}) if index else scaled
    return of.get(direction)


def _configure(table: Table, setting: _Setting, after: dict[str, Any] | None) -> None:
    scaled = table.definition.auto_scaling
    indexes: dict[str, Any] = scaled.get("indexes", {})
    of = indexes.get(setting.index, {}) if setting.index else scaled
    changed = {name: settings for name, settings in of.items() if name != setting.direction}
    if after is not None:
        changed[setting.direction] = after
    if setting.index:
        changed = {**scaled, "indexes": {**indexes, setting.index: changed}}
    table.redefine(auto_scaling=changed)


# --- Descriptions ---------------------------------------------------------------------------------


def _description(member: Member) -> dict[str, Any]:
    return {
        "TableName": member.table.name,
        "TableStatus": member.table.definition.status,
        "Replicas": [_replica(each) for each in (member, *member.others())],
    }


def _replica(member: Member) -> dict[str, Any]:
    """One member; the region that answers is among them."""
    table = member.table
    return {
        "RegionName": member.region,
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index.name,
                "IndexStatus": index.definition.status,
                "ProvisionedReadCapacityAutoScalingSettings": _settings(table, "read", index.name),
                "ProvisionedWriteCapacityAutoScalingSettings": _settings(table, "write", index.name),
            }
            for index in table.indexes_of(IndexKind.GLOBAL)
        ],
        "ReplicaProvisionedReadCapacityAutoScalingSettings": _settings(table, "read", ""),
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": _settings(table, "write", ""),
        "ReplicaStatus": table.definition.status,
    }


def _settings(table: Table, direction: str, index: str) -> dict[str, Any]:
    return _configured(table, direction, index) or _NEVER_CONFIGURED
