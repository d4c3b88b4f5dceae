"""CreateTable. Source: tables.md 3 and 4.1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from emulator import errors, limits
from emulator.clock import next_stream_label
from emulator.errors import ServiceError
from emulator.operations.arns import table_arn
from emulator.operations.context import Context
from emulator.operations.create_from_source import create_from_source
from emulator.operations.definitions import (
    attribute_types,
    check_all_used,
    check_bounds,
    indexes_of_new_table,
    table_key,
    throughput_of,
)
from emulator.operations.describe import changed_description
from emulator.operations.members import check_settings_replication
from emulator.operations.open_streams import open_stream
from emulator.operations.registry import Request, Response, operation
from emulator.operations.stored_policies import policy_of_new_table, put_policy
from emulator.operations.table_change import become_active
from emulator.operations.table_settings import (
    TABLE,
    check_encryption,
    check_limits_allowed,
    check_limits_range,
    check_units_quota,
    encryption,
    index_resource,
    new_warm_throughput,
    stream_view_type,
    tags_of,
)
from emulator.operations.vector_definitions import vector_indexes_of_new_table
from emulator.storage.index import IndexDefinition, IndexKind
from emulator.storage.table import Table, TableDefinition


@operation("CreateTable")
def create_table(context: Context, request: Request) -> Response:
    """Make a table, its indexes with it: CREATING in the answer, ACTIVE after the delay."""
    if "GlobalTableSourceArn" in request:
        return create_from_source(context, request)
    policy = policy_of_new_table(context, request)
    table = planned_table(context, request)
    enter_table(context, table)
    if policy is not None:
        put_policy(context, table.definition.arn, policy, pending=0)
    asked = _asked_of_indexes(request)
    return {"TableDescription": changed_description(table, context.agenda.now(), request, asked)}


def planned_table(context: Context, request: Request) -> Table:
    """The table that CreateTable, or the part of another request that is like it, asks for; not entered yet."""
    on_demand = _is_on_demand(request)
    types = attribute_types(request["AttributeDefinitions"])
    key = table_key(request["KeySchema"], types)
    indexes = indexes_of_new_table(request, key, types, on_demand=on_demand)
    names = [index.name for index in indexes]
    vector_indexes = vector_indexes_of_new_table(request, types, names, on_demand=on_demand)
    check_all_used(types, key, indexes, vector_indexes)
    now = context.agenda.now()
    region, account_id = context.database.region, context.settings.account_id
    definition = TableDefinition(
        name=request["TableName"],
        arn=table_arn(region, account_id, request["TableName"]),
        id=str(uuid4()),
        created=now,
        schema=key,
        attribute_types=types,
        on_demand=on_demand,
        throughput=throughput_of(request.get("ProvisionedThroughput")),
        billing_mode_summary={"BillingMode": "PAY_PER_REQUEST"} if on_demand else None,
        deletion_protected=request.get("DeletionProtectionEnabled", False),
        table_class={"TableClass": request["TableClass"]} if "TableClass" in request else None,
    )
    if "StreamSpecification" in request:
        earlier = context.database.last_stream_label(definition.name)
        definition = replace(definition, stream_label=next_stream_label(now, earlier))
    definition, indexes = _with_settings(definition, indexes, request, region, account_id)
    _check_room(context, definition, indexes)
    return Table(definition, indexes, context.undo, vector_indexes)


def enter_table(context: Context, table: Table) -> None:
    """Have a planned table in the region from now on, CREATING until the delay is over."""
    context.database.add(table)
    if table.definition.stream_view_type is not None:
        open_stream(context, table)
    context.agenda.after(context.settings.status_delay, lambda: become_active(table))


def _is_on_demand(request: Request) -> bool:
    """The billing mode, once the provisioned units fit it."""
    requested = request.get("ProvisionedThroughput")
    if request.get("BillingMode") == "PAY_PER_REQUEST":
        if requested is not None:
            raise ServiceError(errors.THROUGHPUT_ON_DEMAND)
        return True
    if requested is None:
        raise ServiceError(errors.THROUGHPUT_MISSING)
    check_bounds(requested)
    return False


def _with_settings(
    definition: TableDefinition, indexes: list[IndexDefinition], request: Request, region: str, account_id: str
) -> tuple[TableDefinition, list[IndexDefinition]]:
    """The definitions with what tables.md 3.7 lists, checked in that order."""
    asked = _asked_of_indexes(request)
    on_demand = definition.on_demand
    view_type = stream_view_type(request.get("StreamSpecification"), errors.STREAM_VIEW_WITHOUT_STREAM)
    _check_on_demand_limits(request, asked, on_demand=on_demand)
    warm = new_warm_throughput(request.get("WarmThroughput"), TABLE, definition.throughput, on_demand=on_demand)
    indexes = [_warmed(index, asked.get(index.name, {}), on_demand=on_demand) for index in indexes]
    check_encryption(request.get("SSESpecification"))
    tags = tags_of(request.get("Tags"))
    definition = replace(
        definition,
        stream_view_type=view_type,
        stream_label=None if view_type is None else definition.stream_label,
        on_demand_limits=request.get("OnDemandThroughput") or None,
        warm_throughput=warm,
        encryption=encryption(request.get("SSESpecification"), region, account_id),
        tags=tags,
        settings_replication=_settings_replication(request, definition),
    )
    return definition, indexes


def _settings_replication(request: Request, definition: TableDefinition) -> str | None:
    mode: str | None = request.get("GlobalTableSettingsReplicationMode")
    if mode is not None:
        check_settings_replication(mode, definition)
    return mode


def _asked_of_indexes(request: Request) -> dict[str, dict[str, Any]]:
    """What the request says of global indexes, by name."""
    return {index["IndexName"]: index for index in request.get(IndexKind.GLOBAL.value, ())}


def _check_on_demand_limits(request: Request, asked: dict[str, dict[str, Any]], *, on_demand: bool) -> None:
    """The table's limits, then those of the indexes."""
    named = [(TABLE, request), *((index_resource(name), index) for name, index in asked.items())]
    for resource, requester in named:
        requested = requester.get("OnDemandThroughput", {})
        check_limits_allowed(requested, errors.ON_DEMAND_LIMIT_PROVISIONED, on_demand=on_demand)
        check_limits_range(requested, resource, removable=False)


def _warmed(index: IndexDefinition, asked: dict[str, Any], *, on_demand: bool) -> IndexDefinition:
    resource = index_resource(index.name)
    warm = new_warm_throughput(asked.get("WarmThroughput"), resource, index.throughput, on_demand=on_demand)
    return replace(index, warm_throughput=warm)


def _check_room(context: Context, definition: TableDefinition, indexes: list[IndexDefinition]) -> None:
    """Raise if the name is taken, by a table in any status, or a quota is used up."""
    tables = context.database.tables
    if definition.name in tables:
        raise ServiceError(errors.TABLE_EXISTS, table=definition.name)
    if len(tables) >= limits.MAX_TABLES:
        raise ServiceError(errors.TABLES_LIMITED, limit=limits.MAX_TABLES)
    check_units_quota([definition.throughput, *(index.throughput for index in indexes)])
