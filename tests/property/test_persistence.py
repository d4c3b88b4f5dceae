"""A file has what its emulator has, whenever the process is killed, and what follows is as if it had not been."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
import time_machine

from emulator import Emulator, Savepoint, Settings
from emulator.storage.documents import Documents
from tests.crash.files import copy_files, killed_copy, opened_at

from .changing_tables import ChangingTables, all_regions
from .comparison import Pair
from .invariants import check_invariants
from .observing import differences, everything
from .stream_invariants import check_streams_and_expiries
from .streamed_tables import REGION, START, Api, ServiceFaultError, StreamedTables
from .test_savepoints import Mark, do_things

SEEDS = range(5)


def assert_same(emulator: Emulator, other: Emulator) -> None:
    """Both have the same data, which is sound in itself."""
    check_invariants(other)
    check_streams_and_expiries(other)
    assert not list(differences(everything(emulator), everything(other)))


def assert_found_after_a_kill(emulator: Emulator, path: Path) -> None:
    """Whoever opens what a kill leaves now finds all that there is."""
    copy = killed_copy(emulator, path, path.with_name("killed"))
    reopened = opened_at(copy, emulator.clock.now(), emulator.settings)
    assert_same(emulator, reopened)
    reopened.close()


# --- Requests of all kinds ------------------------------------------------------------------------


class KeptPair(Pair):
    """A pair of which the emulator keeps a file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.emulator = opened_at(path, START)

    def kill(self) -> None:
        """Go on with an emulator that has opened what a kill leaves."""
        now = self.emulator.clock.now()
        copy = killed_copy(self.emulator, self.path, self.path.with_name("kept"))
        self.emulator.close()
        copy_files(copy, self.path)
        self.emulator = opened_at(self.path, now)

    def reopen(self) -> None:
        now = self.emulator.clock.now()
        self.emulator.close()
        self.emulator = opened_at(self.path, now)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kill_at_any_request_leaves_all_that_was_answered(seed: int, tmp_path: Path) -> None:
    pair, rng = KeptPair(tmp_path / "file"), Random(seed)
    for _ in range(12):
        do_things(pair, rng, rng.randrange(15))
        assert_found_after_a_kill(pair.emulator, pair.path)
    pair.emulator.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_follows_a_kill_is_answered_as_if_it_had_not_been(seed: int, tmp_path: Path) -> None:
    pair, rng = KeptPair(tmp_path / "file"), Random(seed)
    for _ in range(12):
        do_things(pair, rng, rng.randrange(25))
        rng.choice((pair.kill, pair.reopen))()
        pair.check()
    pair.emulator.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_savepoints_brought_back_is_in_the_file(seed: int, tmp_path: Path) -> None:
    pair, rng = KeptPair(tmp_path / "file"), Random(seed)
    marks: list[Mark] = []
    for _ in range(15):
        do_things(pair, rng, rng.randrange(10))
        choice = rng.randrange(4)
        if choice < 2 or not marks:
            marks.append(Mark.of(pair))
        elif choice == 2:
            marks[-1].restore(pair)
        else:
            marks.pop().savepoint.release()
        assert_found_after_a_kill(pair.emulator, pair.path)
    pair.emulator.close()


# --- Streams, time to live and settings -----------------------------------------------------------


