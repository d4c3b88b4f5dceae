"""The members of a global table: who they are, how one joins and how one leaves. Source: global_tables.md 3, 4 and 9.

All that a region knows of the others stands in the definition of its own table, so each region answers for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.context import Context
from emulator.storage.replication import Replica
from emulator.storage.table import Table, TableDefinition

WITH_OVERRIDES = "ENABLED_WITH_OVERRIDES"
"""GlobalTableSettingsReplicationMode of the members of a global table of one account."""


@dataclass(frozen=True, slots=True)
class Member:
    """The table of a global table in one region, and the surroundings there."""

    context: Context
    table: Table

    @property
    def region(self) -> str:
        return self.context.database.region

    @property
    def is_there(self) -> bool:
        """Whether the table has not been dropped meanwhile, as a reset of the emulator does."""
        return self.context.database.tables.get(self.table.name) is self.table

    def others(self) -> list[Member]:
        """The other members, in the order in which they joined as this one saw it."""
        if self.table.replica is None:
            return []
        tables = [(other.replica, other) for other in self.table.replica.others()]
        return [Member(self.context.elsewhere(replica.region), table) for replica, table in tables if replica]


# --- Checks ---------------------------------------------------------------------------------------


def check_group_not_busy(member: Member) -> None:
    """Raise ResourceInUseException while another member is being made, changed or deleted."""
    if any(other.table.definition.status != "ACTIVE" for other in member.others()):
        raise ServiceError(errors.TABLE_IN_USE, change="updated", table=member.table.name)


def is_being_changed(member: Member) -> bool:
    """Whether a member of its global table is being made or deleted."""
    return any(other.table.definition.status in ("CREATING", "DELETING") for other in member.others())


def check_may_leave(member: Member) -> None:
    """Raise if the table is protected, or if another one that is still there was copied from it lately."""
    if member.table.definition.deletion_protected:
        raise ServiceError(errors.DELETION_PROTECTED)
    earliest = member.context.agenda.now() - limits.SOURCE_REGION_SECONDS
    for other in member.others():
        copied_from = other.table.definition.copied_from
        if copied_from is not None and copied_from[0] == member.region and copied_from[1] > earliest:
            raise ServiceError(errors.REPLICA_WAS_SOURCE)


def check_deletable_alone(member: Member) -> None:
    """Raise if DeleteTable cannot take this table out of its global table."""
    if member.table.definition.is_strongly_consistent:
        raise ServiceError(errors.STRONG_TOGETHER_ONLY)
    check_may_leave(member)
    check_group_not_busy(member)


def check_settings_replication(mode: str, definition: TableDefinition) -> None:
    """Raise for a GlobalTableSettingsReplicationMode that a table without replicas cannot have."""
    if mode == WITH_OVERRIDES and not definition.replicas:
        raise ServiceError(errors.SETTINGS_REPLICATION_MODE)


# --- Joining and leaving --------------------------------------------------------------------------


def become_member(member: Member) -> None:
    """Begin a global table of which this table is the first member, unless it is in one already."""
    if member.table.replica is None:
        member.table.set_replica(new_replica_of(member))
        member.table.redefine(settings_replication=WITH_OVERRIDES, disassociation_protected=True)


def new_replica_of(member: Member) -> Replica:
    context = member.context
    lag = context.settings.replication_lag
    return Replica(member.table, member.region, context.regions, context.agenda, context.undo, lag)


def welcome(newcomer: Member) -> None:
    """Have the others know of a member whose own definition names them already."""
    for other in newcomer.others():
        other.table.redefine(replicas=(*other.table.definition.replicas, newcomer.region))


def depart(member: Member) -> None:
    """Have the others forget a member. One that remains alone is a table of its region, as it was once."""
    for other in member.others():
        remaining = tuple(region for region in other.table.definition.replicas if region != member.region)
        other.table.redefine(replicas=remaining)
        if not remaining:
            become_regional(other.table)


def become_regional(table: Table) -> None:
    """Be no member any more, once all that is on its way has arrived."""
    if table.replica is not None:
        table.replica.receive_all()
    table.set_replica(None)
    table.redefine(
        replicas=(),
        witnesses={},
        is_strongly_consistent=False,
        settings_replication=None,
        disassociation_protected=True,
        overrides=(),
        copied_from=None,
        auto_scaling={},
    )


def leave_and_drop(member: Member) -> None:
    """Take a member out of its global table and drop its table, unless that was done already."""
    if member.is_there:
        depart(member)
        member.context.database.drop(member.table)
