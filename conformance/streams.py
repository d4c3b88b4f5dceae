"""Reading a whole stream of a target, as a consumer does: each shard as far as it goes, parents first."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from conformance.targets import Reply

Call: TypeAlias = Callable[[str, Any], Reply]
"""Asks for an operation with a request."""

OPERATIONS = frozenset(("ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"))

_SECONDS_BETWEEN_ROUNDS = 1


class StreamError(Exception):
    """The target refused a step of reading a stream."""


def records_of(call: Call, table_name: str, wanted: int, patience_seconds: float) -> list[dict[str, Any]]:
    """All records of the latest stream of a table.

    Records of the real service show up a little after the write: while there are fewer than `wanted`, the stream is
    read again, for `patience_seconds` at most.
    """
    deadline = time.monotonic() + patience_seconds
    arn = _answer(call, "DescribeTable", {"TableName": table_name})["Table"]["LatestStreamArn"]
    while True:
        records = list(_read(call, arn))
        if len(records) >= wanted or time.monotonic() >= deadline:
            return records
        time.sleep(_SECONDS_BETWEEN_ROUNDS)


def _read(call: Call, arn: str) -> Iterator[dict[str, Any]]:
    for shard_id in _parents_first(_shards(call, arn)):
        start = {"StreamArn": arn, "ShardId": shard_id, "ShardIteratorType": "TRIM_HORIZON"}
        iterator = _answer(call, "GetShardIterator", start)["ShardIterator"]
        while iterator is not None:
            page = _answer(call, "GetRecords", {"ShardIterator": iterator})
            yield from page["Records"]
            iterator = page.get("NextShardIterator") if page["Records"] else None


def _shards(call: Call, arn: str) -> list[dict[str, Any]]:
    request = {"StreamArn": arn}
    shards: list[dict[str, Any]] = []
    while True:
        page = _answer(call, "DescribeStream", request)["StreamDescription"]
        shards += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            return shards
        request["ExclusiveStartShardId"] = page["LastEvaluatedShardId"]


def _parents_first(shards: list[dict[str, Any]]) -> list[str]:
    parents = {shard["ShardId"]: shard.get("ParentShardId") for shard in shards}

    def generation(shard_id: str) -> int:
        parent = parents[shard_id]
        return 0 if parent is None or parent not in parents else 1 + generation(parent)

    return sorted(parents, key=generation)


def _answer(call: Call, operation: str, request: Any) -> Any:
    reply = call(operation, request)
    if reply.status != 200:
        raise StreamError(f"{operation} {json.dumps(request)} was refused: {reply.status} {reply.body.decode()}")
    return json.loads(reply.body)
