"""The HTTP server, over real connections."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import signal
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import boto3
import orjson
import pytest
from raw_http import PATIENCE_SECONDS, Answer, RawClient, chunked, request

import emulator
from emulator import Emulator
from emulator.transports import addresses, http
from emulator.transports.connection import Connection
from emulator.transports.front import Front
from emulator.transports.http import ListenError, Server

TABLE = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
NO_TABLES = b'{"TableNames":[]}'
UNKNOWN_XML = b"<UnknownOperationException/>\n"
HEALTH = orjson.dumps({"status": "ok", "version": emulator.__version__})

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "installed loop": http._new_loop,
    "asyncio's loop": asyncio.new_event_loop,
}


def gzipped(body: bytes, level: int = 9) -> bytes:
    """The same bytes each time, so that they may name a test."""
    return gzip.compress(body, level, mtime=0)


@pytest.fixture(scope="module", params=LOOPS.values(), ids=LOOPS.keys())
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server whose emulator has no tables; one test after the other talks to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "_new_loop", request.param)
        with Emulator().serve() as server:
            yield server


@pytest.fixture
def client(server: Server) -> Iterator[RawClient]:
    with RawClient(server.port) as client:
        yield client


def call(client: RawClient, operation: str, body: dict[str, Any], **headers: str) -> Answer:
    return client.send(request(orjson.dumps(body), operation, **headers)).answer()


def put_large_items(client: RawClient) -> int:
    """Fill a table; says how many bytes a scan of it answers."""
    call(client, "CreateTable", TABLE)
    for number in range(3):
        item = {"pk": {"S": str(number)}, "note": {"S": "n" * 300_000}}
        assert call(client, "PutItem", {"TableName": "Orders", "Item": item}).status == 200
    return len(call(client, "Scan", {"TableName": "Orders"}).body)


SCAN = request(b'{"TableName":"Orders"}', "Scan")


# --- Requests and answers -------------------------------------------------------------------------


def test_an_answer_has_the_headers_of_the_service(client: RawClient) -> None:
    answer = client.send(request()).answer()
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-amzn-requestid")}
    assert (answer.status, answer.body, headers) == (
        200,
        NO_TABLES,
        {
            "server": "Server",
            "connection": "keep-alive",
            "x-amz-crc32": str(zlib.crc32(NO_TABLES)),
            "content-type": "application/x-amz-json-1.0",
            "content-length": str(len(NO_TABLES)),
        },
    )


def test_answers_are_dated_by_the_clock_of_the_emulator() -> None:
    emu = Emulator()
    emu.clock.freeze(0)
    with emu.serve() as server, RawClient(server.port) as client:
        assert client.send(request()).answer().headers["date"] == "Thu, 01 Jan 1970 00:00:00 GMT"


def test_a_frozen_clock_does_not_hold_up_the_limits_on_idle_connections() -> None:
    emu = Emulator(idle_timeout=0.1)
    emu.clock.freeze(0)
    with emu.serve() as server, RawClient(server.port) as client:
        client.send(request()).answer()
        assert client.is_closed()


def test_the_clock_is_moved_over_http() -> None:
    body = b'{"freeze":"2026-01-01T00:00:00Z"}'
    with Emulator().serve() as server, RawClient(server.port) as client:
        head = b"POST /admin/clock HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        answer = client.send(head + body).answer()
        assert (answer.status, answer.body) == (200, b'{"now":1767225600.0,"frozen":true}')


@pytest.mark.parametrize(
    ("sent", "status", "body"),
    [
        (b"GET /health HTTP/1.1\r\n\r\n", 200, HEALTH),
        (b"GET /health?verbose=1 HTTP/1.1\r\n\r\n", 200, HEALTH),
        (b"GET / HTTP/1.1\r\n\r\n", 200, b"healthy: dynamodb.us-east-1.amazonaws.com "),
        (b"GET /other HTTP/1.1\r\n\r\n", 404, UNKNOWN_XML),
        (b"GET http://localhost:8000/health HTTP/1.1\r\n\r\n", 200, HEALTH),
        (request(line="POST http://localhost:8000 HTTP/1.1"), 200, NO_TABLES),
        (request(line="POST /?Action=x HTTP/1.1"), 200, NO_TABLES),
        (request(line="POST /other HTTP/1.1"), 404, UNKNOWN_XML),
        (request(line="POST // HTTP/1.1"), 404, UNKNOWN_XML),
        (request(line="PUT / HTTP/1.1"), 404, UNKNOWN_XML),
        (b"OPTIONS * HTTP/1.1\r\n\r\n", 404, UNKNOWN_XML),
        (b"DELETE /other HTTP/1.1\r\n\r\n", 404, UNKNOWN_XML),
    ],
)
def test_the_answer_depends_on_method_and_path(client: RawClient, sent: bytes, status: int, body: bytes) -> None:
    answer = client.send(sent).answer()
    assert (answer.status, answer.body) == (status, body)


def test_a_preflight_is_answered_with_a_length_of_zero(client: RawClient) -> None:
    answer = client.send(b"OPTIONS / HTTP/1.1\r\nOrigin: https://example.org\r\n\r\n").answer()
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "0", b"")


@pytest.mark.parametrize("path", ["/", "/health", "/other"])
def test_an_answer_to_head_has_no_body(client: RawClient, path: str) -> None:
    client.send(b"HEAD %b HTTP/1.1\r\n\r\n" % path.encode() + request())
    client.answer(to="HEAD")
    assert client.answer().body == NO_TABLES


def test_header_names_are_read_in_any_case(client: RawClient) -> None:
    sent = request(x_amz_target=None, **{"X-AMZ-TARGET": "DynamoDB_20120810.ListTables"})
    assert client.send(sent).answer().body == NO_TABLES


def test_one_connection_serves_many_requests(client: RawClient) -> None:
    assert [client.send(request()).answer().body for _ in range(3)] == [NO_TABLES] * 3


def test_answers_come_in_the_order_of_the_requests(client: RawClient) -> None:
    """Also where some are made by a worker while others would be ready at once."""
    health = b"GET /health HTTP/1.1\r\n\r\n"
    bad = request(operation="Nothing")
    client.send(request() + health + bad + request() + health + health + bad + request())
    statuses_and_sizes = [(answer.status, len(answer.body)) for answer in (client.answer() for _ in range(8))]
    ok, healthy, unknown = (200, len(NO_TABLES)), (200, len(HEALTH)), (400, 63)
    assert statuses_and_sizes == [ok, healthy, unknown, ok, healthy, healthy, unknown, ok]


class Transport(asyncio.Transport):
    """Notes how many answers each write holds, and that it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[object] = []

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.noted.append(data.count(NO_TABLES))

    def close(self) -> None:
        self.noted.append("closed")


