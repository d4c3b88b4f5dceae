"""Group commits: what came to the server together is committed together, and stands or falls one by one."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any, cast

import orjson
import pytest

from emulator import Emulator
from emulator.errors import ServiceError
from emulator.gateway import HttpRequest, HttpResponse
from emulator.persistence.saving import Saver
from emulator.transports.group import Group
from emulator.transports.http import Server
from tests.crash.files import killed_copy

TABLE = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
FULL = sqlite3.OperationalError("database or disk is full")


@pytest.fixture
def emu(tmp_path: Path) -> Iterator[Emulator]:
    emulator = Emulator(path=tmp_path / "orders.db")
    emulator.client().create_table(**TABLE)
    emulator.tables()  # it is ACTIVE
    yield emulator
    emulator.close()


@pytest.fixture
def server(emu: Emulator) -> Iterator[Server]:
    with emu.serve() as server:
        yield server


def request(operation: str, body: dict[str, Any]) -> bytes:
    encoded = orjson.dumps(body)
    return (
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.%b\r\n"
        b"Content-Type: application/x-amz-json-1.0\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b/us-east-1/d/e\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (operation.encode(), len(encoded), encoded)
    )


def put(key: str, **attributes: str) -> bytes:
    item = {"pk": {"S": key}, **{name: {"N": value} for name, value in attributes.items()}}
    return request("PutItem", {"TableName": "Orders", "Item": item})


def add(key: str) -> bytes:
    update = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    return request("UpdateItem", {"TableName": "Orders", "Key": {"pk": {"S": key}}, **update})


def get(key: str) -> bytes:
    return request("GetItem", {"TableName": "Orders", "Key": {"pk": {"S": key}}})


def answers(server: Server, *requests: bytes) -> list[tuple[int, Any]]:
    """The answers to requests that go out in one segment."""
    with socket.create_connection((server.host, server.port), 10) as connection:
        connection.sendall(b"".join(requests))
        file = connection.makefile("rb")
        return [_answer(file) for _ in requests]


def _answer(file: Any) -> tuple[int, Any]:
    status = int(file.readline().split()[1])
    length = 0
    while line := file.readline().strip():
        name, _, value = line.partition(b": ")
        if name == b"Content-Length":
            length = int(value)
    return status, orjson.loads(file.read(length))


@pytest.fixture
def saves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Has `Saver.save` fail whenever the given function says so of the number of marked items; notes these numbers."""

    def install(fails: Callable[[int], bool] = lambda _: False) -> list[int]:
        marked: list[int] = []
        save = Saver.save

        def tried(saver: Saver, unsaved: Any) -> None:
            marked.append(len(unsaved.items))
            if fails(len(unsaved.items)):
                raise FULL
            save(saver, unsaved)

        monkeypatch.setattr(Saver, "save", tried)
        return marked

    return install


def test_what_came_together_is_committed_at_once(server: Server, saves: Any) -> None:
    marked = saves()
    answers(server, *(put(str(number)) for number in range(10)))
    assert marked == [10]


def test_reads_alone_commit_nothing(server: Server, saves: Any) -> None:
    marked = saves()
    answers(server, get("a"), get("b"))
    assert marked == []


def test_a_group_that_cannot_be_committed_is_answered_one_by_one(server: Server, emu: Emulator, saves: Any) -> None:
    saves(lambda items: items > 1)
    got = answers(server, put("a"), add("b"), get("b"), add("b"), get("b"))
    assert [status for status, _ in got] == [200] * 5
    assert [got[2][1]["Item"]["n"], got[4][1]["Item"]["n"]] == [{"N": "1"}, {"N": "2"}]


def test_each_write_that_cannot_be_committed_tells_so_and_reads_go_on(
    server: Server, emu: Emulator, saves: Any
) -> None:
    answers(server, put("a", n="7"))
    saves(lambda items: items > 0)
    got = answers(server, get("a"), add("a"), get("a"), put("b"), get("b"))
    assert [status for status, _ in got] == [200, 500, 200, 500, 200]
    assert (got[2][1]["Item"]["n"], got[4][1]) == ({"N": "7"}, {})


def test_the_error_names_the_file_and_the_reason(server: Server, tmp_path: Path, saves: Any) -> None:
    saves(lambda items: items > 0)
    ((status, body),) = answers(server, put("a"))
    assert (status, body["__type"].rpartition("#")[2], body["message"]) == (
        500,
        "InternalServerError",
        f"The emulator could not write {tmp_path / 'orders.db'}: database or disk is full. "
        "Nothing of this request was carried out.",
    )


