"""StartBulkPutItems, DescribeBulkOperation, ListBulkOperations and CancelBulkOperation.

The items are put with the request, each as PutItem would. What is not known of the service is chosen here and told in
docs/export_import.md: the members of a document beside its Item, the ARN, and the files of the report.
Source: backups_export_import.md 1.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from emulator import errors, limits
from emulator.buckets.bucket import Bucket
from emulator.buckets.manifests import FILES, FOLDER, data_file_name, put_data, put_manifests
from emulator.buckets.source import Entry, Source
from emulator.errors import ServiceError
from emulator.model import check_request
from emulator.operations import jobs
from emulator.operations.arns import bulk_operation_arn
from emulator.operations.context import Context
from emulator.operations.jobs import JobFailedError, JobKind
from emulator.operations.registry import Request, Response, operation
from emulator.operations.tables import CHANGES, check_not_busy
from emulator.operations.write_item import put_item
from emulator.storage import documents
from emulator.storage.index import IndexKind
from emulator.storage.table import Table
from emulator.values.types import Item

BULK_OPERATIONS = JobKind(
    documents=documents.BULK_OPERATIONS,
    arn="BulkOperationArn",
    status="BulkOperationStatus",
    token_reused=errors.BULK_TOKEN_REUSED,
    not_found=errors.RESOURCE_NOT_FOUND,
    summary=("BulkOperationArn", "BulkOperationStatus", "StartTime", "EndTime"),
    rank=jobs.newest_first,
)

_MEMBERS = ("Item", "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues")
"""Of a document: those of a PutItem request."""

_CANCELLING = "CANCELLING"


@operation("StartBulkPutItems")
def start_bulk_put_items(context: Context, request: Request) -> Response:
    """Put what a bucket holds into a table: IN_PROGRESS in the answer, ended after the delay."""
    begun = jobs.begun_before(context, BULK_OPERATIONS, request)
    if begun is not None:
        return {"BulkOperationDescription": begun}
    table = context.described_table(request["TableName"])
    _check_takes_items(table)
    _check_output(request["OutputS3Configuration"])
    description = _description(context, request, table)
    outcome = _carry_out(context, request, table, description["BulkOperationArn"])
    jobs.begin(context, BULK_OPERATIONS, request, description, outcome)
    return {"BulkOperationDescription": description}


def _check_takes_items(table: Table) -> None:
    """Raise if the table is being made or deleted, is making an index, or belongs to a global table."""
    if table.replica is not None:
        raise ServiceError(errors.BULK_OF_GLOBAL_TABLE, table=table.name)
    if table.definition.status != "UPDATING":
        check_not_busy(table)
    for index in table.indexes.values():
        if index.definition.status == "CREATING":
            change = CHANGES[index.definition.status]
            raise ServiceError(errors.INDEX_IN_USE, change=change, table=table.name, index=index.name)


def _check_output(output: dict[str, Any]) -> None:
    if "S3SseKmsKeyId" in output and output.get("S3SseAlgorithm") != "KMS":
        raise ServiceError(errors.BULK_KEY_WITHOUT_KMS)
    jobs.prefixed(output.get("S3KeyPrefix"), FOLDER)


def _description(context: Context, request: Request, table: Table) -> dict[str, Any]:
    now = context.agenda.now()
    description = {
        "BulkOperationArn": bulk_operation_arn(context.database.region, context.settings.account_id, jobs.job_id(now)),
        "BulkOperationStatus": jobs.IN_PROGRESS,
        "TableDetails": [{"TableName": table.name, "TableId": table.definition.id}],
        "ClientToken": jobs.token_of(request),
        "InputS3Configuration": request["InputS3Configuration"],
        "OutputS3Configuration": request["OutputS3Configuration"],
        "StartTime": now,
        "ProcessedItemCount": 0,
        "FailedItemCount": 0,
        "ProcessedInputBytes": 0,
        "PerformanceTier": request.get("PerformanceTier", "STANDARD"),
    }
    if "MaxWriteRequestUnits" in request:
        description["MaxWriteRequestUnits"] = request["MaxWriteRequestUnits"]
    return description


def _carry_out(context: Context, request: Request, table: Table, arn: str) -> dict[str, Any]:
    """Put the items and write the report; what the description says when the operation has ended."""
    try:
        source = jobs.source_of(context, request["InputS3Configuration"], request["InputS3Configuration"], {})
        output = jobs.bucket_of(context, request["OutputS3Configuration"]["S3Bucket"])
    except JobFailedError as failure:
        return {"BulkOperationStatus": "FAILED", **failure.outcome}
    done = _put_all(context, table, source)
    outcome = {
        "BulkOperationStatus": "COMPLETED_WITH_ERRORS" if done.failures else "COMPLETED",
        "ProcessedItemCount": done.processed,
        "FailedItemCount": len(done.failures),
        "ProcessedInputBytes": source.packed_bytes,
        "TotalInputBytes": source.packed_bytes,
        "BulkOperationUsage": [_usage(table, done)],
    }
    try:
        _write_report(output, request["OutputS3Configuration"], arn, done)
    except OSError as error:
        return {**outcome, "BulkOperationStatus": "FAILED", **jobs.failure_of(error).outcome}
    return outcome


# --- Items ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Done:
    """What became of the documents: how many there were, lines of the report, bytes put by index (None: the table)."""

    processed: int = 0
    failures: list[bytes] = field(default_factory=list)
    unmet_conditions: list[bytes] = field(default_factory=list)
    bytes: Counter[str | None] = field(default_factory=Counter)
    vector_bytes: Counter[str] = field(default_factory=Counter)
    """By vector index."""


def _put_all(context: Context, table: Table, source: Source) -> _Done:
    done = _Done()
    for entry in source:
        done.processed += 1
        try:
            item = _put(context, table, entry)
        except ServiceError as error:
            if error.fault is errors.CONDITION_FAILED:
                done.unmet_conditions.append(_unmet_condition(source.bucket, entry, error))
            else:
                done.failures.append(_failure(source.bucket, entry, error))
        else:
            _count(done, table, item)
    return done


def _put(context: Context, table: Table, entry: Entry) -> Item:
    """Put the item of a document, if its condition holds. Raises ServiceError."""
    request = {
        **entry.document(_MEMBERS),
        "TableName": table.name,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    try:
        put_item(context, check_request("PutItem", request))
    except RecursionError:
        raise ServiceError(errors.NESTING_TOO_DEEP) from None
    item: Item = request["Item"]
    return item


def _count(done: _Done, table: Table, item: Item) -> None:
    record = table.rows.get(table.schema.row_key(item))
    assert record is not None
    done.bytes[None] += record.size
    for index in table.indexes.values():
        done.bytes[index.name] += index.row_size(item)
    for vectors in (table.vectors or {}).values():
        done.vector_bytes[vectors.name] += vectors.entry_size(table.schema.row_key(item), item)


def _usage(table: Table, done: _Done) -> dict[str, Any]:
    """The element of BulkOperationUsage for a table."""
    put = done.bytes
    usage: dict[str, Any] = {
        "TableName": table.name,
        "BulkPutBytes": put.total(),
        "Table": {"BulkPutBytes": put[None]},
    }
    for kind in (IndexKind.LOCAL, IndexKind.GLOBAL):
        if indexes := table.indexes_of(kind):
            usage[kind.value] = {index.name: {"BulkPutBytes": put[index.name]} for index in indexes}
    if table.vectors is not None:
        usage["VectorIndexes"] = {name: {"BulkPutVectorBytes": done.vector_bytes[name]} for name in table.vectors}
    return usage


# --- The report -----------------------------------------------------------------------------------


def _failure(bucket: Bucket, entry: Entry, error: ServiceError) -> bytes:
    record = {"itemS3Pointer": entry.pointer(bucket), "errorMessages": [error.message]}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _unmet_condition(bucket: Bucket, entry: Entry, error: ServiceError) -> bytes:
    record = {"itemS3Pointer": entry.pointer(bucket), "Item": entry.document(_MEMBERS)["Item"]}
    if "Item" in error.members:
        record["ExistingItem"] = error.members["Item"]
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _write_report(bucket: Bucket, output: dict[str, Any], arn: str, done: _Done) -> None:
    """The records of the kinds that were asked for, a file each, and the manifests."""
    job_id = arn.rpartition("/")[2]
    folder = jobs.prefixed(output.get("S3KeyPrefix"), f"{FOLDER}/{job_id}")
    reports = {"ERROR": done.failures, "CONDITION_CHECK_FAILURE": done.unmet_conditions}
    files = [
        put_data(bucket, f"{folder}/{kind}/{data_file_name(job_id, number)}.json", len(lines), b"".join(lines))
        for number, (kind, lines) in enumerate(reports.items())
        if kind in output["OutputType"]
    ]
    summary = {
        "bulkOperationArn": arn,
        "s3Bucket": bucket.name,
        "s3Prefix": output.get("S3KeyPrefix"),
        "manifestFilesS3Key": f"{folder}/{FILES}.json",
        "processedItemCount": done.processed,
        "failedItemCount": len(done.failures),
        "conditionCheckFailureCount": len(done.unmet_conditions),
    }
    put_manifests(bucket, folder, summary, files)


# --- DescribeBulkOperation, ListBulkOperations and CancelBulkOperation ----------------------------


@operation("DescribeBulkOperation")
def describe_bulk_operation(context: Context, request: Request) -> Response:
    return {
        "BulkOperationDescription": jobs.found(context, BULK_OPERATIONS, request["BulkOperationArn"])["Description"]
    }


@operation("ListBulkOperations")
def list_bulk_operations(context: Context, request: Request) -> Response:
    """Newest first."""
    limit = request.get("MaxResults", limits.MAX_LISTED_BULK_OPERATIONS)
    page, following = jobs.page_of(
        context, BULK_OPERATIONS, limit, request.get("NextToken"), jobs.of_table(context, None)
    )
    return jobs.page_response(page, following, "BulkOperationsSummaryList")


@operation("CancelBulkOperation")
def cancel_bulk_operation(context: Context, request: Request) -> Response:
    """CANCELLING until the delay is over, what was put stays; one that has ended stays as it is."""
    arn = request["BulkOperationArn"]
    job = jobs.found(context, BULK_OPERATIONS, arn)
    if job["Description"]["BulkOperationStatus"] == jobs.IN_PROGRESS:
        jobs.change_status(context, BULK_OPERATIONS, job, _CANCELLING)
        context.agenda.after(context.settings.status_delay, lambda: _become_cancelled(context, arn))
    status = jobs.found(context, BULK_OPERATIONS, arn)["Description"]["BulkOperationStatus"]
    return {"BulkOperationArn": arn, "BulkOperationStatus": status}


def _become_cancelled(context: Context, arn: str) -> None:
    job = context.database.documents.get(BULK_OPERATIONS.documents, arn)
    if job is not None and job["Description"]["BulkOperationStatus"] == _CANCELLING:
        jobs.end(context, BULK_OPERATIONS, job, BulkOperationStatus="CANCELLED")
