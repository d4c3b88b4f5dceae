"""The console's client, against servers that answer in other ways than an emulator does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import IO

import pytest

from emulator.apiclient import ApiClient, ApiError, EndpointError

Script = Callable[..., ApiClient]
Connection = list[bytes]

TABLES = b'{"TableNames":[]}'


def answer(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


def read_request(stream: IO[bytes]) -> None:
    length = 0
    while (line := stream.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    stream.read(length)


THROTTLED = answer(400, b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow"}')
BROKEN = answer(500, b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oh"}')


@pytest.fixture
def script() -> Iterator[Script]:
    """Makes a client of a server that accepts one connection after another, and gives each its answers in turn."""
    listening = socket.create_server(("127.0.0.1", 0))
    clients: list[ApiClient] = []

    def serve(connections: tuple[Connection, ...]) -> None:
        for answers in connections:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as requests:
                for each in answers:
                    read_request(requests)
                    connection.sendall(each)

    def start(*connections: Connection) -> ApiClient:
        threading.Thread(target=serve, args=(connections,), daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        clients.append(ApiClient(url, "us-east-1", pause=lambda seconds: None))
        return clients[-1]

    with listening:
        yield start
        for client in clients:
            client.close()


@pytest.mark.parametrize("failure", [THROTTLED, BROKEN], ids=["throttled", "broken"])
def test_a_failure_that_may_pass_is_tried_again(script: Script, failure: bytes) -> None:
    client = script([failure, failure, answer(200, TABLES)])
    assert client.call("ListTables", {}) == {"TableNames": []}


def test_a_failure_that_does_not_pass_is_told_after_ten_repetitions(script: Script) -> None:
    client = script([THROTTLED] * 11)
    with pytest.raises(ApiError, match=r"^slow$"):
        client.call("ListTables", {})


def test_a_connection_that_was_closed_while_idle_is_made_again(script: Script) -> None:
    client = script([answer(200, TABLES)], [answer(200, TABLES)])
    client.call("ListTables", {})
    assert client.call("ListTables", {}) == {"TableNames": []}


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (answer(404, b"<html>"), r"does not answer as a DynamoDB does \(HTTP 404\)"),
        (answer(200, b"[]"), r"does not answer as a DynamoDB does \(HTTP 200\)"),
        (answer(500, b"{}"), r"does not answer as a DynamoDB does \(HTTP 500\)"),
        (
            answer(400, b'{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"no"}'),
            r"wants signed requests \(UnrecognizedClientException\); this command talks to emulators only",
        ),
        (b"", "cannot reach http://127.0.0.1:"),
        (b"SSH-2.0-OpenSSH\r\n", "cannot reach http://127.0.0.1:"),
    ],
    ids=["page", "list", "no error", "signature", "closed", "other protocol"],
)
def test_what_is_no_emulator_is_told_so(script: Script, reply: bytes, complaint: str) -> None:
    client = script([reply])
    with pytest.raises(EndpointError, match=complaint):
        client.call("ListTables", {})
