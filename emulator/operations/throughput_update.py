"""Billing mode, provisioned units and warm throughput as UpdateTable changes them.

Source: tables.md 5.2, capacity.md 15 to 17.
"""

from __future__ import annotations

from emulator import errors, limits
from emulator.clock import long_date
from emulator.errors import Fault, ServiceError
from emulator.operations.definitions import throughput_of
from emulator.operations.registry import Request
from emulator.operations.table_change import DefinitionChange, TableChange
from emulator.operations.table_settings import new_warm_throughput, raised_warm_throughput
from emulator.storage.index import IndexDefinition
from emulator.storage.table import TableDefinition
from emulator.storage.throughput import NO_UNITS, Throughput, ThroughputHistory, highest, warm_units

SECONDS_PER_DAY = 86_400


def mode_when_done(request: Request, definition: TableDefinition) -> bool:
    """Whether the table will be on-demand: by the request, or as it is."""
    mode = request.get("BillingMode")
    on_demand = definition.on_demand if mode is None else mode == "PAY_PER_REQUEST"
    if on_demand and "ProvisionedThroughput" in request:
        raise ServiceError(errors.THROUGHPUT_ON_DEMAND)
    return on_demand


def plan_billing(
    change: TableChange, request: Request, indexes_with_units: set[str], now: float, *, on_demand: bool
) -> None:
    """Add a change of mode or of units; `indexes_with_units` get theirs in the same request."""
    definition = change.table.definition
    if on_demand:
        if not definition.on_demand:
            _plan_on_demand(change, now)
    elif "ProvisionedThroughput" in request:
        units = throughput_of(request["ProvisionedThroughput"])
        if definition.on_demand:
            _plan_provisioned(change, indexes_with_units)
        else:
            check_units_change(definition, units, now)
        change.own.units = units


def check_units_change(
    definition: TableDefinition | IndexDefinition, units: Throughput, now: float, *, index: str | None = None
) -> None:
    """Raise if the units stay as they are, or go down too often; of the table if `index` is None."""
    if units == definition.throughput:
        raise ServiceError(
            errors.UPDATE_THROUGHPUT_SAME,
            resource="table" if index is None else f"index {index}",
            kind="table" if index is None else "index",
            read=units.read,
            write=units.write,
        )
    if units.is_below(definition.throughput):
        _check_decrease(definition.throughput_history, now)


def _check_decrease(history: ThroughputHistory, now: float) -> None:
    possible = history.next_decrease(now)
    if history.last_decrease is not None and possible > now:
        raise ServiceError(
            errors.DECREASES_LIMITED,
            count=history.decreases_today(now),
            last=long_date(history.last_decrease),
            next=long_date(possible),
        )


# --- Billing mode -------------------------------------------------------------------------------


def _plan_on_demand(change: TableChange, now: float) -> None:
    """To on-demand: the units of the table and of its global indexes go at once."""
    table = change.table
    definition = table.definition
    earlier = recent(definition.on_demand_switches, SECONDS_PER_DAY, now)
    check_rolling_limit(
        earlier, limits.MAX_ON_DEMAND_SWITCHES_PER_DAY, SECONDS_PER_DAY, errors.ON_DEMAND_SWITCHES_LIMITED
    )
    summary = {"BillingMode": "PAY_PER_REQUEST"}
    change.own.at_once |= {
        "on_demand": True,
        "billing_mode_summary": summary,
        "on_demand_switches": (*earlier, now),
        **_without_units(definition, now),
    }
    change.own.at_last["billing_mode_summary"] = {**summary, "LastUpdateToPayPerRequestDateTime": now}
    for index in table.indexes.values():
        if index.is_global:
            change.of_index(index.name).at_once |= _without_units(index.definition, now)


def _without_units(definition: TableDefinition | IndexDefinition, now: float) -> dict[str, object]:
    """The fields of a definition that loses its provisioned units; what it can take at once is never lowered."""
    units = definition.throughput
    before = warm_units(definition.warm_throughput, units, on_demand=False)
    return {
        "throughput": NO_UNITS,
        "throughput_history": definition.throughput_history.dated(units, NO_UNITS, now),
        "warm_throughput": highest(before, warm_units(None, NO_UNITS, on_demand=True)),
    }


def _plan_provisioned(change: TableChange, indexes_with_units: set[str]) -> None:
    """To provisioned: every global index needs units too, and on-demand limits go."""
    table = change.table
    names = [index.name for index in table.indexes.values() if index.is_global and index.name != change.doomed_index]
    missing = [name for name in names if name not in indexes_with_units]
    if missing:
        raise ServiceError(errors.INDEXES_THROUGHPUT_MISSING, indexes=",".join(missing))
    summary = {**(table.definition.billing_mode_summary or {}), "BillingMode": "PROVISIONED"}
    change.own.at_once["billing_mode_summary"] = summary
    change.own.at_last |= {"on_demand": False, "on_demand_limits": None}
    for name in names:
        change.of_index(name).at_last["on_demand_limits"] = None


# --- Warm throughput ----------------------------------------------------------------------------


def raise_warm_throughput(
    change: DefinitionChange,
    definition: TableDefinition | IndexDefinition,
    requested: dict[str, int],
    resource: str,
    *,
    on_demand: bool,
) -> None:
    """Add a higher warm throughput to a change; `on_demand` is the mode that the table is in now."""
    new_warm_throughput(requested, resource, definition.throughput, on_demand=on_demand)  # raises if far too low
    current = warm_units(definition.warm_throughput, definition.throughput, on_demand=on_demand)
    current = change.at_once.get("warm_throughput", current)
    change.at_once["warm_throughput"] = raised_warm_throughput(requested, resource, current)


# --- Limits on how often ------------------------------------------------------------------------


def recent(times: tuple[float, ...], seconds: float, now: float) -> tuple[float, ...]:
    """Those of the times, oldest first, that are less than `seconds` ago."""
    return tuple(time for time in times if time > now - seconds)


def check_rolling_limit(times: tuple[float, ...], limit: int, seconds: float, fault: Fault) -> None:
    """Raise if a change was made `limit` times already in a window of so many seconds."""
    if len(times) >= limit:
        last, possible = long_date(times[-1]), long_date(times[-limit] + seconds)
        raise ServiceError(fault, limit=limit, last=last, next=possible)