@contextlib.asynccontextmanager
async def connected(count: int) -> AsyncIterator[tuple[list[Connection], list[Transport]]]:
    """Connections of one server in this loop, and what they write to."""
    front = Front(Emulator(), asyncio.get_running_loop(), "127.0.0.1", 1)
    connections, transports = [Connection(front) for _ in range(count)], [Transport() for _ in range(count)]
    for connection, transport in zip(connections, transports, strict=True):
        connection.connection_made(transport)
    yield connections, transports
    for connection in connections:
        connection.connection_lost(None)
    await front.stop(0)


def test_requests_of_one_segment_are_answered_with_one_write() -> None:
    async def scenario() -> list[object]:
        async with connected(1) as ((connection,), (transport,)):
            connection.data_received(request() * 10)
            return transport.noted

    assert asyncio.run(scenario()) == [10]


def test_a_lone_answer_leaves_once_the_other_connections_were_read_too() -> None:
    async def scenario() -> tuple[list[list[object]], list[list[object]]]:
        async with connected(3) as (connections, transports):
            for connection in connections:
                connection.data_received(request())
            before = [list(transport.noted) for transport in transports]
            await asyncio.sleep(0)
            return before, [transport.noted for transport in transports]

    assert asyncio.run(scenario()) == ([[], [], []], [[1], [1], [1]])


def test_many_lone_answers_are_not_held_back() -> None:
    async def scenario() -> int:
        async with connected(100) as (connections, transports):
            for connection in connections:
                connection.data_received(request())
            return sum(transport.noted == [1] for transport in transports)

    assert asyncio.run(scenario()) == 64


