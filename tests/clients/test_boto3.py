"""boto3 against the HTTP server: what it does between requests, which is to wait, to turn pages and to retry."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError
from werkzeug.serving import make_server

from emulator import Emulator, Settings

MUSIC = {
    "TableName": "Music",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": "artist", "AttributeType": "S"},
        {"AttributeName": "number", "AttributeType": "N"},
    ],
    "KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
}


def client_of(url: str, **config: Any) -> Any:
    session = boto3.session.Session("any", "any", region_name="eu-west-1")
    return session.client("dynamodb", endpoint_url=url, config=Config(proxies={}, **config))


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    client = client_of(url)
    yield client
    client.close()


@pytest.fixture
def slow_client() -> Iterator[Any]:
    """Of a server whose tables stay CREATING and DELETING for a while."""
    with Emulator(Settings(status_delay=0.5)).serve() as server:
        client = client_of(server.url)
        yield client
        client.close()


@pytest.fixture
def songs(client: Any) -> list[dict[str, Any]]:
    """More than a page of 1 MB, and more than a batch."""
    client.create_table(**MUSIC)
    songs = [
        {"artist": {"S": "ann"}, "number": {"N": str(number)}, "note": {"S": "x" * 40_000}} for number in range(60)
    ]
    for start in range(0, len(songs), 25):
        requests = [{"PutRequest": {"Item": song}} for song in songs[start : start + 25]]
        assert client.batch_write_item(RequestItems={"Music": requests})["UnprocessedItems"] == {}
    return songs


def test_a_waiter_sees_a_table_come_and_go(slow_client: Any) -> None:
    often = {"Delay": 0.1, "MaxAttempts": 200}
    assert slow_client.create_table(**MUSIC)["TableDescription"]["TableStatus"] == "CREATING"
    slow_client.get_waiter("table_exists").wait(TableName="Music", WaiterConfig=often)
    assert slow_client.describe_table(TableName="Music")["Table"]["TableStatus"] == "ACTIVE"
    assert slow_client.delete_table(TableName="Music")["TableDescription"]["TableStatus"] == "DELETING"
    slow_client.get_waiter("table_not_exists").wait(TableName="Music", WaiterConfig=often)
    assert slow_client.list_tables()["TableNames"] == []


def test_a_waiter_gives_up_on_a_table_that_never_comes(client: Any) -> None:
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        client.get_waiter("table_exists").wait(TableName="Music", WaiterConfig={"Delay": 0.01, "MaxAttempts": 3})


@pytest.mark.parametrize("page_size", [None, 7], ids=["pages of 1 MB", "pages of 7"])
@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("scan", {}),
        ("query", {"KeyConditionExpression": "artist = :a", "ExpressionAttributeValues": {":a": {"S": "ann"}}}),
    ],
    ids=["scan", "query"],
)
def test_a_paginator_gives_each_item_once(
    client: Any, songs: list[dict[str, Any]], operation: str, members: dict[str, Any], page_size: int | None
) -> None:
    paginator = client.get_paginator(operation)
    pages = paginator.paginate(TableName="Music", PaginationConfig={"PageSize": page_size}, **members)
    assert [item for page in pages for item in page["Items"]] == songs


def test_a_paginator_goes_on_from_its_token(client: Any, songs: list[dict[str, Any]]) -> None:
    paginator = client.get_paginator("scan")
    first = paginator.paginate(TableName="Music", PaginationConfig={"MaxItems": 10}).build_full_result()
    rest = paginator.paginate(TableName="Music", PaginationConfig={"StartingToken": first["NextToken"]})
    assert first["Items"] + rest.build_full_result()["Items"] == songs


def test_a_paginator_lists_each_table_once(client: Any) -> None:
    names = [f"Music-{number:02}" for number in range(12)]
    for name in names:
        client.create_table(**MUSIC | {"TableName": name})
    pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 5})
    assert [page["TableNames"] for page in pages] == [names[:5], names[5:10], names[10:]]


def test_a_batch_writer_of_the_resource_sends_every_item(url: str, client: Any) -> None:
    client.create_table(**MUSIC)
    session = boto3.session.Session("any", "any", region_name="eu-west-1")
    resource = session.resource("dynamodb", endpoint_url=url, config=Config(proxies={}))
    with resource.Table("Music").batch_writer() as batch:
        for number in range(60):
            batch.put_item({"artist": "ann", "number": number})
    resource.meta.client.close()
    assert client.scan(TableName="Music", Select="COUNT")["Count"] == 60


@dataclass(slots=True)
class Unwell:
    """The WSGI application with an outage before it: the first requests are answered with a fault of the service."""

    fault: str
    status: str
    times: int
    application: Any = field(default_factory=lambda: Emulator().wsgi())
    seen: int = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.seen += 1
        if self.seen > self.times:
            return self.application(environ, start_response)
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start_response(self.status, [("content-type", "application/x-amz-json-1.0")])
        return [json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{self.fault}"}).encode()]


@pytest.fixture
def through_an_outage(request: pytest.FixtureRequest) -> Iterator[tuple[Unwell, str]]:
    application = Unwell(*request.param)
    server = make_server("127.0.0.1", 0, application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield application, f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize(
    "through_an_outage",
    [("InternalServerError", "500 Internal Server Error", 2), ("ThrottlingException", "400 Bad Request", 2)],
    indirect=True,
    ids=["500", "throttled"],
)
def test_two_failures_are_retried(through_an_outage: tuple[Unwell, str], mode: str) -> None:
    application, url = through_an_outage
    client = client_of(url, retries={"mode": mode, "total_max_attempts": 3})
    retries = client.list_tables()["ResponseMetadata"]["RetryAttempts"]
    client.close()
    assert (retries, application.seen) == (2, 3)


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_an_error_of_the_caller_is_not_retried(url: str, mode: str) -> None:
    client = client_of(url, retries={"mode": mode, "total_max_attempts": 3})
    with pytest.raises(ClientError) as refused:
        client.describe_table(TableName="Unknown")
    client.close()
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0
