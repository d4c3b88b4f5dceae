"""A stream: what is noted, and how its shards split, roll over and go. Source: streams_ttl.md 2, 5, 10 to 12."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from threading import RLock

import pytest

from emulator import limits
from emulator.clock import Clock
from emulator.storage.agenda import Agenda
from emulator.storage.record import Record
from emulator.storage.schema import KeyAttribute, KeySchema
from emulator.storage.undo import UndoLog
from emulator.streams.shard import Change, Shard
from emulator.streams.stream import Stream, StreamIdentity
from emulator.values.sizes import item_size
from emulator.values.types import Item
from tests.property.stream_invariants import check_stream

START = 1_800_000_000.0
HOUR = 3600
LOW, HIGH = b"\x00" * 32, b"\xff" * 32
"""Hashes that stay apart when a shard is split."""


class World:
    """A clock that stands still, an agenda, and streams on them."""

    def __init__(self) -> None:
        self.clock = Clock(RLock())
        self.clock.freeze(START)
        self.undo = UndoLog()
        self.agenda = Agenda(self.clock, self.undo)
        self.clock.when_moved.append(self.agenda.run_due)
        self.forgotten: list[Stream] = []

    def stream(self, shards: int = 1, rollover: float = 4 * HOUR) -> Stream:
        schema = KeySchema((KeyAttribute("id", "S", "HASH"),), ())
        identity = StreamIdentity("arn", "label", "us-east-1", "Table", "KEYS_ONLY", schema, self.agenda.now())
        return Stream(identity, self.agenda, self.undo, shards, rollover, self.forgotten.append)


@pytest.fixture
def world() -> World:
    return World()


def record(**values: str) -> Record:
    item: Item = {name: {"S": value} for name, value in values.items()}
    return Record(item, item_size(item))


def insert(stream: Stream, partition: bytes = LOW) -> None:
    stream.note((partition,), None, record(id="a"))


def changes(stream: Stream) -> list[list[Change]]:
    return [shard.since(0, 1000) for shard in stream.shards.values()]


def counts(stream: Stream) -> list[int]:
    return list(map(len, changes(stream)))


def shards(stream: Stream) -> list[Shard]:
    return list(stream.shards.values())


# --- What is noted --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "noted"),
    [
        (None, record(id="a"), True),
        (record(id="a"), None, True),
        (record(id="a"), record(id="a", v="1"), True),
        (record(id="a", v="1"), record(id="a", v="2"), True),
        (record(id="a"), record(id="a"), False),
        (record(id="a", v="1", w="2"), record(w="2", v="1", id="a"), False),
        (None, None, False),
    ],
)
def test_what_changes_an_item_is_noted(world, old, new, noted):
    stream = world.stream()
    stream.note((LOW,), old, new)
    assert counts(stream) == [int(noted)]


def test_the_very_same_record_is_no_change(world):
    stream, same = world.stream(), record(id="a")
    stream.note((LOW,), same, same)
    assert counts(stream) == [0]


def test_a_change_stands_in_the_shard_of_its_hash(world):
    stream = world.stream(shards=4)
    insert(stream, LOW)
    insert(stream, HIGH)
    insert(stream, b"\x40" + bytes(31))
    insert(stream, b"\x3f" + b"\xff" * 31)
    assert counts(stream) == [2, 1, 0, 1]


# --- Shards ---------------------------------------------------------------------------------------


def test_a_split_gives_each_half_of_the_hashes_a_child(world):
    stream = world.stream()
    stream.split()
    insert(stream, LOW)
    insert(stream, HIGH)
    parent, low, high = shards(stream)
    assert (parent.end is not None, low.parent, high.parent) == (True, parent.id, parent.id)
    assert counts(stream) == [0, 1, 1]


def test_splitting_into_a_number_of_shards_gives_at_least_that_many(world):
    stream = world.stream()
    stream.split_into(5)
    assert sum(shard.end is None for shard in shards(stream)) == 8


def test_a_shard_of_one_hash_is_not_split_further(world):
    stream = world.stream()
    stream.shards[shards(stream)[0].id].upper = 1
    stream.split()
    assert [(shard.lower, shard.upper) for shard in shards(stream)[1:]] == [(0, 1)]


def test_ids_of_shards_ascend_even_if_the_clock_stands_still_or_goes_back(world):
    stream = world.stream(shards=3)
    stream.split()
    world.clock.freeze(START - 1000)
    stream.split()
    ids = list(stream.shards)
    assert len(set(ids)) == 3 + 6 + 12
    assert ids == sorted(ids)


def test_all_open_shards_roll_over_together(world):
    stream = world.stream(shards=2)
    world.clock.advance(hours=4)
    first, second, *children = shards(stream)
    assert [child.parent for child in children] == [first.id, second.id]
    assert [(child.lower, child.upper) for child in children] == [(each.lower, each.upper) for each in (first, second)]


def test_a_split_shard_rolls_over_hours_after_the_split(world):
    stream = world.stream()
    world.clock.advance(hours=3)
    stream.split()
    world.clock.advance(hours=3)
    assert len(stream.shards) == 3
    world.clock.advance(hours=1)
    assert len(stream.shards) == 5


def test_rollovers_on_the_way_are_dated_by_their_own_times(world):
    stream = world.stream()
    world.clock.advance(hours=13)
    assert [shard.created - START for shard in shards(stream)] == [0, 4 * HOUR, 8 * HOUR, 12 * HOUR]


@pytest.mark.parametrize("hours", [24.5, 100, 24 * 365 * 50])
def test_a_long_way_leaves_the_shards_of_a_day(world, hours):
    stream = world.stream()
    insert(stream)
    world.clock.advance(hours=hours)
    check_stream(stream, world.agenda.now())
    now = world.clock.now()
    assert stream.is_open
    assert all(shard.closed_at is None or shard.closed_at > now - 24 * HOUR for shard in shards(stream))
    assert now - shards(stream)[-1].created < 4 * HOUR


def test_a_stream_that_is_closed_takes_no_more_splits(world):
    stream = world.stream()
    stream.close()
    stream.split_into(8)
    assert (len(stream.shards), stream.is_open) == (1, False)


# --- Time -----------------------------------------------------------------------------------------


def test_changes_are_trimmed_in_time_without_anybody_asking(world):
    stream = world.stream(rollover=0)
    for _ in range(3):
        insert(stream)
        world.clock.advance(hours=8)
    assert counts(stream) == [2]
    world.clock.advance(hours=8)
    assert counts(stream) == [1]
    world.clock.advance(hours=8)
    assert counts(stream) == [0]


def test_a_closed_stream_is_forgotten_when_its_last_change_is_too_old(world):
    stream = world.stream()
    insert(stream)
    stream.close()
    world.clock.advance(hours=23.99)
    assert world.forgotten == []
    world.clock.advance(hours=0.01)
    assert world.forgotten == [stream]


def test_an_open_stream_is_never_forgotten(world):
    world.stream()
    world.clock.advance(days=1000)
    assert world.forgotten == []


def test_a_stream_that_rests_is_left_alone(world):
    stream = world.stream()
    stream.rest()
    world.clock.advance(hours=5)
    assert len(stream.shards) == 1


def test_the_oldest_changes_make_room(world, monkeypatch):
    monkeypatch.setattr(limits, "MAX_STREAM_RECORDS", 5)
    stream = world.stream(shards=2)
    for partition in (LOW, LOW, HIGH, HIGH, LOW, HIGH, HIGH):
        insert(stream, partition)
    assert counts(stream) == [1, 4]
    check_stream(stream, world.agenda.now())


def test_changes_are_noted_while_the_clock_goes_back(world):
    stream = world.stream(rollover=0)
    insert(stream)
    world.clock.freeze(START - 30 * 24 * HOUR)
    insert(stream)
    check_stream(stream, world.agenda.now())
    assert counts(stream) == [2]


# --- Undoing --------------------------------------------------------------------------------------


def act_at_random(world: World, stream: Stream, rng: Random) -> None:
    partition = bytes([rng.randrange(256)]) * 32
    acts: list[Callable[[], object]] = [lambda: insert(stream, partition)] * 6
    if stream.is_open:
        acts += [lambda: world.clock.advance(hours=rng.randrange(9)), stream.split]
    for _ in range(10):
        rng.choice(acts)()
        if len(stream._open) > 16:
            return


def seen(stream: Stream) -> list[object]:
    described = [
        (shard.id, shard.parent, shard.start, shard.end, shard.closed_at, shard.trimmed) for shard in shards(stream)
    ]
    return [described, changes(stream), stream.status, stream.last_sequence, stream._changes]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_undone_leaves_the_stream_as_it_was(world, monkeypatch, seed):
    monkeypatch.setattr(limits, "MAX_STREAM_RECORDS", 40)
    rng, stream = Random(seed), world.stream(shards=1 + seed % 3)
    act_at_random(world, stream, rng)
    mark, before, then = world.undo.mark(), seen(stream), world.clock.now()
    for _ in range(3):
        act_at_random(world, stream, rng)
    if seed % 2:
        stream.close()
        world.clock.advance(hours=rng.randrange(48))
    world.undo.restore(mark)
    world.clock.freeze(then)
    check_stream(stream, world.agenda.now())
    assert seen(stream) == before
