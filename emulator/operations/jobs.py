"""Jobs that read or write a bucket: what imports, exports and bulk operations have in common.

A job is a document: what its description says now, a digest of the request that began it, and how it is to end. Its
work is done with the request; what comes of it is kept back until the delay is over, and IN_PROGRESS is shown until
then. So nothing outside the emulator's data happens later, and an end that is undone may come again.
Source: backups_export_import.md 1, 5 and 7.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson

from emulator import errors, limits
from emulator.buckets.bucket import Bucket, KeyRefusedError, check_key, find_bucket
from emulator.buckets.documents import reader_of
from emulator.buckets.extras import MissingExtraError
from emulator.buckets.packing import check_compression
from emulator.buckets.source import Source
from emulator.errors import Fault, ServiceError
from emulator.operations.arns import partition, table_arn
from emulator.operations.context import Context, table_name
from emulator.operations.registry import Request, Response
from emulator.storage.documents import Document

_log = logging.getLogger("emulator")

IN_PROGRESS = "IN_PROGRESS"


@dataclass(frozen=True, slots=True)
class JobKind:
    """What differs between the kinds of jobs."""

    documents: str
    """The kind of their documents."""
    arn: str
    """The member of the description that is the ARN."""
    status: str
    token_reused: Fault
    not_found: Fault
    summary: tuple[str, ...]
    """The members of a description that a list shows."""
    rank: Callable[[str], tuple[str, ...]]
    """From ARN to what lists go by, the greatest first."""


class JobFailedError(Exception):
    """A job that comes to nothing: FailureCode and FailureMessage."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)

    @property
    def outcome(self) -> dict[str, Any]:
        return {"FailureCode": self.code, "FailureMessage": str(self)}


def job_id(now: float) -> str:
    """A new id: the milliseconds of its time and eight random digits."""
    return f"{round(now * 1000):014d}-{uuid4().hex[:8]}"


def newest_first(arn: str) -> tuple[str, ...]:
    """A rank by the time in the id that ends an ARN."""
    return (arn.rpartition("/")[2], arn)


# --- Tokens ---------------------------------------------------------------------------------------


def token_of(request: Request) -> str:
    """The idempotency token of a request, or one that is made up, as SDKs do."""
    token: str | None = request.get("ClientToken")
    return token if token is not None else str(uuid4())


def begun_before(context: Context, kind: JobKind, request: Request) -> dict[str, Any] | None:
    """The description of the job that the same request began lately. Raises if it was not quite the same."""
    token = request.get("ClientToken")
    earliest = context.agenda.now() - limits.JOB_TOKEN_SECONDS
    for job in context.database.documents.of_kind(kind.documents).values():
        description: dict[str, Any] = job["Description"]
        if description["ClientToken"] == token and description["StartTime"] > earliest:
            if job["Digest"] != _digest(request):
                raise ServiceError(kind.token_reused, token=token)
            return description
    return None


def _digest(request: Request) -> str:
    return sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()


# --- From start to end ----------------------------------------------------------------------------


def begin(
    context: Context, kind: JobKind, request: Request, description: dict[str, Any], outcome: Mapping[str, Any]
) -> None:
    """Enter a job whose work is done; its description shows the outcome when the delay is over."""
    arn = description[kind.arn]
    document = {"Description": description, "Digest": _digest(request), "Outcome": outcome}
    context.database.documents.put(kind.documents, arn, document)
    context.agenda.after(context.settings.status_delay, lambda: _end(context, kind, arn))


def _end(context: Context, kind: JobKind, arn: str) -> None:
    """Show the outcome of a job. What is cancelled meanwhile, or forgotten, is left alone."""
    job = context.database.documents.get(kind.documents, arn)
    if job is None or job["Description"][kind.status] != IN_PROGRESS:
        return
    end(context, kind, job)


def end(context: Context, kind: JobKind, job: Document, **members: Any) -> None:
    """End a job now: with its outcome, and with `members` in their place."""
    description = {**job["Description"], "EndTime": context.agenda.now(), **job["Outcome"], **members}
    _replace(context, kind, {**job, "Description": description, "Outcome": {}})


def change_status(context: Context, kind: JobKind, job: Document, status: str) -> None:
    """Have a job in another status that is not its last one."""
    _replace(context, kind, {**job, "Description": {**job["Description"], kind.status: status}})


def _replace(context: Context, kind: JobKind, job: Document) -> None:
    context.database.documents.put(kind.documents, job["Description"][kind.arn], job)


def running(context: Context, kind: JobKind) -> int:
    """How many jobs have not ended."""
    jobs = context.database.documents.of_kind(kind.documents).values()
    return sum("EndTime" not in job["Description"] for job in jobs)


# --- Finding and listing --------------------------------------------------------------------------


def found(context: Context, kind: JobKind, arn: str) -> Document:
    """The job of an ARN. Raises if there is none."""
    job = context.database.documents.get(kind.documents, arn)
    if job is None:
        raise ServiceError(kind.not_found, arn=arn)
    return job


def check_arn(context: Context, arn: str, part: str, invalid: Fault) -> None:
    """Raise unless an ARN is one of a table's `part` in this partition, service and region, of this account."""
    elements = arn.split(":", 5)
    path = elements[5].split("/") if len(elements) == 6 else []
    if elements[0] != "arn" or len(path) != 4 or path[0] != "table" or path[2] != part:
        raise ServiceError(invalid, arn=arn)
    own = context.database.region, context.settings.account_id
    if elements[1] != partition(own[0]) or elements[2] != "dynamodb" or tuple(elements[3:5]) != own:
        raise ServiceError(errors.BACKUP_ACCESS_DENIED)


