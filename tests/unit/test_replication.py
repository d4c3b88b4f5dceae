"""Versions and tombstones: what meets when changes arrive in any order. Source: global_tables.md 7."""

from __future__ import annotations

import pytest

from emulator import Emulator, limits
from emulator.storage.replication import Replica
from tests.unit.operations.calls import call, create

HOME, AWAY = "us-east-1", "eu-west-1"
START = 1_800_000_000.0


@pytest.fixture
def emulator() -> Emulator:
    """A table `table` in two regions, at a time that stands still."""
    emulator = Emulator()
    emulator.clock.freeze(START)
    create(emulator)
    call(emulator, "UpdateTable", TableName="table", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
    call(emulator, "ListTables")
    return emulator


def replica_in(emulator: Emulator, region: str) -> Replica:
    replica = emulator._databases[region].tables["table"].replica
    assert replica is not None
    return replica


def put(emulator: Emulator, region: str, **attributes: str) -> None:
    item = {"a": {"S": "key"}, **{name: {"S": text} for name, text in attributes.items()}}
    call(emulator, "PutItem", region, TableName="table", Item=item)


def delete(emulator: Emulator, region: str) -> None:
    call(emulator, "DeleteItem", region, TableName="table", Key={"a": {"S": "key"}})


def count(emulator: Emulator, region: str) -> int:
    found: int = call(emulator, "Scan", region, TableName="table")["Count"]
    return found


def test_a_put_that_arrives_after_a_later_deletion_is_passed_over(emulator):
    replica_in(emulator, AWAY).lag = 10
    put(emulator, HOME)
    replica_in(emulator, AWAY).lag = 1
    delete(emulator, HOME)
    emulator.clock.advance(seconds=20)
    assert (count(emulator, HOME), count(emulator, AWAY)) == (0, 0)


def test_a_put_that_arrives_before_an_earlier_deletion_stays(emulator):
    put(emulator, HOME, version="first")
    replica_in(emulator, AWAY).lag = 10
    delete(emulator, HOME)
    replica_in(emulator, AWAY).lag = 1
    put(emulator, HOME, version="second")
    emulator.clock.advance(seconds=20)
    assert (count(emulator, HOME), count(emulator, AWAY)) == (1, 1)


def test_tombstones_are_kept_for_a_day(emulator):
    put(emulator, HOME)
    delete(emulator, HOME)
    kept = [len(replica_in(emulator, region).tombstones) for region in (HOME, AWAY)]
    emulator.clock.advance(seconds=limits.TOMBSTONE_SECONDS + 1)
    call(emulator, "PutItem", TableName="table", Item={"a": {"S": "other"}})
    call(emulator, "DeleteItem", TableName="table", Key={"a": {"S": "other"}})
    assert (kept, [len(replica_in(emulator, region).tombstones) for region in (HOME, AWAY)]) == ([1, 1], [1, 1])


def test_an_item_has_a_version_or_a_tombstone(emulator):
    put(emulator, HOME)
    delete(emulator, AWAY)
    put(emulator, HOME)
    replicas = [replica_in(emulator, region) for region in (HOME, AWAY)]
    assert [(len(replica.versions), len(replica.tombstones)) for replica in replicas] == [(1, 0), (1, 0)]


def test_all_members_know_the_version_of_an_item(emulator):
    put(emulator, AWAY)
    home, away = (list(replica_in(emulator, region).versions.values()) for region in (HOME, AWAY))
    assert home == away
    assert (home[0].at, home[0].region) == (START, AWAY)


def test_identical_content_counts_as_a_version(emulator):
    put(emulator, HOME)
    (before,) = replica_in(emulator, AWAY).versions.values()
    put(emulator, HOME)
    (after,) = replica_in(emulator, AWAY).versions.values()
    assert after > before


def test_nothing_is_kept_of_tables_of_one_region(emulator):
    call(emulator, "UpdateTable", TableName="table", ReplicaUpdates=[{"Delete": {"RegionName": AWAY}}])
    call(emulator, "ListTables")
    assert emulator._databases[HOME].tables["table"].replica is None
