"""CreateBackup, DescribeBackup, ListBackups and DeleteBackup. Source: backups_export_import.md 2."""

from __future__ import annotations

from typing import Any

from emulator import errors, limits
from emulator.clock import in_milliseconds, long_date
from emulator.errors import ServiceError
from emulator.operations.backup_arns import BackupArn, parsed_backup_arn
from emulator.operations.backup_documents import Backup, backups, drop_backup, id_of, is_in_use, take_backup
from emulator.operations.context import Context, table_name
from emulator.operations.continuous_backups import check_backups_enabled, table_to_back_up
from emulator.operations.registry import Request, Response, operation


@operation("CreateBackup")
def create_backup(context: Context, request: Request) -> Response:
    """Keep the items of a table as they are now, whatever becomes of the table."""
    table = table_to_back_up(context, request["TableName"])
    check_backups_enabled(context, table, request["TableName"])
    return {"BackupDetails": take_backup(context, table, request["BackupName"])["BackupDetails"]}


@operation("DescribeBackup")
def describe_backup(context: Context, request: Request) -> Response:
    arn = parsed_backup_arn(context, request["BackupArn"])
    _, backup = _found(context, arn)
    return {"BackupDescription": _description(backup, arn.text)}


@operation("DeleteBackup")
def delete_backup(context: Context, request: Request) -> Response:
    """The backup is gone with the answer, which describes it once more."""
    arn = parsed_backup_arn(context, request["BackupArn"])
    own_arn, backup = _found(context, arn)
    details = backup["BackupDetails"]
    if details["BackupType"] == "SYSTEM":
        raise ServiceError(errors.BACKUP_OF_SYSTEM, arn=arn.text, expiry=long_date(details["BackupExpiryDateTime"]))
    if details["BackupStatus"] == "CREATING":
        raise ServiceError(errors.BACKUP_BEING_CREATED, arn=arn.text)
    if is_in_use(context, own_arn):
        raise ServiceError(errors.BACKUP_BEING_RESTORED, arn=arn.text)
    drop_backup(context, own_arn)
    return {"BackupDescription": _description(backup, arn.text, BackupStatus="DELETED")}


def _found(context: Context, arn: BackupArn) -> tuple[str, Backup]:
    """The backup of the region that is asked, and its ARN there."""
    own_arn = arn.within(context, context.database.region)
    backup = backups(context).get(own_arn)
    if backup is None:
        raise ServiceError(errors.BACKUP_NOT_FOUND, arn=arn.text)
    return own_arn, backup


def _description(backup: Backup, arn: str, **changed: str) -> dict[str, Any]:
    """BackupDescription with the ARN as it was given; backups by the service show no features."""
    details = {**backup["BackupDetails"], "BackupArn": arn, **changed}
    return {
        "BackupDetails": details,
        "SourceTableDetails": backup["SourceTableDetails"],
        "SourceTableFeatureDetails": {} if details["BackupType"] == "SYSTEM" else backup["SourceTableFeatureDetails"],
    }


# --- Lists --------------------------------------------------------------------------------------


@operation("ListBackups")
def list_backups(context: Context, request: Request) -> Response:
    """By the time they were made; the start is exclusive and need not exist."""
    lower, upper = request.get("TimeRangeLowerBound"), request.get("TimeRangeUpperBound")
    if lower is not None and upper is not None and lower > upper:
        raise ServiceError(errors.BACKUP_TIMES_REVERSED)
    start = _start(context, request.get("ExclusiveStartBackupArn"))
    listed = sorted(
        (_position(arn), arn)
        for arn, backup in backups(context).items()
        if _is_wanted(backup, request) and _is_between(backup, lower, upper) and _position(arn) > start
    )
    limit = request.get("Limit", limits.MAX_BACKUPS_LISTED)
    response: Response = {"BackupSummaries": [_summary(backups(context)[arn]) for _, arn in listed[:limit]]}
    if len(listed) > limit:
        response["LastEvaluatedBackupArn"] = listed[limit - 1][1]
    return response


def _start(context: Context, given: str | None) -> tuple[str, str]:
    if given is None:
        return "", ""
    arn, region = parsed_backup_arn(context, given), context.database.region
    if arn.region != region:
        raise ServiceError(errors.BACKUP_ARN_OF_OTHER_REGION, arn=given, region=region)
    return _position(given)


def _position(arn: str) -> tuple[str, str]:
    """Where a backup stands in lists."""
    return id_of(arn), arn


def _is_wanted(backup: Backup, request: Request) -> bool:
    """Whether the table and the type of a backup are those that the request names."""
    wanted = request.get("BackupType", "USER")
    table = request.get("TableName")
    return wanted in ("ALL", backup["BackupDetails"]["BackupType"]) and (
        table is None or table_name(table) == backup["SourceTableDetails"]["TableName"]
    )


def _is_between(backup: Backup, lower: float | None, upper: float | None) -> bool:
    at = backup["BackupDetails"]["BackupCreationDateTime"]
    return (lower is None or at >= in_milliseconds(lower)) and (upper is None or at < in_milliseconds(upper))


def _summary(backup: Backup) -> dict[str, Any]:
    table = backup["SourceTableDetails"]
    return {**{name: table[name] for name in ("TableName", "TableId", "TableArn")}, **backup["BackupDetails"]}
