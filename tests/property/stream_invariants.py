"""What must be true of the streams and expiries of an emulator at any time."""

from __future__ import annotations

from itertools import pairwise

from emulator import Emulator, limits
from emulator.clock import in_milliseconds
from emulator.storage.rows import RowKey
from emulator.storage.table import Table
from emulator.streams.shard import HASHES, Shard
from emulator.streams.stream import Stream


def check_streams_and_expiries(emulator: Emulator) -> None:
    """Raise AssertionError where shards, changes, expiries or alarms contradict each other."""
    for database in emulator._databases.values():
        for arn, stream in database.streams.items():
            assert stream.identity.arn == arn, "a stream is found under its ARN"
            check_stream(stream, emulator._agenda.now())
        for table in database.tables.values():
            if table.stream is not None:
                assert database.streams[table.stream.identity.arn] is table.stream, "the stream of a table can be found"
                assert table.stream.is_open, "the stream of a table is open"
            check_expiry(table, emulator._agenda.now())


def check_stream(stream: Stream, now: float) -> None:
    shards = list(stream.shards.values())
    assert [shard.id for shard in shards] == sorted(stream.shards), "shards stand in the order of their ids"
    assert stream._changes == sum(map(len, shards)), "the changes are counted"
    assert all(shard.end is None for shard in stream._open), "open shards have no end"
    assert {shard.id for shard in stream._open} == {shard.id for shard in shards if shard.end is None}
    bounds = [(shard.lower, shard.upper) for shard in stream._open]
    if bounds:
        assert (bounds[0][0], bounds[-1][1]) == (0, HASHES), "open shards have all hashes among them"
        assert all(left[1] == right[0] for left, right in pairwise(bounds)), "and each hash once"
    assert stream._lowers == [lower for lower, _ in bounds]
    for shard in shards:
        check_shard(shard)
        assert shard.start <= stream.last_sequence
    due = stream._next_due()
    if due is not None:
        alarm = stream._alarm.at
        assert alarm is not None, "somebody looks after the stream"
        assert alarm <= max(due, now), "and does so in time"


def check_shard(shard: Shard) -> None:
    changes = shard.since(0, limits.MAX_STREAM_RECORDS)
    assert len(changes) == len(shard), "the changes of a shard are counted"
    numbers = [shard.start, shard.trimmed, *(change.sequence for change in changes)]
    assert all(left <= right for left, right in pairwise(numbers)), "sequence numbers ascend"
    assert len(set(numbers[2:])) == len(changes), "and are there once"
    assert shard.end is None or numbers[-1] < shard.end, "a closed shard has nothing after its end"
    for change in changes:
        assert shard.lower <= int.from_bytes(change.partition[:8], "big") < shard.upper, "a shard has its own hashes"
        assert change.old is not change.new, "a change is one"
        assert change.at == in_milliseconds(change.at), "and dated as the service dates"


def check_expiry(table: Table, now: float) -> None:
    expiry = table.expiry
    if expiry is None:
        return
    numbers = [(record.decode().get(expiry.attribute, {}).get("N"), key) for key, record in table.rows]
    expected = sorted((float(number), key) for number, key in numbers if number is not None)
    assert list(expiry._expiries) == expected, "expiries are those of the items"
    plausible = [(at, key) for at, key in expected if at >= now - limits.TTL_IGNORED_AFTER_SECONDS]
    dues = [expiry._due(at) for at, key in plausible if expiry._due(at) > now or _expires_here(table, key)]
    if dues:
        alarm = expiry._alarm.at
        assert alarm is not None, "somebody looks for what expires"
        assert alarm <= max(dues[0], now), "and does so in time"


def _expires_here(table: Table, key: RowKey) -> bool:
    """Whether no other region of a global table is to delete the item when its time has come."""
    return table.replica is None or table.replica.expires_here(key)