def test_a_lone_answer_leaves_before_its_connection_is_closed() -> None:
    async def scenario() -> list[object]:
        async with connected(1) as ((connection,), (transport,)):
            connection.data_received(request())
            connection.stop()
            return transport.noted

    assert asyncio.run(scenario()) == [1, "closed"]


def test_a_request_may_come_byte_by_byte(client: RawClient) -> None:
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in request() + request(chunked(b"{", b"}"), content_length=None, transfer_encoding="chunked"):
        client.send(bytes([byte]))
    assert [client.answer().body, client.answer().body] == [NO_TABLES, NO_TABLES]


@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue"])
def test_a_client_that_asks_first_is_told_to_send_its_body(client: RawClient, expectation: str) -> None:
    sent = request(expect=expectation)
    client.send(sent[:-2])
    assert client.answer().status == 100
    assert client.send(sent[-2:]).answer().body == NO_TABLES


@pytest.mark.parametrize(
    "sent",
    [
        request(connection="close"),
        request(line="POST / HTTP/1.0"),
        request(line="GET /health HTTP/1.1", connection="close"),
    ],
)
def test_a_connection_ends_when_the_client_wants_it(client: RawClient, sent: bytes) -> None:
    assert client.send(sent).answer().headers["connection"] == "close"
    assert client.is_closed()


def test_http_1_0_may_keep_its_connection(client: RawClient) -> None:
    sent = request(line="POST / HTTP/1.0", connection="keep-alive")
    assert [client.send(sent).answer().headers["connection"] for _ in range(2)] == ["keep-alive"] * 2


@pytest.mark.parametrize("path", ["/", "/health"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_client_that_sends_no_more_gets_its_answers(client: RawClient, path: str, count: int) -> None:
    client.send(request(line=f"POST {path} HTTP/1.1") * count)
    client.socket.shutdown(socket.SHUT_WR)
    assert [client.answer().status for _ in range(count)] == [200] * count
    assert client.is_closed()


@pytest.mark.parametrize(
    "headers",
    [
        {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2_settings": "AAMAAABkAAQAoAAAAAIAAAAA"},
        {"connection": "Upgrade", "upgrade": "TLS/1.2"},
    ],
)
def test_an_offer_to_speak_another_protocol_is_ignored(client: RawClient, headers: dict[str, str]) -> None:
    client.send(request(**headers) * 2 + request())
    assert [client.answer().body for _ in range(3)] == [NO_TABLES] * 3


# --- Bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        chunked(b"{}"),
        chunked(b"{", b"}"),
        chunked(b"{" + b" " * 70_000, b" " * 70_000 + b"}"),
        b"2;name=value\r\n{}\r\n0\r\nX-Amz-Target: DynamoDB_20120810.Nothing\r\n\r\n",
    ],
    ids=["one chunk", "two chunks", "large chunks", "extension and trailer"],
)
def test_bodies_may_be_chunked(client: RawClient, body: bytes) -> None:
    chunks = request(body, content_length=None, transfer_encoding="chunked")
    assert [client.send(chunks).answer().body for _ in range(2)] == [NO_TABLES] * 2


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzipped(b"{}")),
        ("gzip", gzipped(b"{") + gzipped(b"}")),
        ("deflate", zlib.compress(b"{}")),
    ],
)
def test_bodies_may_be_compressed(client: RawClient, coding: str, body: bytes) -> None:
    assert client.send(request(body, content_encoding=coding)).answer().body == NO_TABLES


def test_a_chunked_body_may_be_compressed(client: RawClient) -> None:
    body = gzipped(b"{}")
    sent = request(
        chunked(body[:7], body[7:]), content_length=None, transfer_encoding="chunked", content_encoding="gzip"
    )
    assert client.send(sent).answer().body == NO_TABLES


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("deflate", "deflate"), ("identity", None), ("identity\r\naccept-encoding: gzip", None)],
)
def test_the_first_accept_encoding_decides_how_a_large_answer_comes(accepted: str, coding: str | None) -> None:
    with Emulator().serve() as server, RawClient(server.port) as client:
        call(client, "CreateTable", TABLE)
        call(client, "PutItem", {"TableName": "Orders", "Item": {"pk": {"S": "1"}, "note": {"S": "n" * 5000}}})
        answer = call(client, "Scan", {"TableName": "Orders"}, accept_encoding=accepted)
        assert answer.headers.get("content-encoding") == coding
        assert answer.headers["x-amz-crc32"] == str(zlib.crc32(answer.body))


