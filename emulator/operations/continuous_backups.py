"""UpdateContinuousBackups and DescribeContinuousBackups. Source: backups_export_import.md 3."""

from __future__ import annotations

from typing import Any

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.context import Context, table_name
from emulator.operations.registry import Request, Response, operation
from emulator.storage.history import History
from emulator.storage.table import Table


@operation("UpdateContinuousBackups")
def update_continuous_backups(context: Context, request: Request) -> Response:
    """Remember the changes of a table from now on, or no more; what was remembered is forgotten then."""
    wanted = request["PointInTimeRecoverySpecification"]
    enabled, days = wanted["PointInTimeRecoveryEnabled"], wanted.get("RecoveryPeriodInDays")
    if days is not None and not enabled:
        raise ServiceError(errors.RECOVERY_PERIOD_UNWANTED)
    table = table_to_back_up(context, request["TableName"])
    check_backups_enabled(context, table, request["TableName"])
    if not enabled:
        _disable(table)
    elif table.history is None:
        table.set_history(History(days or limits.MAX_RECOVERY_DAYS, context.agenda, context.undo))
    elif days is not None:
        table.history.keep_for(days)
    return _answer(context, table)


def _disable(table: Table) -> None:
    if table.history is not None:
        table.set_history(None)


@operation("DescribeContinuousBackups")
def describe_continuous_backups(context: Context, request: Request) -> Response:
    return _answer(context, table_to_back_up(context, request["TableName"]))


def _answer(context: Context, table: Table) -> Response:
    status = "ENABLED" if _are_backups_enabled(context, table) else "DISABLED"
    recovery = _recovery_description(table, context.agenda.now())
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": status,
            "PointInTimeRecoveryDescription": recovery,
        }
    }


def _recovery_description(table: Table, now: float) -> dict[str, Any]:
    history = table.history
    if history is None:
        return {"PointInTimeRecoveryStatus": "DISABLED"}
    return {
        "PointInTimeRecoveryStatus": "ENABLED",
        "RecoveryPeriodInDays": history.period_days,
        "EarliestRestorableDateTime": history.earliest(now),
        "LatestRestorableDateTime": history.latest(now),
    }


# --- Which tables can be backed up --------------------------------------------------------------


def table_to_back_up(context: Context, name_or_arn: str) -> Table:
    """The table by that name or ARN, unless it is still being created. Raises TableNotFoundException."""
    table = context.database.tables.get(table_name(name_or_arn))
    if table is None or table.definition.status == "CREATING":
        raise ServiceError(errors.TABLE_NOT_FOUND_TO_BACK_UP, table=name_or_arn)
    return table


def check_backups_enabled(context: Context, table: Table, given: str) -> None:
    """Raise while a new table is not ready to be backed up; `given` is how the request calls it."""
    if not _are_backups_enabled(context, table):
        raise ServiceError(errors.BACKUPS_BEING_ENABLED, table=given)


def _are_backups_enabled(context: Context, table: Table) -> bool:
    """ContinuousBackupsStatus: some time after a table is ACTIVE, here as long as it was CREATING."""
    delay = context.settings.status_delay
    return not delay or context.agenda.now() >= table.definition.created + 2 * delay
