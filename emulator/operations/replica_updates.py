"""ReplicaUpdates of UpdateTable: members of a global table that come, change, and go. Source: global_tables.md 1 to 5.

All checks first, then one change. What is special about strong consistency is in `strong_replicas`.
"""

from __future__ import annotations

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations import strong_replicas
from emulator.operations.context import Context
from emulator.operations.members import Member, check_group_not_busy, check_may_leave
from emulator.operations.new_replica import open_stream_for_replicas
from emulator.operations.registry import Request, Response
from emulator.operations.replica_actions import Changes, changes_of, check_may_create, check_region, member_in
from emulator.operations.replica_changes import Planner, create, delete, disassociate, update_members, updating
from emulator.operations.tables import check_not_busy


def change_members(context: Context, request: Request, planned: Planner) -> Response:
    """The UpdateTable that changes members: UPDATING in the answer, which does not show a new member yet.

    `planned` is for settings of members, which are updates of their tables.
    """
    changes = changes_of(request)
    member = Member(context, context.described_table(request["TableName"]))
    check_not_busy(member.table)
    check_group_not_busy(member)
    definition = member.table.definition
    if changes.consistency is not None and definition.replicas:
        raise ServiceError(errors.CONSISTENCY_IS_FINAL)
    if changes.consistency == "STRONG":
        return strong_replicas.create(member, changes)
    if definition.is_strongly_consistent:
        return strong_replicas.change(member, changes, planned)
    if changes.witnesses:
        raise ServiceError(errors.WITNESS_NOT_MEMBER, region=changes.witnesses[0].region)
    return _change(member, changes, planned)


def _change(member: Member, changes: Changes, planned: Planner) -> Response:
    """The change of an eventually consistent global table: a member comes or goes, or settings of some change."""
    creations, deletions = changes.of_kind("Create"), changes.of_kind("Delete")
    if len(creations) + len(deletions) > 1:
        raise ServiceError(errors.REPLICA_CHANGES_LIMITED)
    for action in changes.of_kind("Disassociate"):
        return disassociate(member, action)
    for action in changes.replicas:
        check_region(member, action)
    for action in creations:
        check_may_create(member, action)
    targets = [member_in(member, action) for action in deletions]
    for target in targets:
        check_may_leave(target)
    response = update_members(member, changes.of_kind("Update"), planned)
    if creations:
        open_stream_for_replicas(member)
        response = updating(member)
        create(member, creations)
    return delete(member, targets) if targets else response
