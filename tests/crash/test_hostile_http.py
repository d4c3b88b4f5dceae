"""Whatever comes in over HTTP gets a right answer or a closed connection, and the server lives."""

from __future__ import annotations

import collections
import gzip
import itertools
import logging
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_http import PATIENCE_SECONDS, Answer, RawClient, chunked, request

from emulator import Emulator
from emulator.limits import KIB, MAX_REQUEST_BODY_BYTES, MIB
from emulator.transports.http import Server

NO_TABLES = b'{"TableNames":[]}'
UNPARSABLE = b'{"__type":"com.amazon.coral.service#SerializationException"}'
HEAD = b"POST / HTTP/1.1\r\nhost: a\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


def gzipped(body: bytes, level: int = 9) -> bytes:
    """The same bytes each time, so that they may name a test."""
    return gzip.compress(body, level, mtime=0)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Emulator(request_timeout=5).serve() as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[RawClient]:
    with RawClient(server.port) as client:
        yield client


@pytest.fixture(autouse=True)
def lives(server: Server, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """After each test the server answers a good request, and it has not met an error of its own."""
    yield
    assert_lives(server)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def assert_lives(server: Server) -> None:
    with RawClient(server.port) as client:
        assert client.send(request()).answer().body == NO_TABLES


def chunked_request(body: bytes) -> bytes:
    return request(body, content_length=None, transfer_encoding="chunked")


def answers_until_closed(client: RawClient) -> list[Answer]:
    answers = []
    try:
        while True:
            answers.append(client.answer())
    except ConnectionError:
        return answers


# --- Not HTTP -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"HELLO\r\n\r\n",
        b"post / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / SMTP/1.1\r\n\r\n",
        b"POST HTTP/1.1\r\n\r\n",
        b"POST /\x00 HTTP/1.1\r\n\r\n",
        b"POST example HTTP/1.1\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nhost: a\r\n\r\n",
        HEAD + b"no colon\r\n\r\n",
        HEAD + b"with space: 1\r\n\r\n",
        HEAD + b": nameless\r\n\r\n",
        HEAD + b"x: \x00\r\n\r\n",
        HEAD + b"x: 1\nbare: 2\r\n\r\n",
        HEAD + b"x: 1\r\n folded\r\n\r\n",
        HEAD + b"content-length: -1\r\n\r\n",
        HEAD + b"content-length: two\r\n\r\n{}",
        HEAD + b"content-length: 0x2\r\n\r\n{}",
        HEAD + b"content-length: 2, 2\r\n\r\n{}",
        HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        HEAD + b"content-length: 99999999999999999999999999\r\n\r\n",
        HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: gzip\r\n\r\n{}",
        HEAD + b"transfer-encoding: chunked, gzip\r\n\r\n{}",
        CHUNKED + b"two\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"1\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"3\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"2{}\r\n0\r\n\r\n",
        CHUNKED + b"ffffffffffffffffff\r\n",
        CHUNKED + b"0\r\nno colon\r\n\r\n",
    ],
)
def test_what_is_not_http_is_a_bad_request(client: RawClient, sent: bytes) -> None:
    assert client.send(sent).answer().status == 400
    assert client.is_closed()


@pytest.mark.parametrize("garbage", [b"\x00", b"HELLO\r\n\r\n", bytes(100_000), CHUNKED + b"two\r\n"])
def test_requests_before_garbage_are_answered(client: RawClient, garbage: bytes) -> None:
    client.send(request() * 2 + b"GET /health HTTP/1.1\r\n\r\n" + request() + garbage + request())
    assert [answer.status for answer in answers_until_closed(client)] == [200, 200, 200, 200, 400]


def test_what_follows_the_last_request_is_ignored(client: RawClient) -> None:
    client.send(request(connection="close") + request() + b"HELLO\r\n\r\n")
    assert [answer.status for answer in answers_until_closed(client)] == [200]


# --- Too much -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        request(line=f"POST /{'x' * 17 * KIB} HTTP/1.1"),
        request(x_long="v" * 17 * KIB),
        request(**{"n" * 17 * KIB: "v"}),
        request(**{f"x{number}": "" for number in range(4000)}),
        request(x="\r\nx: ".join("v" * 8000)),
        request(connection="upgrade", upgrade="h2c", x_long="v" * 17 * KIB),
    ],
    ids=["target", "value", "name", "many headers", "one header many times", "with an upgrade"],
)
def test_a_head_of_more_than_16_kib_is_a_bad_request(client: RawClient, sent: bytes) -> None:
    assert client.send(sent).answer().status == 400
    assert client.is_closed()


