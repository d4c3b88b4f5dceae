"""dynamodb-admin, a web page for tables and items, against the HTTP server."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.clients.running import HERE, SECONDS, environment, needs_npm

pytestmark = needs_npm("dynamodb-admin")


@pytest.fixture
def pages(url: str) -> Iterator[str]:
    """The address of a dynamodb-admin whose server has the table Music with one item."""
    client = boto3.client(
        "dynamodb", endpoint_url=url, region_name="eu-west-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    client.create_table(
        TableName="Music",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Artist", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Artist", "KeyType": "HASH"}],
    )
    client.put_item(TableName="Music", Item={"Artist": {"S": "Acme Band"}})
    client.close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = str(HERE / "node_modules" / "dynamodb-admin" / "dist" / "dynamodb-admin.js")
    command = [shutil.which("node") or "node", program, "--host", "127.0.0.1", "--port", str(port)]
    admin = subprocess.Popen(command, env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for(f"http://127.0.0.1:{port}/", admin)
        yield f"http://127.0.0.1:{port}"
    finally:
        admin.kill()
        print(admin.communicate()[0].decode())


def wait_for(page: str, program: subprocess.Popen[bytes]) -> None:
    for _ in range(SECONDS * 10):
        try:
            return read(page) and None
        except urllib.error.HTTPError as answered:
            answered.close()
            return None
        except urllib.error.URLError:
            assert program.poll() is None, "dynamodb-admin ended"
            time.sleep(0.1)
    raise TimeoutError(page)


def read(page: str) -> str:
    with urllib.request.urlopen(page, timeout=SECONDS) as answer:
        return str(answer.read().decode())


def send(method: str, page: str, body: Any = None) -> None:
    """What a button of a page does."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(page, json.dumps(body).encode(), headers, method=method)
    urllib.request.urlopen(request, timeout=SECONDS).close()


def items(pages: str, table: str, **query: str) -> Any:
    return json.loads(read(f"{pages}/tables/{table}/items?{urllib.parse.urlencode(query)}"))["Items"]


def test_its_first_page_lists_the_tables(pages: str) -> None:
    assert "Music" in read(f"{pages}/")


def test_the_items_of_a_table_are_loaded(pages: str) -> None:
    assert "Acme Band" in read(f"{pages}/tables/Music/items")


@pytest.mark.parametrize("page", ["get", "meta", "ttl", "add-item", "items/Acme%20Band"])
def test_every_page_of_a_table_loads(pages: str, page: str) -> None:
    assert "Music" in read(f"{pages}/tables/Music/{page}")


def test_an_item_is_added_and_found_by_a_query(pages: str) -> None:
    send("PUT", f"{pages}/tables/Music/add-item", {"Artist": "größe 🎁", "songs": [1, {"a": None}]})
    filters = {"Artist": {"operator": "=", "value": "größe 🎁", "type": "S"}}
    found = items(pages, "Music", operationType="query", filters=json.dumps(filters))
    assert [item["songs"] for item in found] == [[1, {"a": None}]]


def test_an_item_is_deleted(pages: str) -> None:
    send("DELETE", f"{pages}/tables/Music/items/Acme%20Band")
    assert items(pages, "Music") == []


def test_a_table_with_indexes_is_made_and_deleted(pages: str) -> None:
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    keys = {"HashAttributeName": "id", "HashAttributeType": "S"}
    by_day = {"IndexName": "byDay", "IndexType": "global", "HashAttributeName": "day", "HashAttributeType": "N"}
    definition = {"TableDefinition": {"TableName": "Diary", **keys, **units}, "SecondaryIndexes": [by_day | units]}
    send("POST", f"{pages}/create-table", definition)
    made = "byDay" in read(f"{pages}/tables/Diary/meta")
    send("DELETE", f"{pages}/tables/Diary")
    assert (made, "Diary" in read(f"{pages}/")) == (True, False)


def test_a_purge_empties_a_table(pages: str) -> None:
    for number in range(40):
        send("PUT", f"{pages}/tables/Music/add-item", {"Artist": str(number)})
    send("DELETE", f"{pages}/tables/Music/all")
    assert items(pages, "Music") == []