def test_answers_of_many_segments_come_whole() -> None:
    with Emulator().serve() as server, RawClient(server.port) as client:
        size = put_large_items(client)
        client.send(SCAN * 20)
        assert {len(client.answer().body) for _ in range(20)} == {size}


# --- boto3 ----------------------------------------------------------------------------------------


def boto3_client(server: Server) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


def test_boto3_writes_and_reads() -> None:
    with Emulator().serve() as server:
        client = boto3_client(server)
        client.create_table(**TABLE)
        item = {"pk": {"S": "1"}, "note": {"S": "n" * 300_000}, "data": {"B": bytes(range(256))}}
        client.put_item(TableName="Orders", Item=item)
        assert client.scan(TableName="Orders")["Items"] == [item]
        client.close()


def test_a_client_of_a_server_uses_it_while_another_emulator_serves_the_process() -> None:
    with Emulator().serve() as server:
        server.emulator.client().create_table(**TABLE)
        with emulator.mock():
            by_http, in_process = boto3_client(server), boto3.client("dynamodb")
            assert by_http.list_tables()["TableNames"] == ["Orders"]
            assert in_process.list_tables()["TableNames"] == []
            by_http.close()


def test_addresses_are_known_while_a_server_runs() -> None:
    with Emulator().serve() as server:
        port = server.port
        assert {("127.0.0.1", port), ("localhost", port)} <= addresses.own_servers
    assert not [address for address in addresses.own_servers if address[1] == port]


# --- Starting and stopping ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_the_url_is_one_that_clients_of_this_machine_can_use(host: str, url: str) -> None:
    assert Server(Emulator(), host, 8000).url == url


def test_localhost_is_served_on_one_port_at_all_its_addresses() -> None:
    with Emulator().serve("localhost") as server:
        families = {family for family, *_ in socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)}
        hosts = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
        for host in [hosts[family] for family in families if can_bind(family, hosts[family])]:
            with RawClient(server.port, host) as client:
                assert client.send(request()).answer().body == NO_TABLES


def can_bind(family: socket.AddressFamily, host: str) -> bool:
    with socket.socket(family) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True


def test_a_server_that_is_stopped_may_be_started_again() -> None:
    server = Emulator().serve()
    for _ in range(2):
        with server, RawClient(server.port) as client:
            assert client.send(request()).answer().status == 200


def test_stopping_twice_is_stopping_once() -> None:
    server = Emulator().serve().start()
    server.stop()
    server.stop()


def test_a_server_that_runs_cannot_be_started() -> None:
    with Emulator().serve() as server, pytest.raises(RuntimeError, match="started already"):
        server.start()


def test_two_servers_of_one_emulator_serve_the_same_tables() -> None:
    emu = Emulator()
    with emu.serve() as one, emu.serve() as other, RawClient(one.port) as client, RawClient(other.port) as reader:
        call(client, "CreateTable", TABLE)
        assert call(reader, "ListTables", {}).body == b'{"TableNames":["Orders"]}'


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with Emulator().serve() as server, pytest.raises(ListenError) as failure:
        Emulator().serve(port=server.port).start()
    assert str(failure.value) == (
        f"Port {server.port} of 127.0.0.1 is taken by another program. "
        "Stop that program or choose another port; port 0 takes a free one."
    )


def test_an_address_of_another_machine_cannot_be_listened_on() -> None:
    with pytest.raises(ListenError, match=r"Cannot listen on port \d+ of 192\.0\.2\.1"):
        Emulator().serve("192.0.2.1").start()


def test_stopping_closes_idle_connections() -> None:
    with Emulator().serve() as server, RawClient(server.port) as used, RawClient(server.port) as unused:
        used.send(request()).answer()
        server.stop()
        assert used.is_closed()
        assert unused.is_closed()


