"""Consumers of a stream, as programs poll them: through boto3, each shard after its parent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .builders import plain, table_of

Json = dict[str, Any]


def streamed(name: str, *keys: str, view: str = "NEW_AND_OLD_IMAGES", **parameters: Any) -> Json:
    """A CreateTable request of a table with a stream; arguments as of `table_of`."""
    specification = {"StreamEnabled": True, "StreamViewType": view}
    return table_of(name, *(keys or ("id",)), StreamSpecification=specification, **parameters)


def stream_of(client: Any, table: str) -> str:
    """The ARN of a table's latest stream."""
    arn: str = client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    return arn


def shards_of(streams: Any, arn: str, page: int = 100) -> list[Json]:
    """All shards of a stream, read in pages."""
    shards: list[Json] = []
    start: Json = {}
    while True:
        description = streams.describe_stream(StreamArn=arn, Limit=page, **start)["StreamDescription"]
        shards += description["Shards"]
        if "LastEvaluatedShardId" not in description:
            return shards
        start = {"ExclusiveStartShardId": description["LastEvaluatedShardId"]}


def is_open(shard: Mapping[str, Any]) -> bool:
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def iterator(streams: Any, arn: str, shard_id: str, kind: str = "TRIM_HORIZON", **place: Any) -> str:
    request = {"StreamArn": arn, "ShardId": shard_id, "ShardIteratorType": kind, **place}
    text: str = streams.get_shard_iterator(**request)["ShardIterator"]
    return text


def records_from(streams: Any, start: str | None, limit: int = 1000) -> list[Json]:
    """What an iterator reads: to the end of a closed shard, of an open one to the first empty page."""
    records: list[Json] = []
    while start is not None:
        page = streams.get_records(ShardIterator=start, Limit=limit)
        records += page["Records"]
        start = page.get("NextShardIterator") if page["Records"] else None
    return records


def parents_first(shards: list[Json]) -> Iterator[Json]:
    """The shards in an order in which no shard stands before its parent."""
    waiting = {shard["ShardId"]: shard for shard in shards}
    while waiting:
        for shard_id, shard in list(waiting.items()):
            if shard.get("ParentShardId") not in waiting:
                yield waiting.pop(shard_id)


def read_stream(streams: Any, arn: str) -> list[Json]:
    """All records that a stream still has."""
    shards = parents_first(shards_of(streams, arn))
    return [record for shard in shards for record in records_from(streams, iterator(streams, arn, shard["ShardId"]))]


def read_table(client: Any, streams: Any, table: str) -> list[Json]:
    """All records of a table's latest stream."""
    return read_stream(streams, stream_of(client, table))


class ShardWalker:
    """A consumer that keeps a checkpoint for each shard, in the manner of the Kinesis Client Library.

    A shard is taken up when its parent was read to its end or is not there any more.
    """

    def __init__(self, streams: Any, arn: str, limit: int = 1000) -> None:
        self._streams = streams
        self._arn = arn
        self._limit = limit
        self._checkpoints: dict[str, str] = {}
        """By shard: the sequence number of the last record that was read."""
        self._ended: set[str] = set()

    def poll(self) -> list[Json]:
        """The records since the last time."""
        records: list[Json] = []
        shards = shards_of(self._streams, self._arn)
        ids = {shard["ShardId"] for shard in shards}
        for shard in parents_first(shards):
            parent_is_read = shard.get("ParentShardId") not in ids - self._ended
            if parent_is_read and shard["ShardId"] not in self._ended:
                records += self._read(shard["ShardId"])
        return records

    def _read(self, shard_id: str) -> list[Json]:
        records: list[Json] = []
        start: str | None = self._start(shard_id)
        while start is not None:
            page = self._streams.get_records(ShardIterator=start, Limit=self._limit)
            start = page.get("NextShardIterator")
            records += page["Records"]
            if not page["Records"]:
                break
        if records:
            self._checkpoints[shard_id] = records[-1]["dynamodb"]["SequenceNumber"]
        if start is None:
            self._ended.add(shard_id)
        return records

    def _start(self, shard_id: str) -> str:
        number = self._checkpoints.get(shard_id)
        if number is None:
            return iterator(self._streams, self._arn, shard_id)
        try:
            return iterator(self._streams, self._arn, shard_id, "AFTER_SEQUENCE_NUMBER", SequenceNumber=number)
        except self._streams.exceptions.TrimmedDataAccessException:  # the last one that was read has become too old
            return iterator(self._streams, self._arn, shard_id)


# --- What records say -----------------------------------------------------------------------------


def names(records: list[Json]) -> list[str]:
    return [record["eventName"] for record in records]


def keys(records: list[Json]) -> list[Any]:
    """The values of the first key attribute of each record."""
    return [next(iter(plain(record["dynamodb"]["Keys"]).values())) for record in records]


def numbers(records: list[Json]) -> list[int]:
    return [int(record["dynamodb"]["SequenceNumber"]) for record in records]
