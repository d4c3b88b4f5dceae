"""Members of a global table with strong consistency across regions: three together, or two and a witness.

Source: global_tables.md 8.
"""

from __future__ import annotations

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations import replica_changes
from emulator.operations.members import Member, check_may_leave
from emulator.operations.regions import STRONG_REGIONS
from emulator.operations.registry import Response
from emulator.operations.replica_actions import Changes, check_may_create, check_region, member_in
from emulator.operations.replica_changes import Planner


def create(member: Member, changes: Changes) -> Response:
    """Make the global table, whole from the start. The answer shows that it is one, and no members yet."""
    _check_regions(member, changes)
    for action in changes.replicas:
        check_may_create(member, action)
    _check_fit(member)
    table = member.table
    table.redefine(is_strongly_consistent=True)
    response = replica_changes.updating(member)
    table.redefine(witnesses={witness.region: "CREATING" for witness in changes.witnesses})
    replica_changes.create(member, changes.replicas)
    context = member.context
    context.agenda.after(context.settings.status_delay, lambda: _settle_witnesses(member))
    return response


def _settle_witnesses(member: Member) -> None:
    for each in (member, *member.others()):
        each.table.redefine(witnesses=dict.fromkeys(each.table.definition.witnesses, "ACTIVE"))


def _check_regions(member: Member, changes: Changes) -> None:
    """Raise unless there are two other regions, distinct ones, where strong consistency is to be had."""
    replicas = [action.region for action in changes.replicas]
    witnesses = [action.region for action in changes.witnesses]
    if len(replicas) + len(witnesses) != limits.STRONG_REGIONS - 1:
        raise ServiceError(errors.STRONG_REPLICA_COUNT)
    if set(witnesses) & set(replicas):
        raise ServiceError(errors.WITNESS_AND_REPLICA)
    if member.region in witnesses:
        raise ServiceError(errors.WITNESS_IS_LOCAL)
    for action in (*changes.replicas, *changes.witnesses):
        check_region(member, action)
    unsupported = [region for region in (member.region, *replicas, *witnesses) if region not in STRONG_REGIONS]
    if unsupported:
        raise ServiceError(errors.STRONG_REGION, regions=", ".join(unsupported))


def _check_fit(member: Member) -> None:
    """Raise if the table has anything that is not to be had with strong consistency."""
    table = member.table
    for feature, is_used in (
        ("A table with items", len(table.rows) > 0),
        ("LocalSecondaryIndexes", table.has_local_indexes),
        ("TimeToLive", table.definition.ttl.attribute is not None),
    ):
        if is_used:
            raise ServiceError(errors.STRONG_WITHOUT, feature=feature)


def change(member: Member, changes: Changes, planned: Planner) -> Response:
    """Change settings of members, or delete all of them but this one."""
    if changes.of_kind("Create"):
        raise ServiceError(errors.STRONG_IS_FINAL)
    if changes.of_kind("Disassociate"):
        raise ServiceError(errors.STRONG_WITHOUT, feature="Disassociate")
    for action in changes.replicas:
        check_region(member, action)
    deletions = changes.of_kind("Delete")
    if not deletions:
        return replica_changes.update_members(member, changes.replicas, planned)
    return _delete(member, changes)


def _delete(member: Member, changes: Changes) -> Response:
    """The end of the global table: this table remains as one of its region."""
    table = member.table
    targets = [member_in(member, action) for action in changes.of_kind("Delete")]
    for witness in changes.witnesses:
        if witness.region not in table.definition.witnesses:
            raise ServiceError(errors.WITNESS_NOT_MEMBER, region=witness.region)
    if len(targets) < len(table.definition.replicas):
        raise ServiceError(errors.STRONG_TOGETHER_ONLY)
    if len(changes.witnesses) < len(table.definition.witnesses):
        raise ServiceError(errors.WITNESSES_LEFT)
    for target in targets:
        check_may_leave(target)
    for each in (member, *member.others()):
        each.table.redefine(witnesses=dict.fromkeys(each.table.definition.witnesses, "DELETING"))
    return replica_changes.delete(member, targets)
