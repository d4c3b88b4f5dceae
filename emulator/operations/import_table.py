"""ImportTable, DescribeImport and ListImports. Source: backups_export_import.md 7 and 8.

The objects are read with the request. The table that they fill is CREATING until the import ends, so nobody sees a
part of it. An import that fails before an item was read leaves no table.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from emulator import errors, limits
from emulator.buckets.bucket import Bucket
from emulator.buckets.source import Entry, Source
from emulator.errors import ServiceError
from emulator.model import check_request
from emulator.operations import jobs
from emulator.operations.arns import log_group_arn
from emulator.operations.context import Context
from emulator.operations.create_table import enter_table, planned_table
from emulator.operations.jobs import JobFailedError, JobKind
from emulator.operations.registry import Request, Response, operation
from emulator.operations.write_item import check_new_item
from emulator.storage.record import Record
from emulator.storage.rows import RowKey
from emulator.storage.table import Table
from emulator.values.canonical import canonical_item
from emulator.values.types import Wording

_log = logging.getLogger("emulator")

IMPORTS = JobKind(
    documents="import",
    arn="ImportArn",
    status="ImportStatus",
    token_reused=errors.IMPORT_CONFLICT,
    not_found=errors.IMPORT_NOT_FOUND,
    summary=(
        *("ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "CloudWatchLogGroupArn", "InputFormat"),
        *("StartTime", "EndTime"),
    ),
    rank=jobs.newest_first,
)

LOG_GROUP = "/aws-dynamodb/imports"
LOGS = ".logs"
"""The directory beside the buckets that stands for CloudWatch Logs; no bucket can have that name."""


@operation("ImportTable")
def import_table(context: Context, request: Request) -> Response:
    """Make a table of what a bucket holds: IN_PROGRESS in the answer, ended after the delay."""
    begun = jobs.begun_before(context, IMPORTS, request)
    if begun is not None:
        return {"ImportTableDescription": begun}
    table = planned_table(context, request["TableCreationParameters"])
    if jobs.running(context, IMPORTS) >= limits.MAX_CONCURRENT_IMPORTS:
        raise ServiceError(errors.IMPORTS_LIMITED, limit=limits.MAX_CONCURRENT_IMPORTS)
    description = _description(context, request, table)
    outcome = _carry_out(context, request, table, description["ImportArn"])
    jobs.begin(context, IMPORTS, request, description, outcome)
    return {"ImportTableDescription": description}


def _description(context: Context, request: Request, table: Table) -> dict[str, Any]:
    now = context.agenda.now()
    description = {
        "ImportArn": f"{table.definition.arn}/import/{jobs.job_id(now)}",
        "ImportStatus": jobs.IN_PROGRESS,
        "TableArn": table.definition.arn,
        "TableId": table.definition.id,
        "ClientToken": jobs.token_of(request),
        "S3BucketSource": request["S3BucketSource"],
        "ErrorCount": 0,
        "CloudWatchLogGroupArn": log_group_arn(context.database.region, context.settings.account_id, LOG_GROUP),
        "InputFormat": request["InputFormat"],
        "InputCompressionType": request.get("InputCompressionType", "NONE"),
        "TableCreationParameters": request["TableCreationParameters"],
        "StartTime": now,
    }
    if "InputFormatOptions" in request:
        description["InputFormatOptions"] = request["InputFormatOptions"]
    return description


def _carry_out(context: Context, request: Request, table: Table, arn: str) -> dict[str, Any]:
    """Read the objects into the table, and enter it; what the description says when the import has ended."""
    try:
        source = jobs.source_of(context, request["S3BucketSource"], request, table.definition.attribute_types)
    except JobFailedError as failure:
        return {"ImportStatus": "FAILED", **failure.outcome}
    found = _read(source, table, arn)
    enter_table(context, table)
    table.load(found.rows.items())
    _write_error_log(context, arn, found.errors)
    outcome = {
        "ImportStatus": "COMPLETED",
        "ErrorCount": found.error_count,
        "ProcessedSizeBytes": source.unpacked_bytes,
        "ProcessedItemCount": found.processed,
        "ImportedItemCount": found.processed - found.error_count,
    }
    if found.error_count:
        invalid = JobFailedError("ItemValidationError", errors.ITEMS_INVALID)
        outcome = {**outcome, "ImportStatus": "FAILED", **invalid.outcome}
    return outcome


# --- Items ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """What the objects hold: rows by key, of equal keys the last one, and messages of what is no item."""

    rows: dict[RowKey, Record] = field(default_factory=dict)
    processed: int = 0
    error_count: int = 0
    errors: list[bytes] = field(default_factory=list)


def _read(source: Source, table: Table, arn: str) -> _Found:
    found = _Found()
    for entry in source:
        found.processed += 1
        try:
            key, record = _row(entry, table)
        except ServiceError as error:
            found.error_count += 1
            if found.error_count <= limits.MAX_LOGGED_IMPORT_ERRORS:
                found.errors.append(_message(source.bucket, entry, arn, error))
        else:
            found.rows[key] = record
    return found


def _row(entry: Entry, table: Table) -> tuple[RowKey, Record]:
    """The row of a document, checked as PutItem would. Raises ServiceError."""
    request = {"TableName": table.name, **entry.document(("Item",))}
    try:
        check_request("PutItem", request)
    except RecursionError:
        raise ServiceError(errors.NESTING_TOO_DEEP) from None
    item = request["Item"]
    size = canonical_item(item, Wording.CURRENT)
    return check_new_item(table, item, size), Record(item, size)


# --- The error log --------------------------------------------------------------------------------


def _message(bucket: Bucket, entry: Entry, arn: str, error: ServiceError) -> bytes:
    """A message of the log stream."""
    message = {"itemS3Pointer": entry.pointer(bucket), "importArn": arn, "errorMessages": [error.message]}
    return orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE)


def _write_error_log(context: Context, arn: str, messages: list[bytes]) -> None:
    """Leave the messages in the file that stands for the log stream."""
    if not messages:
        return
    assert context.settings.bucket_dir is not None
    logs = Bucket(LOGS, Path(context.settings.bucket_dir, LOGS))
    key = f"{LOG_GROUP[1:]}/{arn.rpartition('/')[2]}/error"
    try:
        logs.put(key, messages)
    except OSError as error:
        _log.warning("the error log of the import %s cannot be written: %s", arn, error)
    else:
        _log.warning("items were not imported by %s; %s in the bucket directory says why", arn, f"{LOGS}/{key}")


# --- DescribeImport and ListImports ---------------------------------------------------------------


@operation("DescribeImport")
def describe_import(context: Context, request: Request) -> Response:
    arn = request["ImportArn"]
    jobs.check_arn(context, arn, "import", errors.IMPORT_ARN_INVALID)
    return {"ImportTableDescription": jobs.found(context, IMPORTS, arn)["Description"]}


@operation("ListImports")
def list_imports(context: Context, request: Request) -> Response:
    """Newest first; of one table, be it there or not, or of all."""
    limit, token = request.get("PageSize", limits.MAX_LISTED_JOBS), request.get("NextToken")
    page, following = jobs.page_of(context, IMPORTS, limit, token, jobs.of_table(context, request.get("TableArn")))
    return jobs.page_response(page, following, "ImportSummaryList")
