"""ExportTableToPointInTime, DescribeExport and ListExports. Source: backups_export_import.md 5 and 6.

The files are written with the request, so what becomes of the table afterwards does not matter to an export. The
order in which the table, its point-in-time recovery and times are judged is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator import errors, limits
from emulator.buckets.export_files import ExportFolder, iso_time, put_export
from emulator.buckets.extras import MissingExtraError
from emulator.buckets.manifests import FOLDER
from emulator.clock import in_milliseconds
from emulator.errors import ServiceError
from emulator.operations import jobs
from emulator.operations.context import Context
from emulator.operations.continuous_backups import table_to_back_up
from emulator.operations.export_records import Export, ExportFilter, export_filter, full_export, incremental_export
from emulator.operations.jobs import JobFailedError, JobKind
from emulator.operations.registry import Request, Response, operation
from emulator.storage.history import History
from emulator.storage.table import Table

EXPORTS = JobKind(
    documents="export",
    arn="ExportArn",
    status="ExportStatus",
    token_reused=errors.EXPORT_CONFLICT,
    not_found=errors.EXPORT_NOT_FOUND,
    summary=("ExportArn", "ExportStatus", "ExportType"),
    rank=lambda arn: (arn,),
)

_FULL, _INCREMENTAL = "FULL_EXPORT", "INCREMENTAL_EXPORT"
_ECHOED = ("S3Bucket", "S3BucketOwner", "S3Prefix", "S3SseKmsKeyId", "ExportType", "FilterSpecification")


@operation("ExportTableToPointInTime")
def export_table_to_point_in_time(context: Context, request: Request) -> Response:
    """Write what a table held into a bucket: IN_PROGRESS in the answer, ended after the delay."""
    begun = jobs.begun_before(context, EXPORTS, request)
    if begun is not None:
        return {"ExportDescription": begun}
    table, history = _table(context, request["TableArn"])
    times = _times(context, request, history)
    chosen = export_filter(table, request.get("FilterSpecification"))
    above = jobs.prefixed(request.get("S3Prefix"), FOLDER)
    description = _description(context, request, table, times)
    export_id = description["ExportArn"].rpartition("/")[2]
    folder = ExportFolder(above, export_id, incremental="IncrementalExportSpecification" in times)
    outcome = _carry_out(context, description, folder, _records(table, history, times, chosen))
    jobs.begin(context, EXPORTS, request, description, outcome)
    return {"ExportDescription": description}


def _table(context: Context, arn: str) -> tuple[Table, History]:
    """The table of that ARN, and what is known of its past."""
    table = table_to_back_up(context, arn)
    if table.history is None:
        raise ServiceError(errors.RECOVERY_UNAVAILABLE, table=table.name)
    return table, table.history


# --- Times ----------------------------------------------------------------------------------------


def _times(context: Context, request: Request, history: History) -> dict[str, Any]:
    """ExportTime, or IncrementalExportSpecification, with defaults."""
    now = context.agenda.now()
    export_type = request.get("ExportType", _FULL)
    unwanted = "ExportTime" if export_type == _INCREMENTAL else "IncrementalExportSpecification"
    if unwanted in request:
        raise ServiceError(errors.EXPORT_SPECIFICATION_UNWANTED, parameter=unwanted, type=export_type)
    if export_type == _INCREMENTAL:
        return {"IncrementalExportSpecification": _window(request, history, now)}
    when = in_milliseconds(request.get("ExportTime", now))
    _check_known("ExportTime", when, history, now)
    return {"ExportTime": when}


def _window(request: Request, history: History, now: float) -> dict[str, Any]:
    """The window from a time on and before another one: it needs both of them to be known, and a length."""
    asked = request.get("IncrementalExportSpecification", {})
    if "ExportFromTime" not in asked:
        raise ServiceError(errors.EXPORT_SPECIFICATION_MISSING)
    start, stop = in_milliseconds(asked["ExportFromTime"]), in_milliseconds(asked.get("ExportToTime", now))
    if stop - start < limits.MIN_EXPORT_WINDOW_SECONDS:
        raise ServiceError(errors.EXPORT_WINDOW_TOO_SHORT, limit=limits.MIN_EXPORT_WINDOW_SECONDS // 60)
    if stop - start > limits.MAX_EXPORT_WINDOW_SECONDS:
        raise ServiceError(errors.EXPORT_WINDOW_TOO_LONG, limit=limits.MAX_EXPORT_WINDOW_SECONDS // 3600)
    _check_known("ExportFromTime", start, history, now)
    _check_known("ExportToTime", stop, history, now)
    view = asked.get("ExportViewType", "NEW_AND_OLD_IMAGES")
    return {"ExportFromTime": start, "ExportToTime": stop, "ExportViewType": view}


def _check_known(parameter: str, when: float, history: History, now: float) -> None:
    if not history.can_bring_back(when, now):
        earliest = iso_time(history.earliest(now))
        raise ServiceError(errors.EXPORT_TIME_OUTSIDE, parameter=parameter, earliest=earliest, now=iso_time(now))


# --- Carrying it out ------------------------------------------------------------------------------


def _description(context: Context, request: Request, table: Table, times: dict[str, Any]) -> dict[str, Any]:
    now = context.agenda.now()
    return {
        "ExportArn": f"{table.definition.arn}/export/{jobs.job_id(now)}",
        "ExportStatus": jobs.IN_PROGRESS,
        "StartTime": now,
        "TableArn": table.definition.arn,
        "TableId": table.definition.id,
        "ClientToken": jobs.token_of(request),
        "S3SseAlgorithm": request.get("S3SseAlgorithm", "AES256"),
        "ExportFormat": request.get("ExportFormat", "DYNAMODB_JSON"),
        **times,
        **{member: request[member] for member in _ECHOED if member in request},
    }


def _records(table: Table, history: History, times: dict[str, Any], chosen: ExportFilter) -> Export:
    window = times.get("IncrementalExportSpecification")
    if window is None:
        return full_export(table, history, times["ExportTime"], chosen)
    bounds = window["ExportFromTime"], window["ExportToTime"]
    return incremental_export(table, history, bounds, window["ExportViewType"], chosen)


def _carry_out(
    context: Context, description: Mapping[str, Any], folder: ExportFolder, export: Export
) -> dict[str, Any]:
    """Write the files; what the description says when the export has ended."""
    outcome = {
        "ExportStatus": "COMPLETED",
        "EndTime": in_milliseconds(description["StartTime"] + context.settings.status_delay),
        "ExportManifest": folder.manifest,
        "BilledSizeBytes": export.size,
        "ItemCount": sum(map(len, export.partitions)),
    }
    summary = _summary({**description, **outcome}, folder)
    try:
        bucket = jobs.bucket_of(context, description["S3Bucket"])
        put_export(bucket, folder, description["ExportFormat"], export.partitions, summary)
    except JobFailedError as failure:
        return {"ExportStatus": "FAILED", **failure.outcome}
    except MissingExtraError as error:
        return {"ExportStatus": "FAILED", **jobs.missing_extra(error).outcome}
    except OSError as error:
        return {"ExportStatus": "FAILED", **jobs.failure_of(error).outcome}
    return outcome


def _summary(done: Mapping[str, Any], folder: ExportFolder) -> dict[str, Any]:
    """manifest-summary.json, its members in the service's order."""
    window = done.get("IncrementalExportSpecification")
    if window is None:
        times = {"exportTime": iso_time(done["ExportTime"])}
        more = {}
    else:
        times = {
            "exportFromTime": iso_time(window["ExportFromTime"]),
            "exportToTime": iso_time(window["ExportToTime"]),
        }
        more = {"outputView": window["ExportViewType"], "exportType": _INCREMENTAL}
    return {
        "version": "2020-06-30" if window is None else "2023-08-01",
        "exportArn": done["ExportArn"],
        "startTime": iso_time(done["StartTime"]),
        "endTime": iso_time(done["EndTime"]),
        "tableArn": done["TableArn"],
        "tableId": done["TableId"],
        **times,
        "s3Bucket": done["S3Bucket"],
        "s3Prefix": done.get("S3Prefix"),
        "s3SseAlgorithm": done["S3SseAlgorithm"],
        "s3SseKmsKeyId": done.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": folder.manifest_of_files,
        "billedSizeBytes": done["BilledSizeBytes"],
        "itemCount": done["ItemCount"],
        "outputFormat": done["ExportFormat"],
        **more,
    }


# --- DescribeExport and ListExports ---------------------------------------------------------------


@operation("DescribeExport")
def describe_export(context: Context, request: Request) -> Response:
    arn = request["ExportArn"]
    jobs.check_arn(context, arn, "export", errors.EXPORT_ARN_INVALID)
    return {"ExportDescription": jobs.found(context, EXPORTS, arn)["Description"]}


@operation("ListExports")
def list_exports(context: Context, request: Request) -> Response:
    """By ARN, the greatest first; of one table, be it there or not, or of all."""
    limit, token = request.get("MaxResults", limits.MAX_LISTED_JOBS), request.get("NextToken")
    page, following = jobs.page_of(context, EXPORTS, limit, token, jobs.of_table(context, request.get("TableArn")))
    summaries = [{"ExportType": _FULL, **summary} for summary in page]
    return jobs.page_response(summaries, following, "ExportSummaries")
