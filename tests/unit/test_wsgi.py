"""The WSGI application, and through it how the gateway judges an HTTP request (protocol.md 1 to 4)."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import orjson
import pytest
import time_machine
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse, create_environ

import emulator
from emulator import Emulator
from emulator.gateway import HttpRequest
from emulator.limits import MAX_REQUEST_BODY_BYTES
from emulator.transports import wsgi

SIGNED = {
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/eu-west-1/dynamodb/aws4_request, Signature=0",
}
LIST_TABLES = {**SIGNED, "X-Amz-Target": "DynamoDB_20120810.ListTables"}
NEW_YEAR = 1767225600.0
TABLE = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}

COMMON = b'{"__type":"com.amazon.coral.service#%b"}'
UNPARSABLE = COMMON % b"SerializationException"
UNKNOWN_OPERATION = COMMON % b"UnknownOperationException"
UNSIGNED = (
    b'{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException",'
    b'"message":"Request is missing Authentication Token"}'
)
UNKNOWN_XML = b"<UnknownOperationException/>\n"
NO_TABLES = b'{"TableNames":[]}'


def gzipped(body: bytes, level: int = 9) -> bytes:
    """The same bytes each time, so that they may name a test."""
    return gzip.compress(body, level, mtime=0)


@pytest.fixture
def client() -> Client:
    return Client(Emulator().wsgi())


def call(client: Client, operation: str, request: dict[str, Any], **headers: str) -> TestResponse:
    return client.post(
        "/",
        data=orjson.dumps(request),
        headers={**SIGNED, "X-Amz-Target": f"DynamoDB_20120810.{operation}", **headers},
    )


def changed(**headers: str | None) -> dict[str, str]:
    """The headers of a good ListTables with some replaced or, by None, left out; `_` stands for `-`."""
    names = LIST_TABLES | {name.replace("_", "-"): value for name, value in headers.items()}
    return {name: value for name, value in names.items() if value is not None}


# --- How a request is judged ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "body", "status", "answer"),
    [
        (changed(), b"{}", 200, NO_TABLES),
        (changed(Content_Type="application/x-amz-json-1.0; charset=utf-8"), b"{}", 200, NO_TABLES),
        (changed(Content_Type="application/json"), b"{}", 200, NO_TABLES),
        (changed(Content_Type="application/x-amz-json-1.1"), b"{}", 404, UNKNOWN_XML),
        (changed(Content_Type="text/plain"), b"", 404, UNKNOWN_XML),
        (changed(Content_Type=None), b"{}", 404, UNKNOWN_XML),
        (changed(Content_Type=None), b"", 400, UNPARSABLE),
        (changed(), b"", 400, UNPARSABLE),
        (changed(), b"{", 400, UNPARSABLE),
        (changed(), b"{} {}", 400, UNPARSABLE),
        (changed(), b"\xff", 400, UNPARSABLE),
        (changed(), b"[" * 10_000 + b"]" * 10_000, 400, UNPARSABLE),
        (changed(X_Amz_Target="DynamoDB_20120810.Nothing"), b"{", 400, UNPARSABLE),
        (changed(X_Amz_Target="DynamoDB_20120810.Nothing"), b"{}", 400, UNKNOWN_OPERATION),
        (changed(X_Amz_Target="DynamoDB_20120810.listtables"), b"{}", 400, UNKNOWN_OPERATION),
        (changed(X_Amz_Target="ListTables"), b"{}", 400, UNKNOWN_OPERATION),
        (changed(X_Amz_Target="DynamoDB_20120810.ListTables.x"), b"{}", 400, UNKNOWN_OPERATION),
        (changed(X_Amz_Target=None), b"{}", 400, UNKNOWN_OPERATION),
        (changed(X_Amz_Target=None, Authorization=None), b"{}", 400, UNKNOWN_OPERATION),
        (changed(Authorization=None), b"{}", 400, UNSIGNED),
        (changed(Authorization=None), b"", 400, UNSIGNED),
    ],
)
def test_a_post_is_judged_in_the_order_of_the_service(
    client: Client, headers: dict[str, str], body: bytes, status: int, answer: bytes
) -> None:
    response = client.post("/", data=body, headers=headers)
    assert (response.status_code, response.data) == (status, answer)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_find_nothing(client: Client, method: str) -> None:
    response = client.open("/", method=method, headers=LIST_TABLES, data=b"{}")
    assert (response.status_code, response.data) == (404, UNKNOWN_XML)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/nothing", "/health/more", "/%00"])
def test_other_paths_hold_nothing(client: Client, method: str, path: str) -> None:
    response = client.open(path, method=method, headers=LIST_TABLES)
    assert (response.status_code, response.data) == (404, UNKNOWN_XML)


def test_a_get_tells_the_endpoint_of_the_region(client: Client) -> None:
    assert client.get("/").data == b"healthy: dynamodb.us-east-1.amazonaws.com "


def test_health_says_that_the_server_answers(client: Client) -> None:
    response = client.get("/health")
    assert (response.status_code, response.json) == (200, {"status": "ok", "version": emulator.__version__})


def test_the_region_is_the_one_that_the_request_is_signed_for(client: Client) -> None:
    arn = orjson.loads(call(client, "CreateTable", TABLE).data)["TableDescription"]["TableArn"]
    assert arn.split(":")[3] == "eu-west-1"


def test_a_signature_in_the_query_names_the_region_too(client: Client) -> None:
    response = client.post(
        "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=key%2F20260101%2Feu-west-1%2Fdynamodb%2Faws4_request",
        data=orjson.dumps(TABLE),
        headers=changed(X_Amz_Target="DynamoDB_20120810.CreateTable", Authorization=None),
    )
    assert orjson.loads(response.data)["TableDescription"]["TableArn"].split(":")[3] == "eu-west-1"


# --- Headers of the answer ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_type", "answer_type"),
    [
        ("application/x-amz-json-1.0", "application/x-amz-json-1.0"),
        ("application/json; charset=utf-8", "application/json"),
    ],
)
def test_the_answer_has_the_content_type_of_the_request(client: Client, request_type: str, answer_type: str) -> None:
    response = client.post("/", data=b"{}", headers=changed(Content_Type=request_type))
    assert response.headers["Content-Type"] == answer_type


@pytest.mark.parametrize("target", ["DynamoDB_20120810.ListTables", "DynamoDB_20120810.Nothing"])
def test_every_answer_has_a_request_id_and_a_checksum(client: Client, target: str) -> None:
    response = client.post("/", data=b"{}", headers=changed(X_Amz_Target=target))
    assert response.headers["x-amz-crc32"] == str(zlib.crc32(response.data))
    assert response.headers["x-amzn-RequestId"].isalnum()
    assert len(response.headers["x-amzn-RequestId"]) == 52


def test_request_ids_differ(client: Client) -> None:
    ids = {client.post("/", data=b"{}", headers=LIST_TABLES).headers["x-amzn-RequestId"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_without_an_origin_there_is_no_word_of_access_control(client: Client, method: str) -> None:
    response = client.open("/", method=method, headers=LIST_TABLES, data=b"{}")
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_with_an_origin_every_answer_allows_all_origins(client: Client, method: str, path: str) -> None:
    response = client.open(path, method=method, headers=changed(Origin="http://localhost:3000"), data=b"{}")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "x-amzn-RequestId" in response.headers["Access-Control-Expose-Headers"]


def test_a_preflight_is_granted_what_it_asks_for(client: Client) -> None:
    response = client.options(
        "/",
        headers={
            "Origin": "http://localhost:3000",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-amz-target,x-custom",
        },
    )
    headers = {name: value for name, value in response.headers if name != "x-amzn-RequestId"}
    assert (response.status_code, response.data, headers) == (
        200,
        b"",
        {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Max-Age": "172800",
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "x-amz-target,x-custom",
            "Content-Length": "0",
        },
    )


# --- Codings and limits ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coding", "body"), [("gzip", gzipped(b"{}")), ("deflate", zlib.compress(b"{}")), ("identity", b"{}")]
)
def test_request_bodies_may_be_compressed(client: Client, coding: str, body: bytes) -> None:
    assert client.post("/", data=body, headers=changed(Content_Encoding=coding)).data == NO_TABLES


@pytest.mark.parametrize(("coding", "body"), [("br", b"{}"), ("gzip", b"{}"), ("gzip", gzipped(b"{}")[:-1])])
def test_a_body_that_does_not_decode_is_an_internal_error(client: Client, coding: str, body: bytes) -> None:
    response = client.post("/", data=body, headers=changed(Content_Encoding=coding))
    error = orjson.loads(response.data)["__type"]
    assert (response.status_code, error) == (500, "com.amazonaws.dynamodb.v20120810#InternalServerError")


def test_a_body_that_grows_beyond_16_mib_is_too_large(client: Client) -> None:
    bomb = gzipped(bytes(MAX_REQUEST_BODY_BYTES + 1), level=1)
    response = client.post("/", data=bomb, headers=changed(Content_Encoding="gzip"))
    assert (response.status_code, response.data) == (413, b"")


@pytest.mark.parametrize(("size", "status"), [(MAX_REQUEST_BODY_BYTES, 200), (MAX_REQUEST_BODY_BYTES + 1, 413)])
def test_a_body_may_have_16_mib(client: Client, size: int, status: int) -> None:
    assert client.post("/", data=b"{}".ljust(size), headers=LIST_TABLES).status_code == status


def test_a_body_that_ends_early_is_a_bad_request(client: Client) -> None:
    environ = create_environ("/", method="POST", data=b"{}", headers=LIST_TABLES) | {"CONTENT_LENGTH": "100"}
    assert client.run_wsgi_app(environ)[1] == "400 BAD REQUEST"


def test_a_large_answer_is_compressed_for_a_client_that_takes_it(client: Client) -> None:
    call(client, "CreateTable", TABLE)
    call(client, "PutItem", {"TableName": "Orders", "Item": {"pk": {"S": "1"}, "note": {"S": "n" * 5000}}})
    scan = call(client, "Scan", {"TableName": "Orders"}, **{"Accept-Encoding": "gzip"})
    assert scan.headers["Content-Encoding"] == "gzip"
    assert scan.headers["x-amz-crc32"] == str(zlib.crc32(scan.data))
    assert gzip.decompress(scan.data) == call(client, "Scan", {"TableName": "Orders"}).data


# --- The clock ------------------------------------------------------------------------------------


@pytest.fixture
def emu() -> Emulator:
    """An emulator whose clock stands at 2026-01-01T00:00:00Z."""
    emu = Emulator(status_delay=10)
    emu.clock.freeze(NEW_YEAR)
    return emu


@pytest.mark.parametrize(
    ("move", "now", "frozen"),
    [
        ({"freeze": "2026-01-02T00:00:00Z"}, NEW_YEAR + 86_400, True),
        ({"freeze": "2026-01-01T02:00:00+02:00"}, NEW_YEAR, True),
        ({"freeze": 1.5}, 1.5, True),
        ({"advance": 90}, NEW_YEAR + 90, True),
        ({"advance": 0.25}, NEW_YEAR + 0.25, True),
        ({"resume": True}, 7.0, False),
    ],
)
def test_the_clock_is_moved_by_post(emu: Emulator, move: dict[str, Any], now: float, frozen: bool) -> None:
    with time_machine.travel(7, tick=False):
        response = Client(emu.wsgi()).post("/admin/clock", data=orjson.dumps(move))
        assert (response.status_code, response.json) == (200, {"now": now, "frozen": frozen})
        assert (emu.clock.now(), emu.clock.frozen) == (now, frozen)


def test_the_clock_is_shown_by_get(emu: Emulator) -> None:
    response = Client(emu.wsgi()).get("/admin/clock")
    assert (response.status_code, response.json) == (200, {"now": NEW_YEAR, "frozen": True})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "the body is not JSON: "),
        (b"{", "the body is not JSON: "),
        (b"[]", "the body must be an object with one of the members freeze, advance, resume"),
        (b"{}", "the body must be an object with one of the members freeze, advance, resume"),
        (b'{"thaw": true}', "the body must be an object with one of the members freeze, advance, resume"),
        (b'{"freeze": 0, "advance": 1}', "the body must be an object with one of the members freeze, advance, resume"),
        (b'{"freeze": "tomorrow"}', "freeze: Invalid isoformat string: 'tomorrow'"),
        (b'{"freeze": "2026-01-01T00:00:00"}', "freeze: the time 2026-01-01 00:00:00 has no time zone"),
        (b'{"freeze": null}', "freeze: a time is an aware datetime or a number of epoch seconds, not None"),
        (b'{"freeze": -1}', "freeze: the clock shows times from 1970 to 3000, not the epoch second -1"),
        (b'{"advance": -1}', "advance: the clock can only be advanced forwards"),
        (b'{"advance": "1"}', "advance: its value must be a number of seconds"),
        (b'{"advance": true}', "advance: its value must be a number of seconds"),
        (b'{"advance": 1e300}', "advance: 1e+300 seconds are too many"),
        (b'{"resume": false}', "resume: its value must be true"),
    ],
)
def test_what_is_no_move_is_refused_in_a_line_and_the_clock_stays(emu: Emulator, body: bytes, error: str) -> None:
    response = Client(emu.wsgi()).post("/admin/clock", data=body)
    assert (response.status_code, list(response.json)) == (400, ["error"])
    assert response.json["error"].startswith(error)
    assert "\n" not in response.json["error"]
    assert emu.clock.now() == NEW_YEAR


def test_other_methods_do_not_move_the_clock(emu: Emulator) -> None:
    response = Client(emu.wsgi()).put("/admin/clock", data=b'{"advance": 1}')
    assert (response.status_code, response.headers["Allow"], emu.clock.now()) == (405, "GET, HEAD, POST", NEW_YEAR)


def test_moving_the_clock_over_http_does_what_is_due(emu: Emulator) -> None:
    client = Client(emu.wsgi())
    call(client, "CreateTable", TABLE)
    client.post("/admin/clock", data=b'{"advance": 10}')
    description = orjson.loads(call(client, "DescribeTable", {"TableName": "Orders"}).data)["Table"]
    assert (description["TableStatus"], description["CreationDateTime"]) == ("ACTIVE", NEW_YEAR)


# --- Where it runs --------------------------------------------------------------------------------


def test_the_application_may_be_mounted_in_another_one() -> None:
    def other(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"other"]

    client = Client(DispatcherMiddleware(other, {"/dynamodb": Emulator().wsgi()}))
    answers = [client.post(path, data=b"{}", headers=LIST_TABLES).data for path in ("/", "/dynamodb", "/dynamodb/")]
    assert answers == [b"other", NO_TABLES, NO_TABLES]


def test_an_application_and_its_emulator_have_the_same_tables() -> None:
    emu = Emulator(region="eu-west-1")
    call(Client(emu.wsgi()), "CreateTable", TABLE)
    assert emu.client().list_tables()["TableNames"] == ["Orders"]


def test_an_application_is_run_with_the_request_as_the_client_sent_it() -> None:
    seen: dict[str, Any] = {}

    def application(environ: Any, start_response: Any) -> list[bytes]:
        seen.update(environ)
        seen["body"] = environ["wsgi.input"].read()
        start_response("201 Created", [("X-Answer", "1"), ("Content-Length", "2"), ("Connection", "close")])
        return [b"o", b"k"]

    headers = {"content-type": "text/plain", "x-custom": "v", "x_custom": "spoofed", "transfer-encoding": "chunked"}
    request = HttpRequest("PUT", "/a%20b", headers, b"body", "q=1")
    response = wsgi.run(application, request, ("127.0.0.1", 80))
    assert (response.status, response.head, response.body) == (201, b"X-Answer: 1\r\n", b"ok")
    expected = {
        "REQUEST_METHOD": "PUT",
        "PATH_INFO": "/a b",
        "QUERY_STRING": "q=1",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "4",
        "HTTP_X_CUSTOM": "v",
        "body": b"body",
    }
    assert {name: seen.get(name) for name in expected} == expected
    assert "HTTP_TRANSFER_ENCODING" not in seen


def test_an_application_that_fails_answers_500(caplog: pytest.LogCaptureFixture) -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    response = wsgi.run(application, HttpRequest("GET", "/page", {}), ("127.0.0.1", 80))
    assert (response.status, response.body) == (500, b"")
    assert "GET /page failed" in caplog.text