def page_of(
    context: Context, kind: JobKind, limit: int, token: str | None, wanted: Callable[[dict[str, Any]], bool]
) -> tuple[list[dict[str, Any]], str | None]:
    """The summaries of a page of jobs, and the token of the next page if there is one."""
    earliest = context.agenda.now() - limits.JOB_LISTED_SECONDS
    jobs = context.database.documents.of_kind(kind.documents)
    descriptions = [job["Description"] for job in jobs.values()]
    listed = [each for each in descriptions if each["StartTime"] >= earliest and wanted(each)]
    listed.sort(key=lambda description: kind.rank(description[kind.arn]), reverse=True)
    if token is not None:
        last = kind.rank(_position(token))
        listed = [description for description in listed if kind.rank(description[kind.arn]) < last]
    page = [{name: each[name] for name in kind.summary if name in each} for each in listed[:limit]]
    return page, _token(listed[limit - 1][kind.arn]) if len(listed) > limit else None


def of_table(context: Context, table: str | None) -> Callable[[dict[str, Any]], bool]:
    """Whether a job is one of a table, which a request gives by ARN or name; of any if it gives none."""
    if table is None:
        return lambda description: True
    arn = table_arn(context.database.region, context.settings.account_id, table_name(table))
    return lambda description: bool(description["TableArn"] == (table if table.startswith("arn:") else arn))


def page_response(page: list[dict[str, Any]], token: str | None, member: str) -> Response:
    response: Response = {member: page}
    if token is not None:
        response["NextToken"] = token
    return response


# A token of a page is hexadecimal, 112 digits or more in groups of 16: a checksum, and the ARN that was listed last.

_GROUP_BYTES = 8
_MIN_TOKEN_BYTES = 56


def _token(arn: str) -> str:
    content = arn.encode().ljust(_MIN_TOKEN_BYTES - _GROUP_BYTES, b"\0")
    content += b"\0" * (-len(content) % _GROUP_BYTES)
    return (_checksum(content) + content).hex()


def _position(token: str) -> str:
    try:
        decoded = bytes.fromhex(token)
    except ValueError:
        raise ServiceError(errors.NEXT_TOKEN_INVALID) from None
    checksum, content = decoded[:_GROUP_BYTES], decoded[_GROUP_BYTES:]
    if checksum != _checksum(content):
        raise ServiceError(errors.NEXT_TOKEN_INVALID)
    return content.rstrip(b"\0").decode()


def _checksum(content: bytes) -> bytes:
    return sha256(content).digest()[:_GROUP_BYTES]


# --- Buckets --------------------------------------------------------------------------------------


def bucket_of(context: Context, name: str) -> Bucket:
    """The bucket of that name. Raises JobFailedError if there is none, and says in the log how to have one."""
    bucket = find_bucket(context.settings.bucket_dir, name)
    if bucket is None:
        if context.settings.bucket_dir is None:
            _log.warning(
                "there is no bucket %r, since no directory stands for Amazon S3: give one with --bucket-dir, "
                "or Settings.bucket_dir, and make the directory %s in it",
                name,
                name,
            )
        else:
            _log.warning(
                "there is no bucket %r: make the directory %s in %s, which --bucket-dir names",
                name,
                name,
                context.settings.bucket_dir,
            )
        raise JobFailedError("S3NoSuchBucket", _no_such_bucket())
    return bucket


def source_of(context: Context, wanted: dict[str, Any], request: dict[str, Any], types: dict[str, str]) -> Source:
    """The objects that a job reads: `wanted` names the bucket, `request` says how they are packed and written.

    `types` are the attribute definitions of the table that is made of them. Raises JobFailedError.
    """
    compression = request.get("InputCompressionType", "NONE")
    bucket = bucket_of(context, wanted["S3Bucket"])
    try:
        check_compression(compression)
        read = reader_of(request["InputFormat"], request.get("InputFormatOptions", {}), types)
        return Source(bucket, wanted.get("S3KeyPrefix", ""), compression, read)
    except MissingExtraError as error:
        raise missing_extra(error) from None
    except OSError as error:
        raise failure_of(error) from None


def _no_such_bucket() -> str:
    request_id = uuid4()
    return errors.NO_SUCH_BUCKET.format(
        request_id=request_id.hex[:16].upper(), extended_request_id=b64encode(request_id.bytes * 3).decode()
    )


def prefixed(prefix: str | None, key: str) -> str:
    """A key behind the prefix of a request. Raises for one that no directory can hold."""
    key = f"{prefix.removesuffix('/')}/{key}" if prefix else key
    try:
        check_key(key)
    except KeyRefusedError as error:
        raise ServiceError(errors.KEY_NOT_KEPT, key=key, reason=error) from None
    return key


def failure_of(error: OSError) -> JobFailedError:
    """What a job says of a directory that cannot be used."""
    _log.warning("a bucket cannot be used: %s", error)
    code = "S3AccessDenied" if isinstance(error, PermissionError) else "S3InternalError"
    return JobFailedError(code, str(error))


def missing_extra(error: MissingExtraError) -> JobFailedError:
    """What a job says of a format or compression that needs an extra which is not installed."""
    _log.warning("%s", error)
    return JobFailedError("EmulatorExtraMissing", str(error))
