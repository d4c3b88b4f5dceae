"""GlobalSecondaryIndexUpdates: global indexes that UpdateTable makes, changes and deletes.

Source: tables.md 5.1 to 5.4, indexes.md 9.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.definitions import (
    IndexAction,
    attribute_types,
    check_enough_definitions,
    check_global_index_count,
    check_index_throughput,
    check_projected_attributes,
    global_index,
    index_action,
    throughput_of,
)
from emulator.operations.registry import Request
from emulator.operations.table_change import DefinitionChange, TableChange
from emulator.operations.table_settings import (
    check_limits_allowed,
    check_limits_range,
    index_resource,
    merged_limits,
    new_warm_throughput,
)
from emulator.operations.tables import CHANGES
from emulator.operations.throughput_update import check_units_change, raise_warm_throughput
from emulator.operations.vector_definitions import check_no_vector
from emulator.storage.index import IndexDefinition, IndexKind, SecondaryIndex
from emulator.storage.table import AnyIndex, Table

_KINDS = ("Update", "Create", "Delete")
_SETTINGS = ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")


def index_actions(request: Request) -> list[IndexAction]:
    """The elements in their order: one action each, and one element for each index."""
    actions: list[IndexAction] = []
    for element in request.get("GlobalSecondaryIndexUpdates", ()):
        action = index_action(element, _KINDS, errors.INDEX_UPDATE_EMPTY, errors.INDEX_UPDATE_AMBIGUOUS)
        if any(action.index == other.index for other in actions):
            raise ServiceError(errors.INDEX_UPDATE_REPEATED, index=action.index)
        actions.append(action)
    return actions


def check_single_change(actions: Iterable[IndexAction]) -> None:
    """Raise for more than one index to make or delete, whether they exist or not."""
    if sum(action.kind != "Update" for action in actions) > 1:
        raise ServiceError(errors.INDEX_CHANGES_LIMITED)


def index_to_delete(actions: Iterable[IndexAction]) -> str | None:
    return next((action.index for action in actions if action.kind == "Delete"), None)


def plan_index_actions(
    change: TableChange, request: Request, actions: list[IndexAction], now: float, *, on_demand: bool
) -> None:
    """Add the actions to a change; `on_demand` is the mode of the table when all is done."""
    for action in actions:
        if action.kind == "Create":
            _plan_create(change, request, action.asked, on_demand=on_demand)
        elif action.kind == "Delete":
            _check_deletion(change.table, action.index)
        else:
            _plan_update(change, action.asked, now, on_demand=on_demand)


# --- Create and Delete --------------------------------------------------------------------------


def _plan_create(change: TableChange, request: Request, asked: dict[str, Any], *, on_demand: bool) -> None:
    table = change.table
    _check_no_other_change(table, asked["IndexName"])
    if table.index(asked["IndexName"]) is not None:
        raise ServiceError(errors.INDEX_EXISTS)
    index = _new_index(request, asked)
    for name in index.schema.names:
        check_no_vector(table, name)
    _check_not_redefined(table, index)
    check_index_throughput(asked, on_demand=on_demand)
    check_global_index_count(len(table.indexes_of(IndexKind.GLOBAL)) + 1)
    check_projected_attributes([*(other.definition for other in table.indexes.values()), index])
    change.new_index = _with_capacity_settings(index, asked, on_demand=on_demand)
    change.new_types = {attribute.name: attribute.type for attribute in index.schema.attributes}


def _new_index(request: Request, asked: dict[str, Any]) -> IndexDefinition:
    """The index by the definitions of this request, which must have all its key attributes."""
    types = attribute_types(request.get("AttributeDefinitions", []))
    check_enough_definitions(asked["KeySchema"], types)
    return global_index(asked, types)


def _check_not_redefined(table: Table, index: IndexDefinition) -> None:
    """Raise if a key attribute of the index has another type in a key of the table or of another index."""
    for name, new, role in index.schema.attributes:
        old = table.definition.attribute_types.get(name, new)
        if old != new:
            raise ServiceError(errors.ATTRIBUTE_REDEFINED, name=name, old=old, new=new, role=role)


def _with_capacity_settings(index: IndexDefinition, asked: dict[str, Any], *, on_demand: bool) -> IndexDefinition:
    resource = index_resource(index.name)
    requested = asked.get("OnDemandThroughput", {})
    check_limits_allowed(requested, errors.ON_DEMAND_LIMIT_PROVISIONED_UPDATE, on_demand=on_demand)
    check_limits_range(requested, resource, removable=False)
    warm = new_warm_throughput(asked.get("WarmThroughput"), resource, index.throughput, on_demand=on_demand)
    return replace(index, backfilling=False, warm_throughput=warm)


def _check_deletion(table: Table, name: str) -> None:
    index = table.indexes.get(name)
    if index is None:
        raise ServiceError(errors.INDEX_TO_DELETE_NOT_FOUND, index=name)
    if not index.is_global:
        raise ServiceError(errors.LOCAL_INDEX_DELETE, index=name)
    _check_no_other_change(table, name)


def _check_no_other_change(table: Table, name: str) -> None:
    """Raise while an index other than `name` is being made or deleted; one that is being filled may be deleted."""
    for index in table.all_indexes:
        if index.name != name and index.definition.status in ("CREATING", "DELETING"):
            raise ServiceError(errors.INDEX_CHANGES_LIMITED)


# --- Update -------------------------------------------------------------------------------------


def _plan_update(change: TableChange, asked: dict[str, Any], now: float, *, on_demand: bool) -> None:
    index = _index_to_update(change.table, asked)
    if not any(name in asked for name in _SETTINGS):
        raise ServiceError(errors.INDEX_UPDATE_NOTHING, index=index.name)
    planned = change.of_index(index.name)
    if "ProvisionedThroughput" in asked:
        _plan_units(planned, change.table, index, asked, now, on_demand=on_demand)
    if requested := asked.get("OnDemandThroughput"):
        check_limits_allowed(requested, errors.ON_DEMAND_LIMIT_PROVISIONED_UPDATE, on_demand=on_demand)
        check_limits_range(requested, index_resource(index.name), removable=True)
        planned.at_once["on_demand_limits"] = merged_limits(index.definition.on_demand_limits, requested)
    if requested := asked.get("WarmThroughput"):
        was_on_demand = change.table.definition.on_demand
        raise_warm_throughput(planned, index.definition, requested, index_resource(index.name), on_demand=was_on_demand)


def _index_to_update(table: Table, asked: dict[str, Any]) -> SecondaryIndex:
    index = table.indexes.get(asked["IndexName"])
    if index is None or not index.is_global:
        if "OnDemandThroughput" in asked:
            raise ServiceError(errors.INTERNAL_FAILURE)  # the service's own answer: control_plane.md 12
        raise ServiceError(errors.INDEX_UPDATE_BLOCKED)
    check_index_not_busy(table, index)
    return index


def check_index_not_busy(table: Table, index: AnyIndex) -> None:
    """Raise ResourceInUseException while an index is being made or deleted."""
    going_on = CHANGES.get(index.definition.status)
    if going_on is not None:
        raise ServiceError(errors.INDEX_IN_USE, change=going_on, table=table.name, index=index.name)


def _plan_units(
    planned: DefinitionChange,
    table: Table,
    index: SecondaryIndex,
    asked: dict[str, Any],
    now: float,
    *,
    on_demand: bool,
) -> None:
    check_index_throughput(asked, on_demand=on_demand)
    units = throughput_of(asked["ProvisionedThroughput"])
    if not table.definition.on_demand:
        check_units_change(index.definition, units, now, index=index.name)
    planned.units = units