def test_writes_go_on_when_there_is_room_again(server: Server, emu: Emulator, saves: Any, tmp_path: Path) -> None:
    is_full = [True]
    saves(lambda items: is_full[0])
    answers(server, put("lost"))
    is_full[0] = False
    answers(server, put("kept"))
    server.stop()
    emu.close()
    kept = Emulator.load(tmp_path / "orders.db").client().scan(TableName="Orders")["Items"]
    assert kept == [{"pk": {"S": "kept"}}]


def test_a_commit_of_another_thread_takes_the_group_with_it(server: Server, emu: Emulator, saves: Any) -> None:
    marked = saves()
    answers(server, put("a"), put("b"))
    emu.client().put_item(TableName="Orders", Item={"pk": {"S": "c"}})
    assert marked == [2, 1]


def test_a_client_that_leaves_before_its_answer_leaves_its_write(server: Server, emu: Emulator, tmp_path: Path) -> None:
    with socket.create_connection((server.host, server.port), 10) as connection:
        connection.sendall(put("left"))
    while emu.tables()["us-east-1"]["Orders"] == 0:
        pass
    answers(server, get("x"))
    server.stop()
    emu.close()
    assert Emulator.load(tmp_path / "orders.db").tables() == {"us-east-1": {"Orders": 1}}


# --- Threads beside the server's ------------------------------------------------------------------

KINESIS = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"


class Loop:
    """What a server's event loop does with requests, a step at a time; this thread is its thread.

    It stands for the connection and for what connections share.
    """

    def __init__(self, emulator: Emulator) -> None:
        journal = emulator.journal
        assert journal is not None
        assert journal.claim()
        self.handle, self.deliver = emulator.gateway.handle, emulator.deliver_to_kinesis
        self.group = Group(journal, cast(Any, self))
        self.answers: list[HttpResponse] = []

    def ask(self, operation: str, body: dict[str, Any], between: Callable[[], object] = lambda: None) -> None:
        """Answer a request, but do not send the answer yet; `between` is what others do until it is noted."""
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{operation}"}
        headers["authorization"] = "AWS4-HMAC-SHA256 Credential=a/b/us-east-1/d/e"
        asked = HttpRequest("POST", "/", headers, orjson.dumps(body))
        self.answers.append(self.handle(asked))
        between()
        self.group.note(cast(Any, self), len(self.answers) - 1, asked, True)

    def put(self, key: str, between: Callable[[], object] = lambda: None) -> None:
        self.ask("PutItem", {"TableName": "Orders", "Item": {"pk": {"S": key}}}, between)

    def add(self, key: str, between: Callable[[], object] = lambda: None) -> None:
        update = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
        self.ask("UpdateItem", {"TableName": "Orders", "Key": {"pk": {"S": key}}, **update}, between)

    def serialise(self, response: HttpResponse, keep_alive: bool, with_body: bool) -> HttpResponse:
        return response

    def correct(self, number: int, answer: HttpResponse) -> None:
        self.answers[number] = answer

    @property
    def statuses(self) -> list[int]:
        return [answer.status for answer in self.answers]


@pytest.fixture
def loop(emu: Emulator) -> Loop:
    return Loop(emu)


def from_another_thread(emulator: Emulator, operation: str, body: dict[str, Any]) -> Any:
    """Status and answer of a request that another thread makes."""
    replies: list[Any] = []
    thread = Thread(target=lambda: replies.append(emulator.gateway.call(operation, orjson.dumps(body), "us-east-1")))
    thread.start()
    thread.join()
    return replies[0].status, orjson.loads(replies[0].body)


def put_elsewhere(emulator: Emulator, key: str) -> int:
    status, _ = from_another_thread(emulator, "PutItem", {"TableName": "Orders", "Item": {"pk": {"S": key}}})
    return int(status)


def kept(emulator: Emulator, path: Path) -> dict[str, Any]:
    """All items that a kill would leave now, by their keys."""
    items = Emulator.load(killed_copy(emulator, path, path.with_name("killed"))).client().scan(TableName="Orders")
    return {item["pk"]["S"]: item for item in items["Items"]}


@pytest.fixture
def fails(saves: Any) -> Callable[..., None]:
    """Has the next commits fail or not, in that order."""

    def install(*outcomes: bool) -> None:
        left = iter(outcomes)
        saves(lambda _: next(left, False))

    return install


