"""Restoring a savepoint brings back streams and time to live, and what follows is as if nothing had been undone."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import Savepoint
from tests.api.consumers import read_stream, shards_of

from .stream_invariants import check_streams_and_expiries
from .streamed_tables import VIEWS, StreamedTables
from .wire import Json

SEEDS = range(8)


def do_things(tables: StreamedTables, count: int) -> None:
    draws = (
        *[tables.write] * 30,
        *[tables.let_time_pass] * 6,
        tables.split,
        tables.switch_stream,
        tables.switch_time_to_live,
        tables.make_again,
    )
    for _ in range(count):
        tables.rng.choice(draws)()


def state_of(tables: StreamedTables) -> Json:
    """All that can be seen of the tables, their time to live and their streams.

    Shards are named by their place among all of the stream: their ids hold the time at which they were made.
    """
    tables.ask("ListTables", {})
    streams = tables.ask("ListStreams", {})["Streams"]
    return {
        "tables": [
            [_without_id(tables.ask("DescribeTable", {"TableName": name})), tables.items(name)] for name in VIEWS
        ],
        "time to live": [tables.ask("DescribeTimeToLive", {"TableName": name}) for name in VIEWS],
        "streams": [_stream_state(tables, stream["StreamArn"]) for stream in streams],
    }


def _without_id(answer: Json) -> Json:
    """Ids of tables are drawn at random."""
    return {name: value for name, value in answer["Table"].items() if name != "TableId"}


def _stream_state(tables: StreamedTables, arn: str) -> list[Any]:
    description = tables.ask("DescribeStream", {"StreamArn": arn})["StreamDescription"]
    shards = shards_of(tables.api, arn)
    places = {shard["ShardId"]: place for place, shard in enumerate(shards)}
    lines = [(places.get(shard.get("ParentShardId")), shard["SequenceNumberRange"]) for shard in shards]
    return [{**description, "Shards": None}, lines, read_stream(tables.api, arn)]


class Mark:
    """A savepoint, the time at which it was made, and what was true then."""

    def __init__(self, tables: StreamedTables) -> None:
        self.state = state_of(tables)
        self.time = tables.emulator.clock.now()
        self.savepoint: Savepoint = tables.emulator.savepoint()

    def restore(self, tables: StreamedTables, *, clock_first: bool = True) -> None:
        if clock_first:
            tables.emulator.clock.freeze(self.time)
        self.savepoint.restore()
        if not clock_first:
            tables.emulator.clock.freeze(self.time)


def started(seed: int) -> StreamedTables:
    """Tables in which something has happened already."""
    tables = StreamedTables(seed, ttl_delay=seed % 2 * 100)
    do_things(tables, 200)
    return tables


@pytest.mark.parametrize("clock_first", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_restoring_brings_back_streams_and_time_to_live(seed: int, clock_first: bool) -> None:
    tables = started(seed)
    mark = Mark(tables)
    do_things(tables, 200)
    mark.restore(tables, clock_first=clock_first)
    check_streams_and_expiries(tables.emulator)
    assert state_of(tables) == mark.state


@pytest.mark.parametrize("seed", SEEDS)
def test_what_follows_a_restore_is_as_if_nothing_had_been_undone(seed: int) -> None:
    tables, twin = started(seed), started(seed)
    mark, choices = Mark(tables), tables.rng.getstate()
    Mark(twin).savepoint.release()
    do_things(tables, 150)
    mark.restore(tables)
    mark.savepoint.release()
    tables.rng.setstate(choices)
    for each in (tables, twin):
        do_things(each, 150)
        each.emulator.clock.advance(hours=23)
        check_streams_and_expiries(each.emulator)
    assert state_of(tables) == state_of(twin)


@pytest.mark.parametrize("seed", SEEDS)
def test_savepoints_nest(seed: int) -> None:
    tables = started(seed)
    outer = Mark(tables)
    do_things(tables, 60)
    inner = Mark(tables)
    do_things(tables, 60)
    inner.restore(tables)
    assert state_of(tables) == inner.state
    if seed % 2:
        inner.savepoint.release()
        do_things(tables, 20)
    else:
        do_things(tables, 20)
        inner.restore(tables)
        inner.savepoint.release()
    outer.restore(tables)
    outer.savepoint.release()
    check_streams_and_expiries(tables.emulator)
    assert state_of(tables) == outer.state


@pytest.mark.parametrize("seed", SEEDS)
def test_a_reset_is_undone_like_any_change(seed: int) -> None:
    tables = started(seed)
    mark = Mark(tables)
    do_things(tables, 10)
    tables.emulator.reset()
    tables.emulator.clock.advance(hours=30)
    mark.restore(tables)
    check_streams_and_expiries(tables.emulator)
    assert state_of(tables) == mark.state
