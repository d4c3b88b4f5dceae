"""Functions: what a handler is called with and what it answers, and the document about a batch that it failed with.

Source: Lambda Developer Guide, "AWS Lambda context object in Python", "Configuring partial batch response with DynamoDB
and Lambda" and "Retain discarded records for a DynamoDB event source in Lambda".
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

from emulator import limits
from emulator.streams.lanes import Batch
from emulator.streams.stream import StreamIdentity

Handler: TypeAlias = Callable[..., Any]
"""Takes an event and a context, or an event alone."""


class BadResponseError(Exception):
    """A function answered something else than which records failed."""


class LambdaContext:
    """The second argument of a handler, as far as a function's own code asks for it."""

    function_version = "$LATEST"
    memory_limit_in_mb = 128
    identity = None
    client_context = None

    def __init__(self, function: Function, request_id: str, now: Callable[[], float]) -> None:
        self.aws_request_id = request_id
        self.function_name = function.name
        self.invoked_function_arn = function.arn
        self.log_group_name = f"/aws/lambda/{function.name}"
        self._now = now
        self._deadline = now() + limits.FUNCTION_SECONDS
        today = datetime.fromtimestamp(now(), UTC)
        self.log_stream_name = f"{today:%Y/%m/%d}/[{self.function_version}]{request_id.replace('-', '')}"

    def get_remaining_time_in_millis(self) -> int:
        """What is left of 15 minutes, by the emulator's clock."""
        return max(0, int((self._deadline - self._now()) * 1000))


class Function:
    """A handler with the name that it goes by. Raises TypeError if it cannot be called as one."""

    def __init__(self, handler: Handler, name: str | None, region: str, account: str) -> None:
        if not callable(handler):
            raise TypeError(f"a handler is a function of an event and a context, not {handler!r}")
        if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__):
            raise TypeError(
                f"a handler is a plain function; {handler!r} is a coroutine function: use asyncio.run in one"
            )
        self.name = name or _name_of(handler)
        self.arn = f"arn:aws:lambda:{region}:{account}:function:{self.name}"
        self._handler = handler
        self._takes_context = _takes_context(handler)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> Any:
        return self._handler(event, context) if self._takes_context else self._handler(event)


def _name_of(handler: Handler) -> str:
    while isinstance(handler, partial):
        handler = handler.func
    name = getattr(handler, "__name__", None)
    return name if isinstance(name, str) else type(handler).__name__


def _takes_context(handler: Handler) -> bool:
    try:
        signature = inspect.signature(handler)
    except ValueError:  # some functions written in C do not tell
        return True
    for arguments in ((None, None), (None,)):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        return len(arguments) == 2
    raise TypeError(f"a handler takes an event and a context, or an event alone; {handler!r} takes {signature}")


# --- Answers --------------------------------------------------------------------------------------


def first_failure(response: Any, batch: Batch) -> int | None:
    """The lowest sequence number that a partial batch response names; None if it names none.

    Raises BadResponseError for anything that AWS takes as a failure of the whole batch.
    """
    if response is None:
        return None
    if not isinstance(response, dict):
        raise BadResponseError(f"the function answered {response!r}, which is no object with batchItemFailures")
    failures = response.get("batchItemFailures")
    if failures is None:
        return None
    if not isinstance(failures, list | tuple):
        raise BadResponseError(f"batchItemFailures is {failures!r}, which is no list")
    known = {str(change.sequence): change.sequence for change in batch.changes}
    return min((_identified(failure, known) for failure in failures), default=None)


def _identified(failure: Any, known: dict[str, int]) -> int:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    if not isinstance(identifier, str) or identifier not in known:
        raise BadResponseError(f"batchItemFailures has {failure!r}, whose itemIdentifier names no record of the batch")
    return known[identifier]


# --- Documents ------------------------------------------------------------------------------------


def failure_document(
    function: Function, stream: StreamIdentity, shard: str, batch: Batch, request_id: str, now: float
) -> dict[str, Any]:
    """What a destination on failure gets about a batch that was given up. The records are not in it."""
    first, last = batch.changes[0], batch.changes[-1]
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": function.arn,
            "condition": batch.condition,
            "approximateInvokeCount": batch.failures,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": _date(now, "milliseconds"),
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": str(first.sequence),
            "endSequenceNumber": str(last.sequence),
            "approximateArrivalOfFirstRecord": _date(first.at, "seconds"),
            "approximateArrivalOfLastRecord": _date(last.at, "seconds"),
            "batchSize": len(batch.changes),
            "streamArn": stream.arn,
        },
    }
    if not batch.failures:
        del document["responseContext"]  # the function was never called
    return document


def _date(epoch_seconds: float, precision: str) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
