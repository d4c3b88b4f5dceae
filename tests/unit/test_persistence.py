"""What a file keeps, and what opening, closing, saving and loading do to it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import orjson
import pytest
import time_machine

from emulator import Emulator, FileError, Settings, serve_command
from emulator.persistence.saving import Saver
from tests.crash.files import content_of, killed_copy, log_of, opened_at
from tests.property.observing import differences, everything
from tests.property.stream_invariants import check_streams_and_expiries
from tests.property.streamed_tables import Api
from tests.property.wire import Json

NOW = 1_800_000_000.0
REGION = "us-east-1"
DELAY = 100.0

TABLE: Json = {"TableName": "Orders"}
STREAM: Json = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
CREATE: Json = {
    **TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
PROVISIONED: Json = {
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2_500},
}
TIME_TO_LIVE: Json = {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.fixture
def emulator(path: Path) -> Iterator[Emulator]:
    """An emulator with a file and a table."""
    emulator = opened_at(path, NOW)
    Api(emulator).ask("CreateTable", CREATE)
    yield emulator
    emulator.close()


def put(emulator: Emulator, item_id: str, **more: Json) -> None:
    Api(emulator).ask("PutItem", {**TABLE, "Item": {"id": {"S": item_id}, **more}})


def ids(emulator: Emulator) -> set[str]:
    return {item["id"]["S"] for item in Api(emulator).ask("Scan", TABLE)["Items"]}


# --- Opening and closing --------------------------------------------------------------------------


def test_a_file_that_is_closed_is_a_single_file(emulator: Emulator, path: Path) -> None:
    put(emulator, "1")
    emulator.close()
    assert list(path.parent.iterdir()) == [path]


def test_a_file_may_be_named_by_a_text(path: Path) -> None:
    Emulator(path=str(path)).close()
    assert path.exists()


@pytest.mark.parametrize("name", ["with space", "100%25", "a?b=c#d", "ünïcode", "'quoted'"])
@pytest.mark.skipif(os.name == "nt", reason="Windows allows few names")
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    emulator = Emulator(path=path)
    Api(emulator).ask("CreateTable", CREATE)
    emulator.close()
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert Emulator.load(path).tables() == {REGION: {"Orders": 0}}


def test_an_emulator_may_be_closed_twice(emulator: Emulator) -> None:
    emulator.close()
    emulator.close()


def test_an_emulator_that_was_closed_goes_on_in_memory(emulator: Emulator, path: Path) -> None:
    put(emulator, "kept")
    emulator.close()
    put(emulator, "in memory")
    assert ids(emulator) == {"kept", "in memory"}
    assert ids(Emulator.load(path)) == {"kept"}


def test_a_file_is_used_only_by_the_one_that_opened_it(emulator: Emulator, path: Path) -> None:
    """An emulator without a path beside it writes nothing."""
    other = Emulator()
    Api(other).ask("CreateTable", CREATE)
    put(other, "other")
    emulator.close()
    assert ids(Emulator.load(path)) == set()


def test_tables_of_all_regions_are_kept(emulator: Emulator, path: Path) -> None:
    for region in ("eu-west-1", "us-east-1", "local"):
        emulator.gateway.call("CreateTable", orjson.dumps({**CREATE, "TableName": f"In-{region}"}), region)
    expected = emulator.tables()
    emulator.close()
    assert Emulator.load(path).tables() == expected


def test_durability_full_keeps_what_was_answered(path: Path) -> None:
    emulator = Emulator(path=path, durability="full")
    Api(emulator).ask("CreateTable", CREATE)
    put(emulator, "1")
    copy = killed_copy(emulator, path, path.with_name("copy"))
    emulator.close()
    assert ids(Emulator.load(copy)) == {"1"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only some systems fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_that_closes_leaves_the_file_to_its_parent(emulator: Emulator, path: Path) -> None:
    child = os.fork()
    if not child:
        emulator.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    put(emulator, "after")
    with pytest.raises(FileError):
        Emulator(path=path)
    emulator.close()
    assert ids(Emulator.load(path)) == {"after"}


def test_an_emulator_that_nobody_has_any_more_leaves_its_file_though_something_goes_on(path: Path) -> None:
    """What was to happen later held the emulator, and that its file."""
    emulator = opened_at(path, NOW, Settings(status_delay=DELAY))
    Api(emulator).ask("CreateTable", CREATE)
    emulator.clock.advance(seconds=DELAY)
    Api(emulator).ask("DeleteTable", TABLE)
    del emulator
    gc.collect()
    Emulator(path=path).close()


def test_what_a_server_starts_with_is_in_the_file_wholly_or_not_at_all(path: Path) -> None:
    """What a failure left was taken for all of it by the next start."""
    seed = path.with_name("seed.json")
    seed.write_text('{"Orders": [{"id": "1"}, {"id": 2}]}')
    emulator = opened_at(path, NOW)
    Api(emulator).ask("CreateTable", {**CREATE, "TableName": "Other"})
    template = path.with_name("tables.json")
    template.write_bytes(orjson.dumps(CREATE))
    with pytest.raises(click.ClickException):
        serve_command._serve(emulator, "127.0.0.1", 0, [template], [seed], verbose=False)
    copy = killed_copy(emulator, path, path.with_name("copy"))
    emulator.close()
    assert Emulator.load(copy).tables() == {REGION: {"Other": 0}}


# --- Saving and loading ---------------------------------------------------------------------------


def test_loading_leaves_the_file_as_it_is(emulator: Emulator, path: Path) -> None:
    put(emulator, "1")
    copy = killed_copy(emulator, path, path.with_name("copy"))
    before = content_of(copy)
    loaded = Emulator.load(copy)
    put(loaded, "2")
    assert content_of(copy) == before
    assert ids(Emulator.load(copy)) == {"1"}


def test_saving_replaces_an_earlier_copy_and_its_log(emulator: Emulator, path: Path) -> None:
    copy = killed_copy(emulator, path, path.with_name("copy"))
    put(emulator, "1")
    emulator.save(copy)
    assert not log_of(copy).exists()
    assert ids(Emulator.load(copy)) == {"1"}


def test_a_copy_of_an_emulator_in_memory_can_be_kept_on(path: Path) -> None:
    memory = Emulator()
    Api(memory).ask("CreateTable", CREATE)
    put(memory, "1")
    memory.save(path)
    kept = Emulator(path=path)
    put(kept, "2")
    kept.close()
    assert ids(Emulator.load(path)) == {"1", "2"}
    assert ids(memory) == {"1"}


def test_saving_finishes_nothing_that_goes_on(path: Path) -> None:
    emulator = Emulator(status_delay=DELAY)
    Api(emulator).ask("CreateTable", CREATE)
    emulator.save(path)
    assert Api(emulator).ask("DescribeTable", TABLE)["Table"]["TableStatus"] == "CREATING"
    assert Api(Emulator.load(path)).ask("DescribeTable", TABLE)["Table"]["TableStatus"] == "ACTIVE"


def test_a_loaded_emulator_has_the_settings_that_it_is_given(emulator: Emulator, path: Path) -> None:
    copy = killed_copy(emulator, path, path.with_name("copy"))
    assert Emulator.load(copy, ttl_delay=7).settings.ttl_delay == 7
    assert Emulator.load(copy, Settings(ttl_delay=8)).settings.ttl_delay == 8


# --- What is kept ---------------------------------------------------------------------------------


def test_a_transaction_that_is_repeated_after_a_kill_does_nothing(emulator: Emulator, path: Path) -> None:
    add = {
        **TABLE,
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    request = {"TransactItems": [{"Update": add}], "ClientRequestToken": "token"}
    Api(emulator).ask("TransactWriteItems", request)
    reopened = opened_at(killed_copy(emulator, path, path.with_name("copy")), NOW)
    Api(reopened).ask("TransactWriteItems", request)
    assert Api(reopened).ask("Scan", TABLE)["Items"] == [{"id": {"S": "1"}, "n": {"N": "1"}}]
    reopened.close()


def test_what_expires_while_nobody_has_the_file_is_deleted_when_it_is_opened(emulator: Emulator, path: Path) -> None:
    Api(emulator).ask("UpdateTimeToLive", {**TABLE, **TIME_TO_LIVE})
    put(emulator, "expires", until={"N": str(int(NOW) + 60)})
    put(emulator, "stays", until={"N": str(int(NOW) + 6_000)})
    emulator.close()
    reopened = opened_at(path, NOW + 100)
    assert ids(reopened) == {"stays"}
    reopened.close()


def test_handlers_get_changes_that_were_made_before_a_kill(emulator: Emulator, path: Path) -> None:
    Api(emulator).ask("UpdateTable", {**TABLE, **STREAM})
    put(emulator, "1")
    reopened = opened_at(killed_copy(emulator, path, path.with_name("copy")), NOW)
    seen: list[str] = []
    reopened.on_stream(
        "Orders",
        lambda event: seen.extend(record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]),
        starting_position="TRIM_HORIZON",
    )
    reopened.drain()
    assert seen == ["1"]
    reopened.close()


@pytest.fixture
def later(path: Path) -> Iterator[Emulator]:
    """An emulator with a file, a table with a stream and time to live, and an item that expired five seconds ago."""
    with time_machine.travel(NOW, tick=False) as wall:
        emulator = Emulator(path=path)
        Api(emulator).ask("CreateTable", {**CREATE, **STREAM})
        Api(emulator).ask("UpdateTimeToLive", {**TABLE, **TIME_TO_LIVE})
        put(emulator, "expires", until={"N": str(int(NOW) + 10)})
        emulator.on_stream("Orders", lambda event: None)
        wall.shift(15)
        yield emulator
        emulator.close()


def test_what_expired_is_deleted_in_the_file_when_handlers_are_called(later: Emulator, path: Path) -> None:
    later.drain()
    later.close()
    reopened = opened_at(path, NOW)  # before it expires
    found = ids(reopened)
    reopened.close()
    assert found == set()


def test_what_expired_is_deleted_in_the_file_when_a_handler_is_added(later: Emulator, path: Path) -> None:
    later.on_stream("Orders", lambda event: None)
    later.close()
    reopened = opened_at(path, NOW)
    found = ids(reopened)
    reopened.close()
    assert found == set()


def test_what_arrived_when_handlers_were_called_has_arrived_in_the_file(path: Path) -> None:
    with time_machine.travel(NOW, tick=False) as wall:
        emulator = Emulator(path=path, replication_lag=60)
        Api(emulator).ask("CreateTable", {**CREATE, **STREAM})
        Api(emulator).ask("UpdateTable", {**TABLE, "ReplicaUpdates": [{"Create": {"RegionName": "eu-west-1"}}]})
        emulator.tables()
        emulator.on_stream("Orders", lambda event: None)
        put(emulator, "1")
        wall.shift(61)
        emulator.drain()
        emulator.close()
    reopened = opened_at(path, NOW, Settings(replication_lag=60))
    found = reopened.tables()
    reopened.close()
    assert found == {REGION: {"Orders": 1}, "eu-west-1": {"Orders": 1}}


# --- Failures that are none of the file -----------------------------------------------------------

ADD_ONE: Json = {
    **TABLE,
    "Key": {"id": {"S": "1"}},
    "UpdateExpression": "ADD n :one",
    "ExpressionAttributeValues": {":one": {"N": "1"}},
}


@pytest.fixture(params=[TypeError, RecursionError, MemoryError])
def failing_once(request: pytest.FixtureRequest, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, whose next commit stops with an error that is not of the file."""
    put(emulator, "before")
    save, failures = Saver.save, [request.param("once")]

    def fail_once(saver: Saver, unsaved: Any) -> None:
        if failures:
            raise failures.pop()
        save(saver, unsaved)

    monkeypatch.setattr(Saver, "save", fail_once)
    return emulator