@pytest.mark.parametrize(
    "sent", [request(line=f"POST /?{'x' * 15 * KIB} HTTP/1.1"), request(x_long="v" * 15 * KIB)], ids=["target", "value"]
)
def test_a_head_of_15_kib_is_read(client: RawClient, sent: bytes) -> None:
    assert [client.send(sent).answer().body for _ in range(2)] == [NO_TABLES] * 2


@pytest.mark.parametrize(
    "beginning",
    [b"POST /", HEAD + b"x: ", HEAD + b"x", CHUNKED + b"0\r\nx: ", CHUNKED + b"0\r\nx"],
    ids=["target", "value", "name", "value of a trailer", "name of a trailer"],
)
def test_a_head_without_end_is_refused_before_it_is_held(client: RawClient, beginning: bytes) -> None:
    client.send(beginning)
    for _ in range(64):
        client.send(b"v" * 64 * KIB)
    assert client.answer().status == 400
    assert client.is_closed()


def test_trailers_without_end_are_refused(client: RawClient) -> None:
    client.send(CHUNKED + b"0\r\n")
    for number in range(1000):
        client.send(b"x%d: %b\r\n" % (number, b"v" * KIB))
    assert client.answer().status == 400


def test_a_body_of_16_mib_is_read(client: RawClient) -> None:
    assert client.send(request(b"{}".ljust(MAX_REQUEST_BODY_BYTES))).answer().body == NO_TABLES


def test_a_chunked_body_of_16_mib_is_read(client: RawClient) -> None:
    chunks = chunked(b"{}", *[b" " * MIB] * 15, b" " * (MIB - 2))
    assert client.send(chunked_request(chunks)).answer().body == NO_TABLES


@pytest.mark.parametrize("length", [MAX_REQUEST_BODY_BYTES + 1, 10**12])
@pytest.mark.parametrize("headers", [{}, {"expect": "100-continue"}])
def test_a_larger_body_is_refused_before_it_comes(client: RawClient, length: int, headers: dict[str, str]) -> None:
    answer = client.send(request(content_length=str(length), **headers)).answer()
    assert (answer.status, answer.body) == (413, b"")
    assert client.is_closed()