def test_what_another_threads_commit_took_back_is_answered_anew_though_a_later_one_succeeds(
    emu: Emulator, loop: Loop, fails: Any, tmp_path: Path
) -> None:
    """It was told that it was done, since there had been a commit."""
    fails(True)
    loop.add("a")
    assert [put_elsewhere(emu, "b"), put_elsewhere(emu, "c")] == [500, 200]
    loop.group.commit()
    items = kept(emu, tmp_path / "orders.db")
    assert (loop.statuses, sorted(items), items["a"]["n"]) == ([200], ["a", "c"], {"N": "1"})


def test_what_another_threads_commit_took_back_is_answered_anew_though_the_next_one_fails_too(
    emu: Emulator, loop: Loop, fails: Any, tmp_path: Path
) -> None:
    fails(True, True)
    loop.add("a")
    assert [put_elsewhere(emu, "b"), put_elsewhere(emu, "c")] == [500, 500]
    loop.group.commit()
    assert (loop.statuses, list(kept(emu, tmp_path / "orders.db"))) == ([200], ["a"])


def test_what_another_thread_has_committed_is_not_done_again(
    emu: Emulator, loop: Loop, fails: Any, tmp_path: Path
) -> None:
    fails(False, True)
    loop.add("a")
    assert put_elsewhere(emu, "b") == 200
    loop.put("c")
    loop.group.commit()
    items = kept(emu, tmp_path / "orders.db")
    assert (loop.statuses, sorted(items), items["a"]["n"]) == ([200, 200], ["a", "b", "c"], {"N": "1"})


def test_what_is_taken_back_before_its_answer_is_noted_is_answered_anew(
    emu: Emulator, loop: Loop, fails: Any, tmp_path: Path
) -> None:
    fails(True)
    loop.add("a", between=lambda: put_elsewhere(emu, "b"))
    loop.group.commit()
    assert (loop.statuses, list(kept(emu, tmp_path / "orders.db"))) == ([200], ["a"])


def test_what_is_committed_before_its_answer_is_noted_is_not_done_again(
    emu: Emulator, loop: Loop, fails: Any, tmp_path: Path
) -> None:
    fails(False, True)
    loop.add("a", between=lambda: put_elsewhere(emu, "b"))
    loop.put("c")
    loop.group.commit()
    assert kept(emu, tmp_path / "orders.db")["a"]["n"] == {"N": "1"}


def test_another_thread_does_not_read_what_is_taken_back_before_it_is_answered(
    emu: Emulator, loop: Loop, fails: Any
) -> None:
    fails(True)
    loop.put("a")
    answer = from_another_thread(emu, "GetItem", {"TableName": "Orders", "Key": {"pk": {"S": "a"}}})
    assert answer == (200, {})


def test_another_thread_reads_on_while_nothing_can_be_committed(emu: Emulator, fails: Any) -> None:
    """What a savepoint brought back and could not be written stays owed; reads rest on it all the same."""
    savepoint = emu.savepoint()
    emu.client().put_item(TableName="Orders", Item={"pk": {"S": "a"}})
    fails(True, True, True)
    with pytest.raises(ServiceError):
        savepoint.restore()
    answer = from_another_thread(emu, "GetItem", {"TableName": "Orders", "Key": {"pk": {"S": "a"}}})
    assert answer == (200, {})


# --- Functions of Kinesis -------------------------------------------------------------------------


@pytest.fixture
def copying(emu: Emulator) -> Emulator:
    """The emulator, with a function that puts an item `copy` when another one is put."""
    emu.client().enable_kinesis_streaming_destination(TableName="Orders", StreamArn=KINESIS)
    emu.tables()

    def copy(record: dict[str, Any]) -> None:
        if b'"copy"' not in record["Data"]:
            emu.client().put_item(TableName="Orders", Item={"pk": {"S": "copy"}})

    emu.on_kinesis(KINESIS, copy)
    return emu


def test_what_a_function_writes_in_the_servers_thread_is_committed_before_the_answer(
    copying: Emulator, server: Server, tmp_path: Path
) -> None:
    answers(server, put("a"))
    assert sorted(kept(copying, tmp_path / "orders.db")) == ["a", "copy"]


def test_the_clock_goes_on_after_a_file_was_closed_that_a_function_wrote_to(copying: Emulator) -> None:
    """It tried to commit to the closed file."""
    with copying.serve() as server:
        answers(server, put("a"))
        copying.close()
        copying.clock.advance(seconds=1)
        assert answers(server, get("copy")) == [(200, {"Item": {"pk": {"S": "copy"}}})]
