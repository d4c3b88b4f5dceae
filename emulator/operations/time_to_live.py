"""UpdateTimeToLive and DescribeTimeToLive. Source: streams_ttl.md 14 and 15."""

from __future__ import annotations

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.context import Context
from emulator.operations.members import Member, is_being_changed
from emulator.operations.registry import Request, Response, operation
from emulator.operations.tables import check_not_busy
from emulator.storage.expiry import Expiry
from emulator.storage.table import Table, TimeToLive

_ON = ("ENABLING", "ENABLED")


@operation("UpdateTimeToLive")
def update_time_to_live(context: Context, request: Request) -> Response:
    """Let items expire, or no more: ENABLING or DISABLING after the answer, until the delay is over.

    It is so in all regions of a global table.
    """
    wanted = request["TimeToLiveSpecification"]
    table = context.described_table(request["TableName"])
    member = Member(context, table)
    if is_being_changed(member):
        _check_not_being_copied(member)
    else:
        check_not_busy(table)
    if table.definition.is_strongly_consistent:
        raise ServiceError(errors.STRONG_WITHOUT, feature="TimeToLive")
    now = context.agenda.now()
    _check(table.definition.ttl, wanted["AttributeName"], now, enabled=wanted["Enabled"])
    status = "ENABLING" if wanted["Enabled"] else "DISABLING"
    change = TimeToLive(status, wanted["AttributeName"], now)
    for each in (member, *member.others()):
        _begin(each, change)
    return {"TimeToLiveSpecification": wanted}


def _check_not_being_copied(member: Member) -> None:
    """Raise while a replica is added to a table with items (global_tables.md 4)."""
    if len(member.table.rows) and any(other.table.definition.status == "CREATING" for other in member.others()):
        raise ServiceError(errors.REPLICA_BEING_ADDED)


def _begin(member: Member, change: TimeToLive) -> None:
    context, table = member.context, member.table
    if change.status == "DISABLING":
        table.set_expiry(None)
    table.redefine(ttl=change)
    context.agenda.after(context.settings.status_delay, lambda: _finish(context, table, change))


def _check(current: TimeToLive, attribute: str, now: float, *, enabled: bool) -> None:
    is_on = current.status in _ON
    if enabled == is_on and (not is_on or attribute == current.attribute):
        raise ServiceError(errors.TTL_ENABLED_ALREADY if enabled else errors.TTL_DISABLED_ALREADY)
    if is_on and attribute != current.attribute:
        raise ServiceError(errors.TTL_OTHER_ATTRIBUTE, attribute=current.attribute)
    if current.changed is not None and now - current.changed < limits.SECONDS_BETWEEN_TTL_CHANGES:
        raise ServiceError(errors.TTL_CHANGES_LIMITED)


def _finish(context: Context, table: Table, change: TimeToLive) -> None:
    if table.definition.ttl is not change or context.database.tables.get(table.name) is not table:
        return
    if change.status == "DISABLING":
        table.redefine(ttl=TimeToLive(changed=change.changed))
        return
    assert change.attribute is not None
    let_expire(context, table, change.attribute)
    table.redefine(ttl=TimeToLive("ENABLED", change.attribute, change.changed))


def let_expire(context: Context, table: Table, attribute: str) -> None:
    """Delete the items of a table from now on when the time in that attribute is past."""
    delay = context.settings.ttl_delay
    table.set_expiry(Expiry(attribute, delay, table.rows, context.agenda, context.undo, table.expire))


@operation("DescribeTimeToLive")
def describe_time_to_live(context: Context, request: Request) -> Response:
    ttl = context.described_table(request["TableName"]).definition.ttl
    description = {"TimeToLiveStatus": ttl.status}
    if ttl.attribute is not None:
        description["AttributeName"] = ttl.attribute
    return {"TimeToLiveDescription": description}
