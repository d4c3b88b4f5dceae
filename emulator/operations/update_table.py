"""UpdateTable: all checks first, then one change. Source: tables.md 5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from emulator import errors, limits
from emulator.clock import next_stream_label
from emulator.errors import ServiceError
from emulator.operations.context import Context
from emulator.operations.definitions import IndexAction, check_bounds
from emulator.operations.describe import changed_description
from emulator.operations.index_updates import (
    check_index_not_busy,
    check_single_change,
    index_actions,
    index_to_delete,
    plan_index_actions,
)
from emulator.operations.members import Member, check_group_not_busy, check_settings_replication
from emulator.operations.registry import Request, Response, operation
from emulator.operations.replica_updates import change_members
from emulator.operations.shared_settings import requests_of_others
from emulator.operations.table_change import TableChange
from emulator.operations.table_settings import (
    TABLE,
    check_encryption,
    check_limits_allowed,
    check_limits_range,
    check_units_quota,
    encryption,
    merged_limits,
    stream_view_type,
)
from emulator.operations.tables import check_not_busy
from emulator.operations.throughput_update import (
    SECONDS_PER_DAY,
    check_rolling_limit,
    mode_when_done,
    plan_billing,
    raise_warm_throughput,
    recent,
)
from emulator.operations.vector_definitions import (
    check_billing_mode,
    check_vector_deletion,
    check_vector_indexes_free,
    new_vector_index,
    vector_actions,
)
from emulator.storage.table import Table, TableDefinition

_UPDATES = (
    "ProvisionedThroughput",
    "BillingMode",
    "GlobalSecondaryIndexUpdates",
    "StreamSpecification",
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "VectorIndexUpdates",
    "ReplicaUpdates",
    "GlobalTableSettingsReplicationMode",
    "DisassociationProtectionEnabled",
)
_TABLE_CLASS_WINDOW = 30 * SECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class Update:
    """An UpdateTable of a table that may be changed, while it is checked and planned."""

    context: Context
    request: Request
    actions: list[IndexAction]
    vector_actions: list[IndexAction]
    change: TableChange
    on_demand: bool
    """The mode of the table when all is done."""
    now: float

    @property
    def definition(self) -> TableDefinition:
        """The table as it is."""
        return self.change.table.definition


@operation("UpdateTable")
def update_table(context: Context, request: Request) -> Response:
    """Change settings of a table: UPDATING in the answer, ACTIVE after the delay.

    What the members of a global table have in common changes in all regions.
    """
    _check_something_to_do(request)
    if "ReplicaUpdates" in request:
        return change_members(context, request, planned)
    _check_throughput(request)
    actions = index_actions(request)
    table = context.described_table(request["TableName"])
    member = Member(context, table)
    changes = [(context, planned(context, request, table))]
    check_group_not_busy(member)
    for other, meant in requests_of_others(member, request):
        changes.append((other.context, planned(other.context, meant, other.table)))
    for where, change in changes:
        change.begin(where)
    asked_of_indexes = {action.index: action.asked for action in actions}
    return {"TableDescription": changed_description(table, context.agenda.now(), request, asked_of_indexes)}


def planned(context: Context, request: Request, table: Table) -> TableChange:
    """The change of a table that a request asks for. Raises if it may not be made; nothing changes here."""
    actions, of_vectors = index_actions(request), vector_actions(request)
    on_demand = mode_when_done(request, table.definition)
    check_single_change([*actions, *of_vectors])
    check_vector_indexes_free(table, of_vectors)
    check_not_busy(table)
    change = TableChange(table, doomed_index=index_to_delete([*actions, *of_vectors]))
    _plan(Update(context, request, actions, of_vectors, change, on_demand, context.agenda.now()))
    return change


def _check_something_to_do(request: Request) -> None:
    updates = [name for name in _UPDATES if name in request and request[name] != []]
    if not updates:
        raise ServiceError(errors.UPDATE_NOTHING)
    if "ReplicaUpdates" in updates:
        return
    if "TableClass" in updates and len(updates) > 1:
        raise ServiceError(errors.TABLE_CLASS_ALONE)
    if "SSESpecification" in updates and len(updates) > 1:
        raise ServiceError(errors.ENCRYPTION_ALONE)
    if "DisassociationProtectionEnabled" in updates and len(updates) > 1:
        raise ServiceError(errors.DISASSOCIATION_PROTECTION_ALONE)


def _check_throughput(request: Request) -> None:
    requested = request.get("ProvisionedThroughput")
    if requested is not None:
        check_bounds(requested)
    elif request.get("BillingMode") == "PROVISIONED":
        raise ServiceError(errors.UPDATE_THROUGHPUT_MISSING)


def _plan(update: Update) -> None:
    """Check all that needs the table, and note what is to change. Nothing changes here."""
    _plan_throughput(update)
    _plan_vector_indexes(update)
    _plan_on_demand_limits(update)
    _plan_warm_throughput(update)
    _plan_stream(update)
    _plan_encryption(update)
    _plan_table_class(update)
    _plan_membership(update)
    if "DeletionProtectionEnabled" in update.request:
        update.change.own.at_once["deletion_protected"] = update.request["DeletionProtectionEnabled"]


def _plan_membership(update: Update) -> None:
    """How the table takes part in its global table."""
    request, at_once = update.request, update.change.own.at_once
    mode = request.get("GlobalTableSettingsReplicationMode")
    if mode is not None:
        check_settings_replication(mode, update.definition)
        at_once["settings_replication"] = mode
    if "DisassociationProtectionEnabled" in request:
        at_once["disassociation_protected"] = request["DisassociationProtectionEnabled"]


# --- Capacity -----------------------------------------------------------------------------------


def _plan_throughput(update: Update) -> None:
    """Mode and units of the table, then the global indexes."""
    change, request, actions = update.change, update.request, update.actions
    if update.on_demand != update.definition.on_demand:
        for index in change.table.all_indexes:
            check_index_not_busy(change.table, index)
    with_units = {action.index for action in actions if "ProvisionedThroughput" in action.asked}
    plan_billing(change, request, with_units, update.now, on_demand=update.on_demand)
    plan_index_actions(change, request, actions, update.now, on_demand=update.on_demand)
    if change.own.units is not None or actions:
        check_units_quota(change.units_when_done())


def _plan_on_demand_limits(update: Update) -> None:
    requested = update.request.get("OnDemandThroughput")
    if requested is None:
        return
    if not requested:
        raise ServiceError(errors.INTERNAL_FAILURE)
    check_limits_allowed(requested, errors.ON_DEMAND_LIMIT_PROVISIONED_UPDATE, on_demand=update.on_demand)
    check_limits_range(requested, TABLE, removable=True)
    merged = merged_limits(update.definition.on_demand_limits, requested)
    update.change.own.at_once["on_demand_limits"] = merged


def _plan_warm_throughput(update: Update) -> None:
    requested = update.request.get("WarmThroughput")
    if requested:
        definition = update.definition
        raise_warm_throughput(update.change.own, definition, requested, TABLE, on_demand=definition.on_demand)


# --- Vector indexes -----------------------------------------------------------------------------


def _plan_vector_indexes(update: Update) -> None:
    """An index to make or to delete; a table that has one, or gets one, is on-demand."""
    change, table = update.change, update.change.table
    for action in update.vector_actions:
        if action.kind == "Create":
            check_billing_mode(on_demand=update.on_demand)
            index = new_vector_index(table, update.request, action.asked)
            change.new_index = index
            change.new_types = {attribute.name: attribute.type for attribute in index.search_schema}
        else:
            check_vector_deletion(table, action.index)
    if table.vectors is not None:
        check_billing_mode(on_demand=update.on_demand)


# --- Stream, encryption, class ------------------------------------------------------------------


def _plan_stream(update: Update) -> None:
    """Switch the stream on or off; its label and ARN stay in descriptions when it is off (tables.md 4.2)."""
    specification = update.request.get("StreamSpecification")
    if specification is None:
        return
    definition = update.definition
    view_type = stream_view_type(specification, errors.STREAM_VIEW_UNWANTED)
    if "ProvisionedThroughput" in update.request:
        raise ServiceError(errors.STREAM_WITH_THROUGHPUT)
    if view_type is not None and definition.stream_view_type is not None:
        raise ServiceError(errors.STREAM_ENABLED_ALREADY, table=definition.name)
    if view_type is None and definition.stream_view_type is None:
        raise ServiceError(errors.STREAM_ABSENT, table=definition.name)
    if view_type is None and definition.replicas and not definition.is_strongly_consistent:
        raise ServiceError(errors.REPLICA_STREAM_NEEDED)
    at_once = update.change.own.at_once
    at_once["stream_view_type"] = view_type
    if view_type is not None:
        earlier = (definition.stream_label, update.context.database.last_stream_label(definition.name))
        at_once["stream_label"] = next_stream_label(update.now, max(filter(None, earlier), default=None))


def _plan_encryption(update: Update) -> None:
    specification = update.request.get("SSESpecification")
    if specification is None:
        return
    check_encryption(specification)
    definition, own, now = update.definition, update.change.own, update.now
    context = update.context
    new = encryption(specification, context.database.region, context.settings.account_id)
    if new == definition.encryption:
        return
    earlier = recent(definition.encryption_changes, SECONDS_PER_DAY, now)
    _check_encryption_changes(earlier, now)
    own.at_once["encryption"] = {**(new or definition.encryption or {}), "Status": "UPDATING"}
    own.at_once["encryption_changes"] = (*earlier, now)
    own.at_last["encryption"] = new


def _check_encryption_changes(earlier: tuple[float, ...], now: float) -> None:
    if len(earlier) < limits.FREE_ENCRYPTION_CHANGES_PER_DAY:
        return
    if now - earlier[-1] < limits.SECONDS_BETWEEN_ENCRYPTION_CHANGES:
        end = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        raise ServiceError(errors.ENCRYPTION_CHANGES_LIMITED, end=end, count=len(earlier))


def _plan_table_class(update: Update) -> None:
    """The class that is shown changes when the change is done."""
    table_class = update.request.get("TableClass")
    definition, own, now = update.definition, update.change.own, update.now
    current = (definition.table_class or {}).get("TableClass", "STANDARD")
    if table_class is None or table_class == current:
        return
    earlier = recent(definition.table_class_changes, _TABLE_CLASS_WINDOW, now)
    check_rolling_limit(
        earlier,
        limits.MAX_TABLE_CLASS_CHANGES_PER_30_DAYS,
        _TABLE_CLASS_WINDOW,
        errors.TABLE_CLASS_CHANGES_LIMITED,
    )
    own.at_last["table_class_changes"] = (*earlier, now)
    own.at_last["table_class"] = {"TableClass": table_class, "LastUpdateDateTime": now}
