"""DescribeTable, ListTables and DeleteTable. Source: tables.md 6 to 8."""

from __future__ import annotations

from typing import Any

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.backup_documents import take_system_backup
from emulator.operations.context import Context
from emulator.operations.describe import deleted_description, full_description
from emulator.operations.members import Member, check_deletable_alone, leave_and_drop
from emulator.operations.registry import Request, Response, operation
from emulator.operations.stored_policies import check_policy_settled
from emulator.storage.table import Table

CHANGES = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}
"""How texts put what goes on with a table or an index in that status."""


@operation("DescribeTable")
def describe_table(context: Context, request: Request) -> Response:
    table = context.described_table(request["TableName"], being_copied=True)
    return {"Table": full_description(table, context.agenda.now())}


@operation("ListTables")
def list_tables(context: Context, request: Request) -> Response:
    """Names in byte order; the start name is exclusive and need not exist."""
    start = request.get("ExclusiveStartTableName", "")
    limit = request.get("Limit", limits.MAX_TABLES_LISTED)
    names = [name for name in sorted(context.database.tables) if name > start]
    response: dict[str, Any] = {"TableNames": names[:limit]}
    if len(names) > limit:
        response["LastEvaluatedTableName"] = names[limit - 1]
    return response


@operation("DeleteTable")
def delete_table(context: Context, request: Request) -> Response:
    """The table is DELETING until the delay is over. One of a global table leaves that."""
    table = context.described_table(request["TableName"], being_copied=True)
    member = Member(context, table)
    _check_deletable(table)
    check_policy_settled(context, table)
    if table.definition.replicas:
        check_deletable_alone(member)
    table.redefine(status="DELETING")
    context.agenda.after(context.settings.status_delay, lambda: drop_table(member))
    return {"TableDescription": deleted_description(table, context.agenda.now())}


def drop_table(member: Member) -> None:
    """Forget a table that is DELETING; while its earlier items are remembered, the service keeps a backup of it."""
    if member.is_there and member.table.history is not None:
        take_system_backup(member.context, member.table)
    leave_and_drop(member)


def _check_deletable(table: Table) -> None:
    """Raise if the table is protected, or if it or an index is being changed; the index is named before the table."""
    if table.definition.status != "UPDATING":
        check_not_busy(table)
    if table.definition.deletion_protected:
        raise ServiceError(errors.DELETION_PROTECTED)
    if any(index.definition.status != "ACTIVE" for index in table.all_indexes):
        raise ServiceError(errors.INDEXES_IN_USE)
    check_not_busy(table)


def check_not_busy(table: Table) -> None:
    """Raise ResourceInUseException while an earlier change of the table is going on."""
    change = CHANGES.get(table.definition.status)
    if change is not None:
        raise ServiceError(errors.TABLE_IN_USE, change=change, table=table.name)
