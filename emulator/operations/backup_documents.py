"""Backups as they are kept: a document that says what was backed up, and a copy of the rows, both by ARN.

Source: backups_export_import.md 2.1, 2.2 and 2.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import randrange
from typing import Any, TypeAlias

from emulator import limits
from emulator.operations.arns import backup_arn
from emulator.operations.context import Context
from emulator.operations.table_records import table_record
from emulator.storage.history import SECONDS_PER_DAY
from emulator.storage.table import Table

BACKUP = "backup"
"""The kind of these documents. Each is a `TableRecord` and the BackupDetails."""

Backup: TypeAlias = Mapping[str, Any]


def backups(context: Context) -> Mapping[str, Backup]:
    """All backups of the region by ARN."""
    return context.database.documents.of_kind(BACKUP)


# --- Making backups -----------------------------------------------------------------------------


def take_backup(context: Context, table: Table, name: str) -> Backup:
    """Back a table up: CREATING at first, AVAILABLE after the delay."""
    return _enter(context, table, {"BackupName": name, "BackupStatus": "CREATING", "BackupType": "USER"})


def take_system_backup(context: Context, table: Table) -> Backup:
    """Back up a table that goes, as the service does by itself; the backup goes too when it expires."""
    expiry = context.agenda.now() + limits.SYSTEM_BACKUP_DAYS * SECONDS_PER_DAY
    details = {
        "BackupName": f"{table.name}$DeletedTableBackup",
        "BackupStatus": "AVAILABLE",
        "BackupType": "SYSTEM",
        "BackupExpiryDateTime": expiry,
    }
    return _enter(context, table, details)


def _enter(context: Context, table: Table, details: dict[str, Any]) -> Backup:
    now = context.agenda.now()
    arn = _new_arn(context, table, now, of_system=details["BackupType"] == "SYSTEM")
    dated = {"BackupArn": arn, "BackupSizeBytes": table.billed_size, "BackupCreationDateTime": now}
    backup = {"BackupDetails": {**dated, **details}, **table_record(table)}
    context.database.documents.put(BACKUP, arn, backup)
    context.database.copies.add(arn, tuple(table.rows))
    look_after(context, arn, backup)
    return backup


def _new_arn(context: Context, table: Table, now: float, *, of_system: bool) -> str:
    """An ARN that no backup has; of backups made in one millisecond, the later has the greater id."""
    milliseconds = round(now * 1000)
    while True:
        arn = backup_arn(table.definition.arn, _new_id(context, milliseconds, of_system=of_system))
        if arn not in backups(context):
            return arn
        milliseconds += 1


def _new_id(context: Context, milliseconds: int, *, of_system: bool) -> str:
    """14 digits of milliseconds and 8 hexadecimal digits, zeros for backups by the service."""
    if of_system:
        return f"{milliseconds:014}-{0:08x}"
    prefix = f"{milliseconds:014}-"
    taken = [int(id_of(arn)[15:], 16) for arn in backups(context) if id_of(arn).startswith(prefix)]
    number = max(taken) + 1 if any(taken) else randrange(1, 1 << 31)
    return f"{prefix}{number:08x}"


def id_of(arn: str) -> str:
    """The part of a backup's ARN that sorts by the time it was made."""
    return arn.rpartition("/")[2]


# --- What becomes of them -----------------------------------------------------------------------


def look_after(context: Context, arn: str, backup: Backup) -> None:
    """Have happen what is still to happen to a backup: that it becomes available, that it expires."""
    details = backup["BackupDetails"]
    if details["BackupStatus"] == "CREATING":
        context.agenda.after(context.settings.status_delay, lambda: _become_available(context, arn))
    expiry = details.get("BackupExpiryDateTime")
    if expiry is not None:
        context.agenda.after(expiry - context.agenda.now(), lambda: drop_backup(context, arn), is_begun=False)


def _become_available(context: Context, arn: str) -> None:
    backup = backups(context).get(arn)
    if backup is not None:
        details = {**backup["BackupDetails"], "BackupStatus": "AVAILABLE"}
        context.database.documents.put(BACKUP, arn, {**backup, "BackupDetails": details})


def drop_backup(context: Context, arn: str) -> None:
    """Forget a backup, unless that was done already."""
    if arn in backups(context):
        context.database.documents.remove(BACKUP, arn)
        context.database.copies.drop(arn)


# --- Tables that restore from them --------------------------------------------------------------


def restoring_tables(context: Context) -> list[Table]:
    """The tables of all regions that are being restored."""
    return [table for database in context.regions.values() for table in database.tables.values() if table.is_restoring]


def is_in_use(context: Context, arn: str) -> bool:
    """Whether a table is being restored from the backup."""
    summaries = [table.definition.restore_summary or {} for table in restoring_tables(context)]
    return any(summary.get("SourceBackupArn") == arn for summary in summaries)
