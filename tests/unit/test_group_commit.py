"""Group commits: what came to the server together is committed together, and stands or falls one by one."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from emulator import Emulator
from emulator.persistence.saving import Saver
from emulator.transports.http import Server

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