def test_a_commit_that_stops_for_any_reason_takes_back_what_it_was_to_commit(failing_once: Emulator) -> None:
    before = everything(failing_once)
    with pytest.raises((TypeError, RecursionError, MemoryError)), failing_once.at_once():
        failing_once._context(REGION).database.documents.put("kind", "1", {})
    assert not list(differences(before, everything(failing_once)))


def test_a_request_is_carried_out_once_though_its_first_commit_stopped(failing_once: Emulator, path: Path) -> None:
    while failing_once.gateway.call("UpdateItem", orjson.dumps(ADD_ONE), REGION).status != 200:
        pass
    copy = killed_copy(failing_once, path, path.with_name("copy"))
    items = [Api(each).ask("GetItem", {**TABLE, "Key": ADD_ONE["Key"]}) for each in (failing_once, Emulator.load(copy))]
    assert items == 2 * [{"Item": {"id": {"S": "1"}, "n": {"N": "1"}}}]


# --- What was going on ----------------------------------------------------------------------------

INDEX: Json = {
    "IndexName": "by-kind",
    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
KINDS: Json = {"AttributeDefinitions": [{"AttributeName": "kind", "AttributeType": "S"}]}
ADD_INDEX: Json = {**TABLE, **KINDS, "GlobalSecondaryIndexUpdates": [{"Create": INDEX}]}
NO_STREAM: Json = {"StreamSpecification": {"StreamEnabled": False}}

CHANGES: dict[str, list[tuple[str, Json]]] = {
    "a table is made": [("CreateTable", {**CREATE, **STREAM, "TableName": "Other"})],
    "a table is deleted": [("DeleteTable", TABLE)],
    "a table is provisioned": [("UpdateTable", {**TABLE, **PROVISIONED})],
    "a table changes its class": [("UpdateTable", {**TABLE, "TableClass": "STANDARD_INFREQUENT_ACCESS"})],
    "an index is added": [("UpdateTable", ADD_INDEX)],
    "an index is deleted": [
        ("UpdateTable", ADD_INDEX),
        ("UpdateTable", {**TABLE, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-kind"}}]}),
    ],
    "a stream is enabled": [("UpdateTable", {**TABLE, **STREAM})],
    "a stream is disabled": [("UpdateTable", {**TABLE, **STREAM}), ("UpdateTable", {**TABLE, **NO_STREAM})],
    "shards are split": [("UpdateTable", {**TABLE, **STREAM}), ("UpdateTable", {**TABLE, **PROVISIONED})],
    "time to live is enabled": [("UpdateTimeToLive", {**TABLE, **TIME_TO_LIVE})],
}


def changing(path: Path, requests: list[tuple[str, Json]]) -> Emulator:
    """An emulator with a table and items, in which the last of the changes is going on."""
    emulator = opened_at(path, NOW, Settings(status_delay=DELAY))
    for operation, request in [("CreateTable", CREATE), *requests]:
        emulator.clock.advance(seconds=3 * DELAY)
        Api(emulator).ask(operation, request)
        if operation == "CreateTable" and request is CREATE:
            emulator.clock.advance(seconds=DELAY)
            put(emulator, "before", kind={"S": "a"})
    return emulator


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_was_going_on_is_found_done(path: Path, change: str) -> None:
    emulator = changing(path, CHANGES[change])
    copy = killed_copy(emulator, path, path.with_name("copy"))
    emulator.clock.advance(seconds=2 * DELAY)
    reopened = opened_at(copy, emulator.clock.now(), emulator.settings)
    assert not list(differences(without_shard_ids(everything(emulator)), without_shard_ids(everything(reopened))))
    emulator.close()
    reopened.close()


@pytest.mark.parametrize("change", [name for name in CHANGES if name != "a table is deleted"])
def test_what_is_written_while_a_change_goes_on_is_kept(path: Path, change: str) -> None:
    emulator = changing(path, CHANGES[change])
    put(emulator, "meanwhile", kind={"S": "b"})
    copy = killed_copy(emulator, path, path.with_name("copy"))
    emulator.clock.advance(seconds=2 * DELAY)
    reopened = opened_at(copy, emulator.clock.now(), emulator.settings)
    for each in (emulator, reopened):
        put(each, "afterwards", kind={"S": "c"})
        check_streams_and_expiries(each)
    assert not list(differences(without_shard_ids(everything(emulator)), without_shard_ids(everything(reopened))))
    emulator.close()
    reopened.close()


def without_shard_ids(state: Json) -> Json:
    """Shards that are opened when a change is done have other ids when it was done ahead of its time."""
    if isinstance(state, dict):
        names = ("ShardId", "ParentShardId", "eventID")
        return {name: without_shard_ids(value) for name, value in state.items() if name not in names}
    return [without_shard_ids(value) for value in state] if isinstance(state, list) else state
