"""The AWS CLI against the HTTP server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clients.running import PROGRAMS, needs_python, run

pytestmark = needs_python("awscli")


class Cli:
    """Runs commands of the AWS CLI and gives what they print."""

    def __init__(self, url: str, service: str = "dynamodb") -> None:
        self.url = url
        self.service = service

    def fails(self, *arguments: str) -> str:
        seen = run([str(PROGRAMS / "aws"), self.service, *arguments], self.url)
        assert seen.returncode != 0, seen.stdout
        return seen.stderr

    def __call__(self, *arguments: str) -> Any:
        seen = run([str(PROGRAMS / "aws"), self.service, *arguments, "--output", "json"], self.url)
        assert seen.returncode == 0, seen.stdout + seen.stderr
        return json.loads(seen.stdout) if seen.stdout.strip() else None


@pytest.fixture
def aws(url: str) -> Cli:
    cli = Cli(url)
    cli(
        *("create-table", "--table-name", "Orders", "--billing-mode", "PAY_PER_REQUEST"),
        *("--attribute-definitions", "AttributeName=pk,AttributeType=S", "AttributeName=sk,AttributeType=N"),
        *("--key-schema", "AttributeName=pk,KeyType=HASH", "AttributeName=sk,KeyType=RANGE"),
    )
    return cli


ITEM = {"pk": {"S": "größe 🎁"}, "sk": {"N": "12345678901234567890123456789012345678"}, "b": {"B": "any text"}}
"""As version 1 of the AWS CLI takes it: binary values as they are, and shows them in base64."""


def put(aws: Cli, *items: dict[str, Any]) -> None:
    requests = [{"PutRequest": {"Item": item}} for item in items]
    aws("batch-write-item", "--request-items", json.dumps({"Orders": requests}))


def test_waiters_end(aws: Cli) -> None:
    aws("wait", "table-exists", "--table-name", "Orders")
    aws("delete-table", "--table-name", "Orders")
    aws("wait", "table-not-exists", "--table-name", "Orders")
    assert aws("list-tables") == {"TableNames": []}


def test_an_item_comes_back_equal(aws: Cli) -> None:
    aws("put-item", "--table-name", "Orders", "--item", json.dumps(ITEM))
    key = json.dumps({"pk": ITEM["pk"], "sk": ITEM["sk"]})
    assert aws("get-item", "--table-name", "Orders", "--key", key)["Item"] == ITEM | {"b": {"B": "YW55IHRleHQ="}}


def test_a_failed_condition_is_told(aws: Cli) -> None:
    aws("put-item", "--table-name", "Orders", "--item", json.dumps(ITEM))
    condition = ("--condition-expression", "attribute_not_exists(pk)")
    told = aws.fails("put-item", "--table-name", "Orders", "--item", json.dumps(ITEM), *condition)
    assert "(ConditionalCheckFailedException)" in told
    assert "The conditional request failed" in told


@pytest.mark.parametrize(
    "read",
    [
        ("scan",),
        ("query", "--key-condition-expression", "pk = :p", "--expression-attribute-values", '{":p": {"S": "a"}}'),
    ],
    ids=["scan", "query"],
)
def test_pages_are_put_together(aws: Cli, read: tuple[str, ...]) -> None:
    put(aws, *({"pk": {"S": "a"}, "sk": {"N": str(number)}} for number in range(20)))
    seen = aws(*read, "--table-name", "Orders", "--page-size", "3")
    assert [item["sk"]["N"] for item in seen["Items"]] == [str(number) for number in range(20)]


def test_a_listing_is_continued_by_its_token(aws: Cli) -> None:
    put(aws, *({"pk": {"S": "a"}, "sk": {"N": str(number)}} for number in range(5)))
    first = aws("scan", "--table-name", "Orders", "--max-items", "2")
    rest = aws("scan", "--table-name", "Orders", "--starting-token", first["NextToken"])
    assert [len(first["Items"]), len(rest["Items"])] == [2, 3]


def test_a_transaction_writes_all(aws: Cli) -> None:
    items = [{"pk": {"S": "a"}, "sk": {"N": number}} for number in "12"]
    actions = [{"Put": {"TableName": "Orders", "Item": item}} for item in items]
    aws("transact-write-items", "--transact-items", json.dumps(actions))
    assert aws("scan", "--table-name", "Orders")["Items"] == items


def test_time_to_live_is_set(aws: Cli) -> None:
    setting = "Enabled=true,AttributeName=expires"
    aws("update-time-to-live", "--table-name", "Orders", "--time-to-live-specification", setting)
    seen = aws("describe-time-to-live", "--table-name", "Orders")["TimeToLiveDescription"]
    assert seen == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_a_statement_is_executed(aws: Cli) -> None:
    aws("execute-statement", "--statement", "INSERT INTO Orders VALUE {'pk': 'a', 'sk': 1}")
    seen = aws("execute-statement", "--statement", "SELECT sk FROM Orders WHERE pk = 'a'")
    assert seen["Items"] == [{"sk": {"N": "1"}}]


def test_an_index_added_to_a_table_finds_the_items_that_were_there(aws: Cli) -> None:
    index = {
        "IndexName": "byDay",
        "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    updates = json.dumps([{"Create": index}])
    definition = "AttributeName=day,AttributeType=S"
    put(aws, {"pk": {"S": "a"}, "sk": {"N": "1"}, "day": {"S": "monday"}}, {"pk": {"S": "b"}, "sk": {"N": "1"}})
    aws(
        *("update-table", "--table-name", "Orders", "--attribute-definitions", definition),
        *("--global-secondary-index-updates", updates),
    )
    found = aws(
        *("query", "--table-name", "Orders", "--index-name", "byDay", "--key-condition-expression", "#d = :d"),
        *("--expression-attribute-names", '{"#d": "day"}', "--expression-attribute-values", '{":d": {"S": "monday"}}'),
    )
    assert [item["pk"]["S"] for item in found["Items"]] == ["a"]


def test_an_item_is_updated_and_deleted(aws: Cli) -> None:
    put(aws, {"pk": {"S": "a"}, "sk": {"N": "1"}})
    key = ("--table-name", "Orders", "--key", '{"pk": {"S": "a"}, "sk": {"N": "1"}}')
    add = ("--update-expression", "ADD seen :n", "--expression-attribute-values", '{":n": {"N": "0.1"}}')
    seen = aws("update-item", *key, *add, "--return-values", "UPDATED_NEW")
    deleted = aws("delete-item", *key, "--return-values", "ALL_OLD")
    assert (seen["Attributes"], deleted["Attributes"]["seen"]) == ({"seen": {"N": "0.1"}}, {"N": "0.1"})
    assert aws("scan", "--table-name", "Orders")["Items"] == []


def test_a_stream_is_read_from_its_beginning(aws: Cli) -> None:
    streams = Cli(aws.url, "dynamodbstreams")
    view = "StreamEnabled=true,StreamViewType=KEYS_ONLY"
    table = aws("update-table", "--table-name", "Orders", "--stream-specification", view)["TableDescription"]
    put(aws, {"pk": {"S": "a"}, "sk": {"N": "1"}})
    stream = ("--stream-arn", table["LatestStreamArn"])
    shard = streams("describe-stream", *stream)["StreamDescription"]["Shards"][0]["ShardId"]
    start = ("--shard-id", shard, "--shard-iterator-type", "TRIM_HORIZON")
    iterator = streams("get-shard-iterator", *stream, *start)["ShardIterator"]
    records = streams("get-records", "--shard-iterator", iterator)["Records"]
    assert [record["dynamodb"]["Keys"] for record in records] == [{"pk": {"S": "a"}, "sk": {"N": "1"}}]
