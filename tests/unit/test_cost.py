"""The cost of transactions, twice that of single calls; a replay is a read, and one that fails costs nothing.

And which reads count as scans.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator
from emulator.testing.cost import Costs

TABLE: dict[str, Any] = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "day", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_day",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}

Line = tuple[str, ...]


@pytest.fixture
def costs() -> Callable[..., dict[str, Line]]:
    """Of calls of a client, by table and index: units read and written, scans, items read and returned."""
    emulator = Emulator()
    client = emulator.client()
    client.create_table(**TABLE)
    client.put_item(TableName="orders", Item={"pk": {"S": "there"}})

    def costs(*calls: tuple[str, dict[str, Any]]) -> dict[str, Line]:
        costs = Costs()
        emulator.observers.append(costs.observer("test"))
        for operation, parameters in calls:
            with suppress(ClientError):
                getattr(client, operation)(**parameters)
        emulator.observers.clear()
        lines = [line.split() for line, _ in costs.report()[2:]]
        return {target: tuple(figures) for target, *figures in lines}

    return costs


def put(pk: str, **rest: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "orders", "Item": {"pk": {"S": pk}, "day": {"S": "mon"}}, **rest}}


def get(pk: str) -> dict[str, Any]:
    return {"Get": {"TableName": "orders", "Key": {"pk": {"S": pk}}}}


def test_a_write_costs_twice_in_its_table_and_in_its_indexes(costs: Callable[..., dict[str, Line]]) -> None:
    check = {"ConditionCheck": {"TableName": "orders", "Key": {"pk": {"S": "there"}}}}
    check["ConditionCheck"]["ConditionExpression"] = "attribute_exists(pk)"
    assert costs(("transact_write_items", {"TransactItems": [put("a"), put("b"), check]})) == {
        "orders": ("0.0", "6.0", "0", "0", "0"),
        "orders/by_day": ("0.0", "4.0", "0", "0", "0"),
    }


def test_a_read_costs_twice_whether_the_item_is_there_or_not(costs: Callable[..., dict[str, Line]]) -> None:
    assert costs(("transact_get_items", {"TransactItems": [get("there"), get("missing")]})) == {
        "orders": ("4.0", "0.0", "0", "1", "1")
    }


def test_a_replay_costs_a_read(costs: Callable[..., dict[str, Line]]) -> None:
    call = ("transact_write_items", {"ClientRequestToken": "token", "TransactItems": [put("a")]})
    assert costs(call, call)["orders"] == ("2.0", "2.0", "0", "0", "0")


def test_a_transaction_that_is_canceled_costs_nothing(costs: Callable[..., dict[str, Line]]) -> None:
    failing = put("there", ConditionExpression="attribute_not_exists(pk)")
    assert costs(("transact_write_items", {"TransactItems": [put("a"), failing]})) == {}


@pytest.mark.parametrize(
    ("operation", "parameters", "target", "scans"),
    [
        ("scan", {"TableName": "orders"}, "orders", "1"),
        ("scan", {"TableName": "orders", "IndexName": "by_day"}, "orders/by_day", "1"),
        ("execute_statement", {"Statement": "SELECT * FROM orders"}, "orders", "1"),
        ("execute_statement", {"Statement": "SELECT * FROM orders.by_day"}, "orders/by_day", "1"),
        ("execute_statement", {"Statement": "SELECT * FROM orders WHERE pk = 'there'"}, "orders", "0"),
        ("execute_statement", {"Statement": "SELECT * FROM orders.by_day WHERE \"day\" = 'mon'"}, "orders/by_day", "0"),
    ],
)
def test_a_read_without_a_key_is_a_scan(
    costs: Callable[..., dict[str, Line]], operation: str, parameters: dict[str, Any], target: str, scans: str
) -> None:
    assert costs((operation, parameters))[target][2] == scans
