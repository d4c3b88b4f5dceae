"""Shards: changes in order, found by number and by time, forgotten from the front. Source: streams_ttl.md 11 and 12."""

from __future__ import annotations

import weakref
from random import Random

import pytest

from emulator import limits
from emulator.storage.record import Record
from emulator.streams.shard import HASHES, Change, Shard
from tests.property.stream_invariants import check_shard

DAY = limits.STREAM_RETENTION_SECONDS
ITEM = {"id": {"S": "a"}}


def change(sequence: int, at: float) -> Change:
    return Change(sequence, at, bytes(32), None, Record(ITEM, 3), by_service=False)


def shard_of(*changes: tuple[int, float]) -> Shard:
    """A shard that starts at 100, with changes of those numbers and times."""
    shard = Shard("shardId-1", None, 0, HASHES, 100, 0.0)
    for sequence, at in changes:
        shard.append(change(sequence, at))
    return shard


def numbers(shard: Shard, since: int = 0, limit: int = 1000) -> list[int]:
    return [each.sequence for each in shard.since(since, limit)]


@pytest.fixture
def shard() -> Shard:
    return shard_of((101, 1.0), (105, 2.0), (106, 2.0), (110, 5.0))


@pytest.mark.parametrize(
    ("since", "limit", "expected"),
    [
        (0, 1000, [101, 105, 106, 110]),
        (101, 1000, [101, 105, 106, 110]),
        (102, 1000, [105, 106, 110]),
        (106, 1, [106]),
        (111, 1000, []),
        (0, 0, []),
    ],
)
def test_changes_are_found_by_number(shard, since, limit, expected):
    assert numbers(shard, since, limit) == expected


@pytest.mark.parametrize(("when", "expected"), [(0, 101), (1.0, 101), (1.5, 105), (2.0, 105), (2.1, 110), (5.1, 111)])
def test_changes_are_found_by_time(shard, when, expected):
    assert shard.first_at(when) == expected


def test_a_shard_without_changes_begins_after_its_start():
    shard = shard_of()
    assert (shard.first_at(5), shard.trimmed, shard.oldest, len(shard)) == (101, 100, None, 0)


@pytest.mark.parametrize(("end", "expected"), [(None, 501), (111, 112)])
def test_what_comes_next_is_after_the_last_of_the_stream_or_the_end_of_the_shard(shard, end, expected):
    shard.end = end
    assert shard.after_latest(500) == expected


class Watched(Record):
    """A record that can be seen to be let go."""


@pytest.mark.parametrize("count", [1, 10, 5000])
def test_what_was_trimmed_is_not_kept(count):
    shard = shard_of()
    records = [Watched(ITEM, 3) for _ in range(count)]
    kept = [weakref.ref(record) for record in records]
    for sequence, record in enumerate(records, 101):
        shard.append(Change(sequence, 1.0, bytes(32), None, record, by_service=False))
    del record, records
    shard.trim(DAY + 1)
    assert [reference for reference in kept if reference() is not None] == []


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (DAY, [101, 105, 106, 110]),
        (DAY + 0.999, [101, 105, 106, 110]),
        (DAY + 1, [105, 106, 110]),
        (DAY + 2, [110]),
        (DAY + 5, []),
    ],
)
def test_changes_are_trimmed_when_they_are_24_hours_old(shard, now, left):
    gone = shard.trim(now)
    assert [each.sequence for each in gone] + numbers(shard) == [101, 105, 106, 110]
    assert numbers(shard) == left


def test_a_trimmed_shard_knows_up_to_where(shard):
    shard.trim(DAY + 2)
    assert (shard.trimmed, shard.oldest.sequence, len(shard), shard.first_at(0)) == (106, 110, 1, 110)


def test_the_next_number_of_a_shard_that_was_trimmed_whole_is_after_the_last(shard):
    shard.trim(2 * DAY)
    assert (shard.first_at(0), shard.oldest) == (111, None)


def test_the_oldest_change_can_be_trimmed_alone(shard):
    assert [each.sequence for each in shard.trim_oldest()] == [101]
    assert numbers(shard) == [105, 106, 110]


def test_what_was_trimmed_can_be_taken_back(shard):
    before = shard.trimmed
    gone = shard.trim(DAY + 2)
    shard.untrim(gone, before)
    assert (numbers(shard), shard.trimmed, shard.oldest.sequence) == ([101, 105, 106, 110], 100, 101)


def test_the_latest_change_can_be_taken_back(shard):
    shard.pop()
    assert numbers(shard) == [101, 105, 106]


def test_a_shard_agrees_with_a_plain_list_after_random_appends_trims_and_undoings():
    for seed in range(20):
        rng = Random(seed)
        shard, expected, now, last = shard_of(), [], 0.0, 100
        for _ in range(300):
            for _ in range(rng.randrange(40)):
                last += 1 + rng.randrange(3)
                shard.append(change(last, now))
                expected.append((last, now))
            now += rng.randrange(DAY // 8)
            before = shard.trimmed
            gone = shard.trim(now)
            if rng.randrange(3) == 0:
                shard.untrim(gone, before)
                gone = shard.trim(now)
            assert [each.sequence for each in gone] == [number for number, at in expected if at + DAY <= now]
            expected = [(number, at) for number, at in expected if at + DAY > now]
            check_shard(shard)
            assert numbers(shard, limit=10**6) == [number for number, _ in expected]


def test_a_shard_does_not_keep_what_was_trimmed():
    shard = shard_of()
    for number in range(100_000):
        shard.append(change(101 + number, float(number)))
        shard.trim(float(number) + DAY - 10)
    assert len(shard._changes) < 5_000