@pytest.mark.parametrize(
    "sent",
    [
        request(b"{}".ljust(MAX_REQUEST_BODY_BYTES + 1)),
        chunked_request(chunked(b"{}", *[b" " * MIB] * 16)),
        chunked_request(chunked(*[b"x" * 100] * (MAX_REQUEST_BODY_BYTES // 100 + 1))),
    ],
    ids=["with its length", "in chunks", "in small chunks"],
)
def test_a_client_that_sends_a_larger_body_reads_the_refusal(client: RawClient, sent: bytes) -> None:
    assert client.send(sent).answer().status == 413
    assert client.is_closed()


def test_a_client_that_does_not_stop_after_a_refusal_is_cut_off(client: RawClient) -> None:
    client.send(request(content_length=str(10**12)))
    endless = itertools.repeat(bytes(MIB))
    with pytest.raises(ConnectionError):
        collections.deque(map(client.socket.sendall, endless), maxlen=0)


@pytest.mark.parametrize(
    "body",
    [
        gzipped(bytes(64 * MIB), level=1),
        gzipped(bytes(MIB)) * 17,
        gzipped(b"x") * 500_000 + gzipped(bytes(MAX_REQUEST_BODY_BYTES)),
    ],
    ids=["one member", "many members", "very many members"],
)
def test_a_body_that_grows_too_large_is_refused(client: RawClient, body: bytes) -> None:
    assert client.send(request(body, content_encoding="gzip")).answer().status == 413


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"TableName":"Orders","Item":{"pk":' + b'{"L":[' * 10_000 + b"]}" * 10_000 + b"}}",
        b'{"TableName":"\xff\xfe"}',
        b'{"TableName":"\xed\xa0\x80"}',
        b'{"TableName":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        '{"TableName":"Orders"}'.encode("utf-16"),
        b"{} {}",
        b"{}\x00",
        b'{"Limit":NaN}',
        b'{"Limit":1e999}',
        b"nul",
        bytes(1000),
    ],
)
def test_a_body_that_is_not_json_is_a_serialization_exception(client: RawClient, body: bytes) -> None:
    answer = client.send(request(body, "PutItem")).answer()
    assert (answer.status, answer.body) == (400, UNPARSABLE)


@pytest.mark.parametrize("depth", [100, 900])
def test_a_deep_item_is_refused(client: RawClient, depth: int) -> None:
    value = b'{"L":[' * depth + b"]}" * depth
    body = b'{"TableName":"Orders","Item":{"pk":%b}}' % value
    assert client.send(request(body, "PutItem")).answer().status == 400


# --- Clients that go away or take their time ------------------------------------------------------


@pytest.mark.parametrize("sent", [b"P", b"POST", HEAD, request()[:-1], CHUNKED + b"2\r\n{", CHUNKED + b"2\r\n{}\r\n"])
def test_a_request_that_breaks_off_ends_the_connection(client: RawClient, sent: bytes) -> None:
    client.send(sent).socket.shutdown(socket.SHUT_WR)
    assert client.is_closed()


@pytest.mark.parametrize(
    "sent", [b"", request()[:-1], request(), request() * 500, request(line="GET /health HTTP/1.1")]
)
def test_a_client_may_reset_its_connection(server: Server, sent: bytes) -> None:
    for _ in range(20):
        client = RawClient(server.port).send(sent)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


def test_clients_that_wait_do_not_keep_others_waiting(server: Server) -> None:
    waiting = [RawClient(server.port).send(request()[:-1]) for _ in range(100)]
    assert_lives(server)
    assert [client.send(b"}").answer().status for client in waiting] == [200] * 100
    for client in waiting:
        client.close()


def test_a_flood_of_requests_is_answered_in_order(client: RawClient) -> None:
    statuses = [200, 200, 404, 400]
    client.send(
        (request() + b"GET / HTTP/1.1\r\n\r\n" + b"PUT / HTTP/1.1\r\n\r\n" + request(operation="Nothing")) * 1000
    )
    assert [client.answer().status for _ in range(4000)] == statuses * 1000


SERVE_WITH_FEW_FILES = """
import resource
from emulator import Emulator
from emulator.transports.http import serve_forever
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
serve_forever(Emulator(), on_ready=lambda port: print(port, flush=True))
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such limit")
@pytest.mark.parametrize("loop", ["", "import sys; sys.modules['uvloop'] = None"], ids=["installed loop", "asyncio's"])
def test_more_connections_than_the_process_may_have_files_do_not_end_the_server(loop: str) -> None:
    program = loop + SERVE_WITH_FEW_FILES
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            clients = [RawClient(port).send(request()) for _ in range(100)]
            assert clients[0].answer().body == NO_TABLES
            for client in clients:
                client.close()
            assert any(answers(port) for _ in range(1000))
            process.terminate()
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()


def answers(port: int) -> bool:
    """Whether a new connection is served; one that comes before the closed ones are noticed is not."""
    with RawClient(port) as client:
        try:
            return client.send(request()).answer().body == NO_TABLES
        except ConnectionError:
            return False


# --- Anything -------------------------------------------------------------------------------------

BOUNDED = settings(max_examples=200, deadline=None)


def assert_ends(server: Server, sent: bytes) -> None:
    """The server answers in HTTP whatever it takes for a request, and closes when the client has ended."""
    with RawClient(server.port) as client:
        client.send(sent).socket.shutdown(socket.SHUT_WR)
        for answer in answers_until_closed(client):
            assert answer.status in (200, 400, 404, 413, 500)
    assert_lives(server)


@BOUNDED
@given(sent=st.binary(max_size=3000))
def test_random_bytes_do_no_harm(server: Server, sent: bytes) -> None:
    assert_ends(server, sent)


@BOUNDED
@given(body=st.binary(max_size=300), coding=st.sampled_from(["gzip", "deflate", "identity"]))
def test_random_bodies_do_no_harm(server: Server, body: bytes, coding: str) -> None:
    assert_ends(server, request(body, content_encoding=coding))


@BOUNDED
@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, 600), st.integers(0, 20), st.binary(max_size=8) | st.sampled_from([b"\r\n", b"0\r\n\r\n"])
        ),
        min_size=1,
        max_size=6,
    )
)
def test_damaged_requests_do_no_harm(server: Server, edits: list[tuple[int, int, bytes]]) -> None:
    sent = chunked_request(chunked(b"{", b"}")) + request(connection="upgrade", upgrade="h2c")
    for start, length, replacement in edits:
        sent = sent[:start] + replacement + sent[start + length :]
    assert_ends(server, sent)
