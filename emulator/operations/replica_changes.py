"""Members of a global table come, change, and go, once nothing is wrong with that. Source: global_tables.md 4, 9."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.context import Context
from emulator.operations.describe import changed_description
from emulator.operations.members import Member, become_regional, depart, leave_and_drop
from emulator.operations.new_replica import add_replica
from emulator.operations.overrides import asked_overrides, overrides_after
from emulator.operations.registry import Request, Response
from emulator.operations.replica_actions import Action, member_in
from emulator.operations.shared_settings import request_of_overrides
from emulator.operations.table_change import TableChange, become_active
from emulator.storage.table import Table

Planner: TypeAlias = Callable[[Context, Request, Table], TableChange]
"""The change that an UpdateTable makes of a table; raises if it may not be made."""


def updating(member: Member) -> Response:
    """Have the table be UPDATING; the answer that says so."""
    member.table.redefine(status="UPDATING")
    return {"TableDescription": changed_description(member.table, member.context.agenda.now(), {}, {})}


def create(member: Member, actions: list[Action]) -> None:
    """Add replicas, CREATING until the delay is over."""
    context = member.context
    newcomers = [
        add_replica(
            member,
            context.elsewhere(action.region),
            asked_overrides(action.asked),
            action.asked.get("KMSMasterKeyId"),
        )
        for action in actions
    ]
    context.agenda.after(context.settings.status_delay, lambda: finish_creation(member, newcomers))


def finish_creation(member: Member, newcomers: list[Member]) -> None:
    """The new tables are ACTIVE, and so is the one that they were copied from."""
    for newcomer in newcomers:
        become_active(newcomer.table)
    become_settled(member)


def become_settled(member: Member) -> None:
    """Be ACTIVE again; a stream that was opened for replicas is ENABLED."""
    table = member.table
    if table.definition.status == "UPDATING":
        table.redefine(status="ACTIVE")
    if table.stream is not None and table.stream.status == "ENABLING":
        table.stream.become("ENABLED")


def delete(member: Member, targets: list[Member]) -> Response:
    """Delete replicas and their tables, DELETING until twice the delay is over, the calling table UPDATING for once."""
    agenda, delay = member.context.agenda, member.context.settings.status_delay
    for target in targets:
        target.table.redefine(status="DELETING")
    response = updating(member)

    def settle() -> None:
        become_settled(member)
        agenda.after(delay, drop)

    def drop() -> None:
        for target in targets:
            leave_and_drop(target)

    agenda.after(delay, settle)
    return response


# --- Update, Disassociate -------------------------------------------------------------------------


def update_members(member: Member, actions: list[Action], planned: Planner) -> Response:
    """Give members settings of their own; all checks come first."""
    changes = []
    for action in actions:
        target = member_in(member, action)
        if "KMSMasterKeyId" in action.asked:
            raise ServiceError(errors.REPLICA_KEY_UPDATE)
        asked = asked_overrides(action.asked)
        change = planned(target.context, request_of_overrides(target.table, asked), target.table)
        change.own.at_last["overrides"] = overrides_after(target.table, member.table, asked)
        changes.append((target.context, change))
    for context, change in changes:
        change.begin(context)
    response = updating(member)
    agenda, delay = member.context.agenda, member.context.settings.status_delay
    agenda.after(delay, lambda: become_settled(member))
    return response


def disassociate(member: Member, action: Action) -> Response:
    """Leave the global table and keep the data."""
    if action.region != member.region:
        raise ServiceError(errors.DISASSOCIATION_ELSEWHERE)
    if not member.table.definition.replicas:
        raise ServiceError(errors.REPLICA_NOT_FOUND)
    if member.table.definition.disassociation_protected:
        raise ServiceError(errors.DISASSOCIATION_PROTECTED)
    response = updating(member)

    def leave() -> None:
        if member.is_there:
            depart(member)
            become_regional(member.table)
            become_settled(member)

    member.context.agenda.after(member.context.settings.status_delay, leave)
    return response
