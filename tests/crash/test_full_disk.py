"""A disk that is full fails the write that hit it, keeps what was before, and is of no further harm once there is room.

A limit on the sizes of files stands for the full disk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Thread

import orjson
import pytest
import time_machine

from emulator import Emulator, FileError
from emulator.errors import ServiceError
from emulator.transports.savepoint_pages import OpenSavepoints
from tests.property.invariants import check_invariants
from tests.property.observing import differences, everything
from tests.property.stream_invariants import check_streams_and_expiries
from tests.property.streamed_tables import Api, ServiceFaultError
from tests.property.wire import Json

from .files import CREATE, TABLE, content_of, killed_copy, log_of, opened_at
from .ledger import check
from .load import DONE, REFUSED, Client, set_up
from .server import HttpApi, ServerProcess

resource = pytest.importorskip("resource", reason="Windows has no limit on the sizes of files")

NOW = 1_800_000_000.0
REGION = "us-east-1"


@contextmanager
def full_disk(size: int = 0) -> Iterator[None]:
    """No file is written beyond that size."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def log_size(path: Path) -> int:
    return log_of(path).stat().st_size


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.fixture
def emulator(path: Path) -> Iterator[Emulator]:
    """An emulator with a file, a table and some items."""
    emulator = opened_at(path, NOW)
    api = Api(emulator)
    api.ask("CreateTable", CREATE)
    api.ask("UpdateTimeToLive", {**TABLE, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}})
    for number in range(5):
        api.ask("PutItem", {**TABLE, "Item": item(number)})
    yield emulator
    emulator.close()


@pytest.fixture
def api(emulator: Emulator) -> Api:
    return Api(emulator)


def item(number: int, **more: Json) -> Json:
    return {**key(number), "kind": {"S": f"kind-{number % 2}"}, **more}


def key(number: int) -> Json:
    return {"id": {"S": str(number)}}


def large_item(number: int) -> Json:
    return item(number, text={"S": "x" * 100_000})


def assert_kept(emulator: Emulator, path: Path) -> None:
    """Whoever opens what a kill leaves now finds all that is in memory, and that is sound."""
    copy = killed_copy(emulator, path, path.with_name("killed"))
    reopened = opened_at(copy, emulator.clock.now(), emulator.settings)
    check_invariants(reopened)
    check_streams_and_expiries(reopened)
    assert not list(differences(everything(emulator), everything(reopened)))
    reopened.close()


# --- One request ----------------------------------------------------------------------------------