def test_stopping_waits_for_answers_in_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers are too long to be on their way before the client begins to take them."""
    monkeypatch.setattr(http, "_GRACE_SECONDS", PATIENCE_SECONDS)
    with Emulator().serve() as server, RawClient(server.port) as client:
        size = put_large_items(client)
        client.send(SCAN * 20).socket.recv(1, socket.MSG_PEEK)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert [len(client.answer().body) for _ in range(20)] == [size] * 20
        assert client.is_closed()
        stopping.join(PATIENCE_SECONDS)


def test_stopping_does_not_wait_for_a_client_that_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_GRACE_SECONDS", 0.1)
    with Emulator().serve() as server, RawClient(server.port) as client:
        size = put_large_items(client)
        client.send(SCAN * 20).socket.recv(1, socket.MSG_PEEK)
        server.stop()
        assert taken_until_closed(client) < 20 * size


def taken_until_closed(client: RawClient) -> int:
    """Bytes of the bodies that come whole before the connection ends."""
    taken = 0
    try:
        while True:
            taken += len(client.answer().body)
    except ConnectionError:
        return taken


SERVE = """
import signal, sys
from emulator import Emulator
from emulator.transports.http import serve_forever
before = signal.getsignal(signal.SIGTERM)
serve_forever(Emulator(), on_ready=lambda port: print(port, flush=True))
assert signal.getsignal(signal.SIGTERM) is before
print("served")
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signals to send to another process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("loop", ["", "sys.modules['uvloop'] = None"], ids=LOOPS.keys())
def test_a_signal_ends_serving(number: signal.Signals, loop: str) -> None:
    program = SERVE.replace("import signal, sys", f"import signal, sys; {loop}")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with RawClient(int(process.stdout.readline())) as client:
                assert client.send(request()).answer().status == 200
                process.send_signal(number)
                assert client.is_closed()
            assert (process.stdout.read(), process.wait(PATIENCE_SECONDS)) == ("served\n", 0)
        finally:
            process.kill()


# --- Limits ---------------------------------------------------------------------------------------


def test_a_client_beyond_the_limit_of_connections_is_told_so() -> None:
    with Emulator(max_connections=2).serve() as server, contextlib.ExitStack() as opened:
        clients = [opened.enter_context(RawClient(server.port)) for _ in range(3)]
        answers = [client.send(request()).answer() for client in clients]
    assert [answer.status for answer in answers] == [200, 200, 503]
    assert orjson.loads(answers[2].body) == {
        "__type": "com.amazon.coral.service#ServiceUnavailableException",
        "message": "All 2 connections of the emulator's server are in use; close some or raise max_connections",
    }


def test_a_closed_connection_makes_room_for_another() -> None:
    with Emulator(max_connections=1).serve() as server:
        for _ in range(3):
            with RawClient(server.port) as client:
                assert client.send(request(connection="close")).answer().status == 200
                assert client.is_closed()


def test_a_connection_on_which_nothing_comes_is_closed() -> None:
    with Emulator(idle_timeout=0.1).serve() as server, RawClient(server.port) as client:
        client.send(request()).answer()
        assert client.is_closed()


@pytest.mark.parametrize("sent", [request()[:30], request()[:-1], b"POST / HTTP/1.1\r\nhost: a\r\n"])
def test_a_request_that_does_not_end_in_time_is_refused(sent: bytes) -> None:
    with Emulator(request_timeout=0.1).serve() as server, RawClient(server.port) as client:
        assert client.send(sent).answer().status == 408
        assert client.is_closed()


def test_a_client_that_does_not_take_its_answers_loses_its_place() -> None:
    with Emulator(request_timeout=0.1, max_connections=1).serve() as server, RawClient(server.port) as client:
        size = put_large_items(client)
        client.send(SCAN * 30).socket.recv(1, socket.MSG_PEEK)
        while status_of_a_new_connection(server) == 503:
            pass
        assert taken_until_closed(client) < 30 * size


def status_of_a_new_connection(server: Server) -> int:
    with RawClient(server.port) as client:
        return client.send(request()).answer().status