class KeptTables(StreamedTables):
    """Streamed tables in a file, of which more is changed: settings, tags, tokens, documents, savepoints."""

    def __init__(self, seed: int, path: Path, **settings: Any) -> None:
        self.path = path
        super().__init__(seed, path=path, **settings)
        self.ask("ListTables", {})

    def do_things(self, count: int) -> None:
        draws = (
            *[self.write] * 30,
            *[self.transact_with_token] * 4,
            *[self.let_time_pass] * 5,
            *[self.tag, self.untag, self.change_settings, self.change_index] * 2,
            self.split,
            self.switch_stream,
            self.switch_time_to_live,
            self.make_again,
            self.put_document,
            self.remove_document,
        )
        for _ in range(count):
            self.rng.choice(draws)()

    def transact_with_token(self) -> None:
        """A transaction, or one that was made before under the same token."""
        at = self.rng.randrange(4)
        key = {"pk": {"S": "token"}, "sk": {"N": str(at)}}
        put = {"Put": {"TableName": "NEW_IMAGE", "Item": {**key, "v": {"N": str(self.rng.randrange(3))}}}}
        request = {"TransactItems": [put], "ClientRequestToken": f"token-{at}"}
        self._ask_perhaps_in_vain("TransactWriteItems", request, "IdempotentParameterMismatchException")

    def tag(self) -> None:
        tags = [{"Key": self.rng.choice("abc"), "Value": str(self.rng.randrange(9))}]
        self.ask("TagResource", {"ResourceArn": self._arn(), "Tags": tags})

    def untag(self) -> None:
        self.ask("UntagResource", {"ResourceArn": self._arn(), "TagKeys": [self.rng.choice("abc")]})

    def _arn(self) -> str:
        arn: str = self.ask("DescribeTable", {"TableName": self._table()})["Table"]["TableArn"]
        return arn

    def change_settings(self) -> None:
        units = {"ReadCapacityUnits": self.rng.randrange(1, 9000), "WriteCapacityUnits": self.rng.randrange(1, 2000)}
        provisioned = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
        index_units = {"Update": {"IndexName": "by-v", "ProvisionedThroughput": units}}
        change = self.rng.choice(
            (
                {"BillingMode": "PAY_PER_REQUEST"},
                {**provisioned, "GlobalSecondaryIndexUpdates": [index_units]},
                {"TableClass": self.rng.choice(("STANDARD", "STANDARD_INFREQUENT_ACCESS"))},
                {"SSESpecification": {"Enabled": bool(self.rng.randrange(2))}},
                {"OnDemandThroughput": {"MaxReadRequestUnits": self.rng.randrange(1, 100)}},
            )
        )
        self._ask_perhaps_refused("UpdateTable", {"TableName": self._table(), **change})

    def change_index(self) -> None:
        """Delete the index that was added, or add one."""
        change: Any = {"Delete": {"IndexName": "added"}}
        if self.rng.randrange(3):
            key = [{"AttributeName": "v", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
            projection = {"ProjectionType": "ALL"}
            change = {"Create": {"IndexName": "added", "KeySchema": key, "Projection": projection}}
        types = [{"AttributeName": name, "AttributeType": "N"} for name in ("v", "sk")]
        request = {"GlobalSecondaryIndexUpdates": [change], "AttributeDefinitions": types}
        self._ask_perhaps_refused("UpdateTable", {"TableName": self._table(), **request})

    def _ask_perhaps_refused(self, operation: str, request: Any) -> None:
        """The table may be in no state for it, or was changed too often."""
        try:
            self.ask(operation, request)
        except ServiceFaultError as refused:
            if refused.args[0] not in ("ValidationException", "ResourceNotFoundException", "LimitExceededException"):
                raise

    def settle(self) -> None:
        """Have done what the next request finds done."""
        self.ask("ListTables", {})

    def put_document(self) -> None:
        with self.emulator._lock, self.emulator._work:
            documents = self.emulator._context("us-east-1").database.documents
            documents.put(
                self.rng.choice("xy"), str(self.rng.randrange(5)), {"draw": self.rng.random(), "list": [None]}
            )

    def remove_document(self) -> None:
        with self.emulator._lock, self.emulator._work:
            self._documents().remove(self.rng.choice("xy"), str(self.rng.randrange(5)))

    def _documents(self) -> Documents:
        return self.emulator._context(REGION).database.documents

    def kill(self) -> None:
        """Go on with an emulator that has opened what a kill leaves."""
        copy = killed_copy(self.emulator, self.path, self.path.with_name("kept"))
        self.reopen(copy)

    def reopen(self, copy: Path | None = None) -> None:
        """Close the file and open it, or a copy of it."""
        now = self.emulator.clock.now()
        self.emulator.close()
        if copy is not None:
            copy_files(copy, self.path)
        self.emulator = opened_at(self.path, now, self.emulator.settings)
        self.api = Api(self.emulator)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kill_at_any_time_leaves_streams_and_settings(seed: int, tmp_path: Path) -> None:
    tables = KeptTables(seed, tmp_path / "file", ttl_delay=seed % 2 * 100, stream_shards=1 + seed % 3)
    for _ in range(8):
        tables.do_things(tables.rng.randrange(50))
        tables.settle()
        assert_found_after_a_kill(tables.emulator, tables.path)
    tables.emulator.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_follows_a_kill_is_noted_by_streams_as_if_it_had_not_been(seed: int, tmp_path: Path) -> None:
    """The same things are done to two emulators, of which only one is killed."""
    settings = {"ttl_delay": seed % 2 * 100, "stream_shards": 1 + seed % 3}
    killed, twin = (KeptTables(seed, tmp_path / name, **settings) for name in ("killed-file", "twin"))
    for _ in range(8):
        count = killed.rng.randrange(40)
        assert count == twin.rng.randrange(40)
        for tables in (killed, twin):
            tables.do_things(count)
            tables.settle()
        killed.rng.choice((killed.kill, killed.reopen))()
        twin.rng.choice((0, 1))
    states = [without_ids(everything(tables.emulator)) for tables in (killed, twin)]
    assert not list(differences(*states))
    killed.emulator.close()
    twin.emulator.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_streams_that_savepoints_brought_back_are_in_the_file(seed: int, tmp_path: Path) -> None:
    tables = KeptTables(seed, tmp_path / "file")
    savepoints: list[Savepoint] = []
    for _ in range(10):
        tables.do_things(tables.rng.randrange(25))
        choice = tables.rng.randrange(4)
        if choice < 2 or not savepoints:
            savepoints.append(tables.emulator.savepoint())
        elif choice == 2:
            savepoints[-1].restore()
        else:
            savepoints.pop().release()
        tables.settle()
        assert_found_after_a_kill(tables.emulator, tables.path)
    tables.emulator.close()


# --- What was begun and taken back ----------------------------------------------------------------

DELAY = 10.0


def changing_tables(seed: int, path: Path) -> ChangingTables:
    """With a delay, or a lag, or neither: what is found done was done before what was on its way arrived."""
    delay, lag = ((0.0, 0.0), (DELAY, 0.0), (0.0, DELAY / 2))[seed % 3]
    return ChangingTables(seed, path, Settings(status_delay=delay, replication_lag=lag))


def assert_all_regions_found_after_a_kill(emulator: Emulator, path: Path) -> None:
    """Whoever opens what a kill leaves now finds all that there is once all that was begun is done."""
    copy = killed_copy(emulator, path, path.with_name("killed"))
    reopened = opened_at(copy, emulator.clock.now(), emulator.settings)
    for each in (emulator, reopened):
        each.clock.advance(seconds=4 * DELAY)
    states = [without_ids(all_regions(each)) for each in (emulator, reopened)]
    reopened.close()
    assert not list(differences(*states))


@pytest.mark.parametrize("seed", range(12))
def test_what_was_begun_and_a_savepoint_took_back_is_in_the_file_as_it_was(seed: int, tmp_path: Path) -> None:
    """The file has what was begun as done; that stayed so when it did not come to pass."""
    tables = changing_tables(seed, tmp_path / "file")
    for _ in range(8):
        tables.do_things(tables.rng.randrange(20))
        savepoint = tables.emulator.savepoint()
        tables.do_things(tables.rng.randrange(4))
        tables.begin_deletion()
        if tables.rng.randrange(4):
            savepoint.restore()
        savepoint.release()
        assert_all_regions_found_after_a_kill(tables.emulator, tmp_path / "file")
    tables.emulator.close()


@pytest.mark.parametrize("seed", range(6))
def test_a_file_that_is_closed_after_a_savepoint_took_back_what_was_begun_is_as_it_was(
    seed: int, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    tables = changing_tables(seed, path)
    for _ in range(6):
        tables.do_things(tables.rng.randrange(20))
        tables.emulator.clock.advance(seconds=3 * DELAY)
        expected, savepoint = without_ids(all_regions(tables.emulator)), tables.emulator.savepoint()
        tables.do_things(tables.rng.randrange(4))
        tables.begin_deletion()
        savepoint.restore()
        now, settings = tables.emulator.clock.now(), tables.emulator.settings
        tables.emulator.close()
        tables.emulator = opened_at(path, now, settings)
        assert not list(differences(expected, without_ids(all_regions(tables.emulator))))
    tables.emulator.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_copy_has_what_was_there_when_it_was_saved(seed: int, tmp_path: Path) -> None:
    tables, path = StreamedTables(seed), tmp_path / "copy"
    for _ in range(2):
        for _ in range(60):
            tables.write()
        tables.emulator.save(path)
        expected, now = everything(tables.emulator), tables.emulator.clock.now()
        tables.let_time_pass()
        with time_machine.travel(now, tick=False):
            loaded = Emulator.load(path)
            loaded.clock.freeze(now)
        assert everything(loaded) == expected


def without_ids(state: Any) -> Any:
    """What is drawn at random, or made of the time of a process, left out."""
    if isinstance(state, dict):
        return {name: without_ids(value) for name, value in state.items() if name not in _RANDOM}
    return [without_ids(value) for value in state] if isinstance(state, list) else state


_RANDOM = ("TableId",)
