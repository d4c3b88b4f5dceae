"""RestoreTableFromBackup and RestoreTableToPointInTime. Source: backups_export_import.md 4.

A restore is the creation of a table like the one that was recorded, with items from the start, which nobody can read
while it is CREATING. What the table is to have is checked as CreateTable checks it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator import errors, limits
from emulator.clock import in_milliseconds
from emulator.errors import ServiceError
from emulator.operations.backup_arns import BackupArn, parsed_backup_arn
from emulator.operations.backup_documents import BACKUP, is_in_use, restoring_tables
from emulator.operations.context import Context, table_name
from emulator.operations.create_table import enter_table, planned_table
from emulator.operations.describe import changed_description
from emulator.operations.registry import Request, Response, operation
from emulator.operations.table_records import TableRecord, creation_request, table_record
from emulator.operations.tables import CHANGES
from emulator.storage.database import Database
from emulator.storage.history import History, Row
from emulator.storage.table import Table


@operation("RestoreTableFromBackup")
def restore_table_from_backup(context: Context, request: Request) -> Response:
    """Make a table of a backup, of this region or of another one."""
    arn = parsed_backup_arn(context, request["BackupArn"])
    _check_target(context, request["TargetTableName"])
    database, own_arn = _home(context, arn)
    backup = dict(database.documents.of_kind(BACKUP)[own_arn])
    details = backup["BackupDetails"]
    if details["BackupStatus"] == "CREATING":
        raise ServiceError(errors.BACKUP_BEING_CREATED, arn=arn.text)
    if is_in_use(context, own_arn):
        raise ServiceError(errors.BACKUP_BEING_RESTORED_ELSEWHERE, arn=arn.text)
    summary = {"SourceBackupArn": own_arn, **_summary(backup, details["BackupCreationDateTime"])}
    return _restore(context, request, backup, database.copies[own_arn], summary)


def _home(context: Context, arn: BackupArn) -> tuple[Database, str]:
    """The region where the backup is, the named one or this one, and its ARN there."""
    for region in (arn.region, context.database.region):
        database, own_arn = context.regions.get(region), arn.within(context, region)
        if database is not None and own_arn in database.documents.of_kind(BACKUP):
            return database, own_arn
    raise ServiceError(errors.BACKUP_NOT_FOUND, arn=arn.text)


@operation("RestoreTableToPointInTime")
def restore_table_to_point_in_time(context: Context, request: Request) -> Response:
    """Make a table of what another one held; all but the items is as that one has it now."""
    _check_one_of(
        request, ("SourceTableName", "SourceTableArn"), errors.RESTORE_SOURCE_MISSING, errors.RESTORE_SOURCE_AMBIGUOUS
    )
    _check_one_of(
        request,
        ("UseLatestRestorableTime", "RestoreDateTime"),
        errors.RESTORE_TIME_MISSING,
        errors.RESTORE_TIME_AMBIGUOUS,
    )
    if any("WarmThroughput" in index for index in request.get("GlobalSecondaryIndexOverride", ())):
        raise ServiceError(errors.OVERRIDDEN_WARM_THROUGHPUT)
    source = _source(context, request)
    _check_target(context, request["TargetTableName"])
    if source.history is None:
        raise ServiceError(errors.RECOVERY_UNAVAILABLE, table=source.name)
    when = _time(request, source.history, context.agenda.now())
    record = table_record(source)
    return _restore(context, request, record, source.history.rows_at(when, source.rows), _summary(record, when))


def _check_one_of(request: Request, names: tuple[str, str], none: errors.Fault, both: errors.Fault) -> None:
    """Raise unless one of two members is given; one that is false is not."""
    given = [name for name in names if request.get(name, False) is not False]
    if not given:
        raise ServiceError(none)
    if len(given) > 1:
        raise ServiceError(both)


def _source(context: Context, request: Request) -> Table:
    """The table to restore from, which an ARN may name in another region."""
    given = request.get("SourceTableName") or request["SourceTableArn"]
    region = given.split(":")[3] if given.startswith("arn:") and given.count(":") > 3 else context.database.region
    database = context.regions.get(region)
    table = database.tables.get(table_name(given)) if database is not None else None
    if table is None or table.definition.status == "CREATING":
        raise ServiceError(errors.TABLE_NOT_FOUND_TO_BACK_UP, table=given)
    return table


def _time(request: Request, history: History, now: float) -> float:
    if request.get("UseLatestRestorableTime"):
        return history.latest(now)
    when = in_milliseconds(request["RestoreDateTime"])
    if not history.can_bring_back(when, now):
        raise ServiceError(errors.RESTORE_TIME_INVALID)
    return when


# --- Both ---------------------------------------------------------------------------------------


def _check_target(context: Context, name: str) -> None:
    """Raise if there is a table by that name, or too many are being restored."""
    table = context.database.tables.get(name)
    if table is not None:
        change = CHANGES.get(table.definition.status)
        if change in (None, "updated"):
            raise ServiceError(errors.RESTORE_TARGET_EXISTS, table=name)
        raise ServiceError(errors.RESTORE_TARGET_IN_USE, change=change, table=name)
    if len(restoring_tables(context)) >= limits.MAX_RESTORES:
        raise ServiceError(errors.RESTORES_LIMITED, limit=limits.MAX_RESTORES)


def _summary(record: TableRecord, when: float) -> dict[str, Any]:
    """RestoreSummary without the backup."""
    source = record["SourceTableDetails"]["TableArn"]
    return {"SourceTableArn": source, "RestoreDateTime": when, "RestoreInProgress": True}


def _restore(
    context: Context, request: Request, record: TableRecord, rows: Iterable[Row], summary: dict[str, Any]
) -> Response:
    creation = creation_request(record, request)
    table = planned_table(context, creation)
    table.redefine(restore_summary=summary)
    table.load(rows)
    enter_table(context, table)
    context.agenda.after(context.settings.status_delay, lambda: finish_restore(table))
    asked = {index["IndexName"]: index for index in creation.get("GlobalSecondaryIndexes", ())}
    return {"TableDescription": changed_description(table, context.agenda.now(), creation, asked)}


def finish_restore(table: Table) -> None:
    """The table has become ACTIVE; its summary stays."""
    summary = table.definition.restore_summary
    table.redefine(restore_summary={**(summary or {}), "RestoreInProgress": False})
