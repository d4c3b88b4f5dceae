"""A replica that is built from a stream alone equals its table. Source: streams_ttl.md 9 to 12 and 18."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.consumers import ShardWalker, iterator, records_from, shards_of

from .stream_invariants import check_streams_and_expiries
from .streamed_tables import HOUR, REGION, START, TTL_ATTRIBUTE, VIEWS, StreamedTables, key_text
from .wire import Json

WRITES = 20_000
WRITES_PER_EXAMPLE = 250
SERVICE = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


class Replica:
    """What a consumer knows of a table from its stream. `items` are whole only if the stream shows new images."""

    def __init__(self, view: str) -> None:
        self.view = view
        self.items: dict[str, Json] = {}
        self.history: list[Json] = []
        """All records, for the stream that shows old images only."""
        self.event_ids: set[str] = set()
        self.counts: Counter[str] = Counter()

    def take(self, record: Json) -> None:
        """Follow a change. Raises AssertionError for a record that does not fit what went before."""
        assert record["eventID"] not in self.event_ids, "a record comes once"
        self.event_ids.add(record["eventID"])
        change = record["dynamodb"]
        key = key_text(change["Keys"])
        assert (record["eventName"] == "INSERT") == (key not in self.items), (
            "an insert is of an item that was not there"
        )
        assert ("OldImage" in change) == ("OLD" in self.view and record["eventName"] != "INSERT")
        assert ("NewImage" in change) == (self.view.startswith("NEW") and record["eventName"] != "REMOVE")
        if self.view == "NEW_AND_OLD_IMAGES":
            assert change.get("OldImage") == self.items.get(key), "an old image is the new image before"
            assert change.get("OldImage") != change.get("NewImage"), "a change changes something"
        self._check_identity(record)
        if record["eventName"] == "REMOVE":
            del self.items[key]
        else:
            self.items[key] = change.get("NewImage", change["Keys"])
        if self.view == "OLD_IMAGE":
            self.history.append(record)
        self.counts[record["eventName"]] += 1

    def _check_identity(self, record: Json) -> None:
        identity = record.get("userIdentity")
        if identity is None:
            return
        assert (record["eventName"], identity) == ("REMOVE", SERVICE)
        old = record["dynamodb"].get("OldImage")
        if old is not None:
            assert float(old[TTL_ATTRIBUTE]["N"]) <= record["dynamodb"]["ApproximateCreationDateTime"] + 1
        self.counts["expired"] += 1

    def check(self, table: dict[str, Json]) -> None:
        """Raise AssertionError where the table is another."""
        if self.view.startswith("NEW"):
            assert self.items == table
            return
        assert self.items.keys() == table.keys()
        if self.view == "OLD_IMAGE":
            self._go_back(dict(table))

    def _go_back(self, items: dict[str, Json]) -> None:
        """Undo all changes by their old images, down to the empty table."""
        for record in reversed(self.history):
            change = record["dynamodb"]
            key = key_text(change["Keys"])
            assert (key in items) == (record["eventName"] != "REMOVE")
            if "OldImage" in change:
                assert change["OldImage"] != items.get(key), "a change changes something"
                items[key] = change["OldImage"]
            else:
                del items[key]
        assert items == {}


def follow_by_polling(tables: StreamedTables) -> tuple[list[Replica], Callable[[], None]]:
    """Replicas of the four tables, and what brings them up to date: consumers that walk from shard to shard."""
    replicas = [Replica(view) for view in VIEWS]
    limits = [tables.rng.choice((10, 1000)) for _ in VIEWS]
    walkers = [
        ShardWalker(tables.api, tables.latest_stream(view), limit) for view, limit in zip(VIEWS, limits, strict=True)
    ]

    def poll() -> None:
        for replica, walker in zip(replicas, walkers, strict=True):
            for record in walker.poll():
                replica.take(record)

    return replicas, poll


def live_and_follow(tables: StreamedTables, writes: int) -> list[Replica]:
    """Make random writes while consumers of all four streams keep up, and compare in the end."""
    rng = tables.rng
    replicas, keep_up = follow_by_polling(tables)
    kept_up_at = tables.emulator.clock.now()
    for number in range(writes):
        tables.write()
        if rng.randrange(20) == 0:
            tables.let_time_pass()
        if rng.randrange(200) == 0:
            tables.split()
        if rng.randrange(300) == 0 or tables.emulator.clock.now() - kept_up_at > 15 * HOUR:
            keep_up()
            kept_up_at = tables.emulator.clock.now()
        if number % 1000 == 0:
            check_streams_and_expiries(tables.emulator)
    keep_up()
    check_streams_and_expiries(tables.emulator)
    for replica in replicas:
        replica.check(tables.items(replica.view))
    return replicas


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), stream_shards=st.sampled_from([1, 1, 3]), ttl_delay=st.sampled_from([0, 0, 900]))
def test_a_replica_from_the_stream_equals_the_table(seed: int, stream_shards: int, ttl_delay: int) -> None:
    tables = StreamedTables(seed, stream_shards=stream_shards, ttl_delay=ttl_delay)
    live_and_follow(tables, WRITES_PER_EXAMPLE)


def test_a_replica_equals_the_table_after_20_000_writes() -> None:
    tables = StreamedTables(seed=1)
    replicas = live_and_follow(tables, WRITES)
    counts = sum((replica.counts for replica in replicas), Counter())
    hours = (tables.emulator.clock.now() - START) / HOUR
    assert min(counts[name] for name in ("INSERT", "MODIFY", "REMOVE", "expired")) > 1_000
    assert hours > 500  # and all shards rolled over every four of them


# --- Positions ------------------------------------------------------------------------------------


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_an_iterator_of_any_kind_reads_what_a_list_of_the_records_has(seed: int) -> None:
    tables = StreamedTables(seed, shard_rollover=0)
    for _ in range(80):
        tables.write()
        tables.emulator.clock.advance(seconds=tables.rng.choice((0, 0, 0.5, 3600)) * tables.rng.random())
    tables.split()
    for _ in range(30):
        tables.write()
    for view in VIEWS:
        check_positions(tables, tables.latest_stream(view))


def check_positions(tables: StreamedTables, arn: str) -> None:
    """Raise AssertionError where an iterator begins elsewhere than it should. Nothing of the stream may be trimmed."""
    stream = tables.emulator._databases[REGION].streams[arn]
    for shard in shards_of(tables.api, arn):

        def read(kind: str, shard_id: str = shard["ShardId"], **place: str | float) -> list[Json]:
            start = iterator(tables.api, arn, shard_id, kind, **place)
            return records_from(tables.api, start, limit=tables.rng.choice((1, 3, 1000)))

        records = read("TRIM_HORIZON")
        times = [change.at for change in stream.shards[shard["ShardId"]].since(0, 1000)]
        assert len(records) == len(times)
        assert read("LATEST") == []
        start = shard["SequenceNumberRange"]["StartingSequenceNumber"]
        for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
            assert read(kind, SequenceNumber=start) == records
        for at, (record, time) in enumerate(zip(records, times, strict=True)):
            number = record["dynamodb"]["SequenceNumber"]
            assert read("AT_SEQUENCE_NUMBER", SequenceNumber=number) == records[at:]
            assert read("AFTER_SEQUENCE_NUMBER", SequenceNumber=number) == records[at + 1 :]
            assert read("AT_TIMESTAMP", Timestamp=time) == records[times.index(time) :]