REQUESTS: dict[str, Json] = {
    "PutItem": {**TABLE, "Item": item(9)},
    "UpdateItem": {**TABLE, "Key": key(1), "UpdateExpression": "SET kind = id"},
    "DeleteItem": {**TABLE, "Key": key(1)},
    "BatchWriteItem": {
        "RequestItems": {
            "Orders": [{"PutRequest": {"Item": large_item(number)}} for number in range(3, 9)]
            + [{"DeleteRequest": {"Key": key(1)}}]
        }
    },
    "TransactWriteItems": {
        "TransactItems": [
            *[{"Put": {**TABLE, "Item": large_item(number)}} for number in range(3, 9)],
            {"Delete": {**TABLE, "Key": key(1)}},
            {"ConditionCheck": {**TABLE, "Key": key(2), "ConditionExpression": "attribute_exists(id)"}},
        ],
        "ClientRequestToken": "token",
    },
    "ExecuteStatement": {"Statement": "INSERT INTO \"Orders\" VALUE {'id': 'new'}"},
    "CreateTable": {**CREATE, "TableName": "Other"},
    "UpdateTable": {**TABLE, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-kind"}}]},
    "DeleteTable": TABLE,
    "TagResource": {
        "ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/Orders",
        "Tags": [{"Key": "a", "Value": "b"}],
    },
}


LARGE = ["BatchWriteItem", "TransactWriteItems"]

# Where the disk ends: at once, within the first page of a commit, and in the middle of a large one.
ENDS = [*((operation, room) for operation in REQUESTS for room in (0, 3_000)), *((name, 300_000) for name in LARGE)]


@pytest.mark.parametrize(("operation", "room"), ENDS)
def test_the_write_that_hits_a_full_disk_is_told_which_file_and_why(
    api: Api, path: Path, operation: str, room: int
) -> None:
    with full_disk(log_size(path) + room), pytest.raises(ServiceFaultError) as refused:
        api.ask(operation, REQUESTS[operation])
    assert refused.value.args[0] == "InternalServerError"
    assert f"could not write {path}: disk I/O error." in refused.value.args[1]["message"]


@pytest.mark.parametrize(("operation", "room"), ENDS)
def test_nothing_of_the_write_that_hits_a_full_disk_is_done(
    emulator: Emulator, path: Path, operation: str, room: int
) -> None:
    before = everything(emulator)
    with full_disk(log_size(path) + room):
        emulator.gateway.call(operation, orjson.dumps(REQUESTS[operation]), REGION)
    assert not list(differences(before, everything(emulator)))
    check_invariants(emulator)
    check_streams_and_expiries(emulator)
    assert_kept(emulator, path)


@pytest.mark.parametrize(("operation", "room"), ENDS)
def test_the_write_succeeds_once_there_is_room(emulator: Emulator, path: Path, operation: str, room: int) -> None:
    api = Api(emulator)
    with full_disk(log_size(path) + room), pytest.raises(ServiceFaultError):
        api.ask(operation, REQUESTS[operation])
    api.ask(operation, REQUESTS[operation])
    assert_kept(emulator, path)


def test_the_commit_that_just_fits_is_done(emulator: Emulator, path: Path) -> None:
    start = log_size(path)
    Api(emulator).ask("PutItem", {**TABLE, "Item": item(8)})
    needed = log_size(path) - start
    with full_disk(log_size(path) + needed):
        Api(emulator).ask("PutItem", {**TABLE, "Item": item(9)})
    assert_kept(emulator, path)


# --- While the disk is full -----------------------------------------------------------------------


READS: dict[str, Json] = {
    "GetItem": {**TABLE, "Key": key(1)},
    "Query": {
        **TABLE,
        "IndexName": "by-kind",
        "KeyConditionExpression": "kind = :k",
        "ExpressionAttributeValues": {":k": {"S": "kind-1"}},
    },
    "Scan": TABLE,
    "TransactGetItems": {"TransactItems": [{"Get": {**TABLE, "Key": key(1)}}]},
    "DescribeTable": TABLE,
}


@pytest.mark.parametrize("operation", READS)
def test_reads_go_on(api: Api, operation: str) -> None:
    expected = api.ask(operation, READS[operation])
    with full_disk():
        with pytest.raises(ServiceFaultError):
            api.ask("PutItem", {**TABLE, "Item": item(9)})
        assert api.ask(operation, READS[operation]) == expected


@pytest.mark.parametrize("operation", READS)
def test_reads_go_on_though_what_has_expired_cannot_be_deleted(emulator: Emulator, operation: str) -> None:
    api = Api(emulator)
    api.ask("PutItem", {**TABLE, "Item": item(9, until={"N": str(int(NOW) + 10)})})
    with time_machine.travel(NOW, tick=False):
        emulator.clock.resume()
    with full_disk(), time_machine.travel(NOW + 20, tick=False):
        assert api.ask(operation, READS[operation])


def test_a_write_that_is_refused_for_another_reason_is_told_that_one(api: Api) -> None:
    with full_disk(), pytest.raises(ServiceFaultError, match="ConditionalCheckFailedException"):
        api.ask("DeleteItem", {**TABLE, "Key": key(1), "ConditionExpression": "attribute_not_exists(id)"})


def test_a_savepoint_is_restored_in_memory_and_in_the_file_once_there_is_room(emulator: Emulator, path: Path) -> None:
    api = Api(emulator)
    savepoint = emulator.savepoint()
    before = everything(emulator)
    api.ask("PutItem", {**TABLE, "Item": item(9)})
    with full_disk(), pytest.raises(ServiceError):
        savepoint.restore()
    assert not list(differences(before, everything(emulator)))
    assert_kept(emulator, path)


def test_what_a_savepoint_brought_back_is_not_forgotten_when_a_write_fails(emulator: Emulator, path: Path) -> None:
    api = Api(emulator)
    savepoint = emulator.savepoint()
    api.ask("PutItem", {**TABLE, "Item": item(9)})
    with full_disk():
        with pytest.raises(ServiceError):
            savepoint.restore()
        with pytest.raises(ServiceFaultError):
            api.ask("PutItem", {**TABLE, "Item": item(8)})
    api.ask("PutItem", {**TABLE, "Item": item(7)})
    assert_kept(emulator, path)


def test_savepoints_that_were_opened_after_one_stay_open_when_that_cannot_be_restored(emulator: Emulator) -> None:
    savepoints = OpenSavepoints(emulator)
    for number in (8, 9):
        savepoints.open()
        Api(emulator).ask("PutItem", {**TABLE, "Item": item(number)})
    with full_disk(), pytest.raises(ServiceError):
        savepoints.restore(1)
    assert savepoints.numbers() == [1, 2]


def test_reads_go_on_though_what_a_savepoint_brought_back_cannot_be_written(emulator: Emulator) -> None:
    api = Api(emulator)
    savepoint = emulator.savepoint()
    api.ask("PutItem", {**TABLE, "Item": item(9)})
    with full_disk():
        with pytest.raises(ServiceError):
            savepoint.restore()
        assert api.ask("GetItem", {**TABLE, "Key": key(9)}) == {}


def test_a_reset_fails_and_resets_nothing(emulator: Emulator, path: Path) -> None:
    before = everything(emulator)
    with full_disk(), pytest.raises(ServiceError):
        emulator.reset()
    assert not list(differences(before, everything(emulator)))
    assert_kept(emulator, path)


@pytest.mark.parametrize("seed", range(4))
def test_a_disk_that_is_full_now_and_then_loses_nothing(emulator: Emulator, path: Path, seed: int) -> None:
    rng, api = Random(seed), Api(emulator)
    acknowledged = {str(number): item(number) for number in range(5)}
    for version in range(200):
        written = {str(at): item(at, version={"N": str(version)}) for at in rng.sample(range(20), rng.randint(1, 6))}
        puts = [{"Put": {**TABLE, "Item": each}} for each in written.values()]
        with full_disk(rng.choice((0, log_size(path) + rng.randrange(20_000), 10**9))), suppress(ServiceFaultError):
            api.ask("TransactWriteItems", {"TransactItems": puts})
            acknowledged |= written
    items = {each["id"]["S"]: each for each in api.ask("Scan", TABLE)["Items"]}
    assert items == acknowledged
    check_streams_and_expiries(emulator)
    assert_kept(emulator, path)


# --- Opening, saving, closing ---------------------------------------------------------------------


def test_a_new_file_is_not_made_on_a_full_disk(path: Path) -> None:
    with full_disk(), pytest.raises(FileError, match=f"{path} cannot be created"):
        Emulator(path=path)
    assert list(path.parent.iterdir()) == []


def test_a_file_is_not_opened_on_a_full_disk_and_stays_as_it_is(path: Path) -> None:
    Emulator(path=path).close()
    before = path.read_bytes()
    with full_disk(), pytest.raises(FileError, match=f"{path} cannot be written"):
        Emulator(path=path)
    assert path.read_bytes() == before


def test_a_file_that_was_not_opened_on_a_full_disk_is_opened_once_there_is_room(path: Path) -> None:
    Emulator(path=path).close()
    with full_disk(), pytest.raises(FileError) as refused:
        Emulator(path=path)
    Emulator(path=path).close()
    assert refused.value


def test_a_copy_is_not_saved_on_a_full_disk_and_an_earlier_one_stays(emulator: Emulator, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    emulator.save(copy)
    before = content_of(copy)
    with full_disk(10_000), pytest.raises(FileError, match=str(copy)):
        emulator.save(copy)
    assert content_of(copy) == before


def test_a_file_that_is_closed_on_a_full_disk_is_whole(emulator: Emulator, path: Path) -> None:
    expected = everything(emulator)
    with full_disk():
        emulator.close()
    reopened = opened_at(path, NOW)
    assert not list(differences(expected, everything(reopened)))
    reopened.close()


# --- A server -------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux changes the limits of another process")
def test_a_server_whose_disk_is_full_now_and_then_does_what_it_says(path: Path) -> None:
    """Requests that came together are committed together: those that fail do nothing, the others all."""
    clients = [
        Client(number, "1", refusals=("TransactionCanceledException", "InternalServerError")) for number in range(4)
    ]
    with ServerProcess(path) as server:
        with closing(HttpApi(server.port)) as api:
            set_up(api)
        threads = [Thread(target=client.run, args=(server.port,)) for client in clients]
        for thread in threads:
            thread.start()
        rng = Random(1)
        for _ in range(20):
            for size in (rng.choice((0, log_size(path) + rng.randrange(50_000))), resource.RLIM_INFINITY):
                resource.prlimit(server.id, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
                time.sleep(rng.random() * 0.03)
        complaints = server.kill()
        for thread in threads:
            thread.join()
    assert [client.fault for client in clients if client.fault] == []
    assert "cannot be written: disk I/O error" in complaints
    writes = [write for client in clients for write in client.writes]
    assert {write.outcome for write in writes} > {DONE, REFUSED}
    with ServerProcess(path) as server, closing(HttpApi(server.port)) as api:
        check(api, writes)
